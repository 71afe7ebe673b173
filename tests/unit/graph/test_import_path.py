# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from light.component import Number

from penstock.errors import PipelineError
from penstock.graph.import_path import import_path


def test_an_import_path_stands_for_what_a_module_defines() -> None:
    assert import_path("light.component:Number") is Number
    assert import_path("light.component:Number.type_name")() == "light.component.Number"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("not_there.component:X", "module not_there.component cannot be imported; expected: .* defines X"),
        ("light.not_there:X", "module light.not_there cannot be imported"),
        ("light.component:Nuber", "module light.component has no Nuber"),
        ("light.component:Number.nothing", "module light.component has no Number.nothing"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(path: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        import_path(path)


def test_what_a_module_raises_itself_is_not_taken_for_its_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_attribute.py").write_text("import math\nX = math.tau_squared\n")
    (tmp_path / "needs_mod.py").write_text("import needs\nX = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AttributeError, match="tau_squared"):
        import_path("needs_attribute:X")
    with pytest.raises(ModuleNotFoundError, match="'needs'"):
        import_path("needs_mod:X")
