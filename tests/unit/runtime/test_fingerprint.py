# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from penstock.runtime.fingerprint import (
    code_files,
    fingerprint_of_component,
    fingerprint_of_file,
    library_versions,
)


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
    found = code_files(project / "modules/taxi/module.py", str(project))
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


def test_a_component_of_the_project_is_known_by_its_folder(tmp_path: Path) -> None:
    support = str(Path(__file__).parents[2] / "support")
    assert len(fingerprint_of_component("light.component:Number", support)) == 64


def test_installed_versions_are_found_by_module_name() -> None:
    assert library_versions(["yaml", "click"]).keys() == {"PyYAML", "click"}
    assert library_versions(["penstock.runtime", "no_such_module"]) == {}
