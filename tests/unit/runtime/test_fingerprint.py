# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from light.component import Add, Number

from penstock.components.trainer.component import Trainer
from penstock.graph.component import BaseComponent
from penstock.runtime.fingerprint import component_files, fingerprint_of_component, fingerprint_of_file
from penstock.runtime.imports import code_files
from penstock.runtime.libraries import library_versions


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "modules/taxi/module.py": "import features\nfrom modules.shared import scale\nimport numpy\n",
        "modules/taxi/features.py": "from sub.names import NAMES\n",
        "modules/taxi/sub/__init__.py": "",
        "modules/taxi/sub/names.py": "NAMES = ['a']\n",
        "modules/taxi/unrelated.py": "X = 1\n",
        "modules/shared/__init__.py": "",
        "modules/shared/scale.py": "from . import deeper\n",
        "modules/shared/deeper.py": "Y = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def fingerprint(project: Path) -> str:
    return fingerprint_of_file(project / "modules/taxi/module.py", str(project))


def test_imports_are_followed_through_the_project(project: Path) -> None:
    found = code_files([project / "modules/taxi/module.py"], str(project))
    assert [path.relative_to(project).as_posix() for path in found] == [
        "modules/shared/__init__.py",
        "modules/shared/deeper.py",
        "modules/shared/scale.py",
        "modules/taxi/features.py",
        "modules/taxi/module.py",
        "modules/taxi/sub/__init__.py",
        "modules/taxi/sub/names.py",
    ]


@pytest.mark.parametrize(
    "changed", ["modules/taxi/sub/names.py", "modules/shared/deeper.py", "modules/taxi/module.py"]
)
def test_a_change_in_any_of_them_changes_the_fingerprint(project: Path, changed: str) -> None:
    before = fingerprint(project)
    with (project / changed).open("a") as file:
        file.write("Z = 2\n")
    assert fingerprint(project) != before


def test_an_unrelated_file_does_not(project: Path) -> None:
    before = fingerprint(project)
    (project / "modules/taxi/unrelated.py").write_text("X = 2\n")
    assert fingerprint(project) == before


def test_another_checkout_has_the_same_fingerprint(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "elsewhere")
    assert fingerprint(tmp_path / "elsewhere") == fingerprint(project)


def test_a_component_of_the_project_is_known_by_its_folder() -> None:
    folder = Path(__file__).parents[2] / "support/light"
    assert {file.name for file in component_files(Number)} == {
        "component.py",
        "driver.py",
        "executor.py",
        "publisher.py",
    }
    assert fingerprint_of_component(Number, str(folder.parent)) == fingerprint_of_component(
        Add, str(folder.parent)
    )


@pytest.fixture
def made_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[BaseComponent]]:
    """A component whose declaration and roles stand in one file each, under names of their own."""
    files = {
        "own_declaration": "from light.component import Number\n"
        "class Own(Number):\n    DRIVER = 'own_deciding:D'\n    EXECUTOR = 'own_working:E'\n",
        "own_deciding": "",
        "own_working": "import own_helper\n",
        "own_helper": "",
        "own_other": "",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("own_declaration").Own
    for name in files:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ("own_declaration", True),
        ("own_deciding", True),
        ("own_working", True),
        ("own_helper", True),
        ("own_other", False),
    ],
)
def test_the_roles_of_a_component_count_wherever_they_are(
    made_of_files: type[BaseComponent], tmp_path: Path, changed: str, counts: bool
) -> None:
    before = fingerprint_of_component(made_of_files, str(tmp_path))
    with (tmp_path / f"{changed}.py").open("a") as file:
        file.write("Z = 2\n")
    assert (fingerprint_of_component(made_of_files, str(tmp_path)) != before) is counts


def test_a_role_of_penstocks_own_component_counts_with_its_folder(
    made_of_files: type[BaseComponent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint_of_component(made_of_files, str(tmp_path))
    monkeypatch.setattr(made_of_files, "DRIVER", Trainer.DRIVER)
    assert fingerprint_of_component(made_of_files, str(tmp_path)) != before


def test_installed_versions_are_found_by_module_name() -> None:
    assert library_versions(["yaml", "click"]).keys() == {"PyYAML", "click"}
    assert library_versions(["penstock.runtime", "no_such_module"]) == {}
