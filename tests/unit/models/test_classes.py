# SPDX-License-Identifier: Apache-2.0
"""A class that one process has imported in its own way is found by another."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import DataError, ParameterError
from penstock.models.classes import import_class, import_paths


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "penstock_unit_modules"
    folder.mkdir()
    (folder / "penstock_unit_nets.py").write_text("class Net:\n    class Inner:\n        pass\n")
    (folder / "penstock_unit_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if "penstock_unit_" in name]:
        del sys.modules[name]


def test_paths_start_at_each_folder_that_imports_look_in(project: Path) -> None:
    net: Any = importlib.import_module("penstock_unit_nets").Net
    assert import_paths(net) == ("penstock_unit_modules.penstock_unit_nets.Net", "penstock_unit_nets.Net")
    assert import_paths(net.Inner)[0] == "penstock_unit_modules.penstock_unit_nets.Net.Inner"
    assert import_paths(Path)[0].endswith(".Path")


def test_the_first_path_that_leads_somewhere_is_taken(project: Path) -> None:
    found = import_class(["gone.Net", "penstock_unit_modules.penstock_unit_nets.Net.Inner"], "model")
    assert found.__qualname__ == "Net.Inner"


def test_no_path_leads_anywhere(project: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.Net: ModuleNotFoundError.*broken\.Net: ZeroDivisionError"):
        import_class(["gone.Net", "penstock_unit_broken.Net"], "model")


def test_classes_that_others_cannot_import() -> None:
    class Local:
        pass

    with pytest.raises(ParameterError, match="one in a function"):
        import_paths(Local)
    script = type("Script", (), {"__module__": "__main__"})
    with pytest.raises(ParameterError, match="one in a script.*; or else"):
        import_paths(script, "; or else")
