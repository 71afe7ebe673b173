# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.errors import DependencyError, UserCodeError
from penstock.runtime.loading import load


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for modules; what is imported from it is forgotten afterwards, and no tfx_bsl is there."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("tfx_bsl", "role_that_needs"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield tmp_path
    sys.modules.pop("tfx_bsl", None)


def test_a_library_that_is_not_there_is_told_with_how_to_get_it(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(modules)])
    (modules / "role_that_needs.py").write_text("import tfx_bsl.tfxio\n")
    with pytest.raises(
        DependencyError, match=r"tfx_bsl is not installed.*pip install 'penstock\[tensorflow\]'"
    ):
        load("role_that_needs:Role", "Trainer")


def test_a_library_that_has_no_such_part_is_not_said_to_be_missing(modules: Path) -> None:
    (modules / "tfx_bsl").mkdir()
    (modules / "tfx_bsl" / "__init__.py").write_text("")
    (modules / "role_that_needs.py").write_text("import tfx_bsl.gone\n")
    with pytest.raises(UserCodeError, match=r"No module named 'tfx_bsl\.gone'"):
        load("role_that_needs:Role", "Trainer")
