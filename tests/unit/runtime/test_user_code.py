# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.errors import DataError, UserCodeError
from penstock.runtime import user_code


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(folder: Path, name: str = "run_fn", file: str = "module.py") -> object:
    with user_code.session(str(folder)):
        function = user_code.load_function(
            name, module_file=file, project_root=str(folder), component="Trainer"
        )
        assert function is not None
        return function()


def test_siblings_sub_packages_and_the_projects_folders_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path / "shared_by_all.py", "A = 1")
    write(tmp_path / "modules/taxi/sibling.py", "B = 2")
    write(tmp_path / "modules/taxi/sub/__init__.py", "")
    write(tmp_path / "modules/taxi/sub/deep.py", "C = 3")
    write(
        tmp_path / "modules/taxi/module.py",
        "import shared_by_all, sibling\nfrom sub.deep import C\n"
        "def run_fn(): return shared_by_all.A, sibling.B, C\n",
    )
    assert load(tmp_path, file="modules/taxi/module.py") == (1, 2, 3)


def test_relative_imports_work_inside_a_package(tmp_path: Path) -> None:
    write(tmp_path / "pkg/__init__.py", "")
    write(tmp_path / "pkg/other.py", "X = 5")
    write(
        tmp_path / "pkg/module.py",
        "from . import other\nfrom .other import X\ndef run_fn(): return other.X + X\n",
    )
    assert load(tmp_path, file="pkg/module.py") == 10


def test_two_projects_may_have_folders_of_one_name(tmp_path: Path) -> None:
    for value in (1, 2):
        root = tmp_path / f"project{value}"
        write(root / "steps/scale.py", f"VALUE = {value}")
        write(root / "module.py", "from steps import scale\ndef run_fn(): return scale.VALUE\n")
        assert load(root) == value
    assert "steps" not in sys.modules


def test_two_modules_may_have_siblings_of_one_name(tmp_path: Path) -> None:
    for value in (1, 2):
        write(tmp_path / f"m{value}/constants.py", f"VALUE = {value}")
        write(tmp_path / f"m{value}/module.py", "import constants\ndef run_fn(): return constants.VALUE\n")
    assert load(tmp_path, file="m1/module.py") == 1
    assert load(tmp_path, file="m2/module.py") == 2
    assert "constants" not in sys.modules


def test_a_module_named_like_an_installed_one_is_still_the_users(tmp_path: Path) -> None:
    write(tmp_path / "json.py", "def run_fn(): return 'mine'\n")
    assert load(tmp_path, file="json.py") == "mine"
    import json

    assert json.dumps(1) == "1"


def test_a_dotted_path_names_a_function(tmp_path: Path) -> None:
    write(tmp_path / "mine/trainer.py", "def fit(): return 4\n")
    with user_code.session(str(tmp_path)):
        function = user_code.load_function(
            "run_fn", module_file=None, function_path="mine.trainer.fit", project_root=str(tmp_path)
        )
        assert function is not None
        assert function() == 4


def test_a_missing_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "modul.py", "")
    with pytest.raises(
        UserCodeError, match=r"module file module\.py does not exist.*did you mean 'modul\.py'"
    ):
        load(tmp_path)


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "x = 1\ndef run_fn(:\n")
    with pytest.raises(UserCodeError, match=r"module\.py:2 is not valid Python"):
        load(tmp_path)


def test_a_missing_function_is_named_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "def runfn(): pass\n")
    with pytest.raises(UserCodeError, match=r"defines no function run_fn\(\).*did you mean 'runfn'"):
        load(tmp_path)


def test_a_module_that_raises_shows_the_users_frames_only(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "def helper():\n    raise ValueError('bad line')\nhelper()\n")
    with pytest.raises(UserCodeError, match="raised ValueError: bad line") as raised:
        load(tmp_path)
    assert raised.value.component == "Trainer"
    assert raised.value.traceback.splitlines()[1].strip().startswith(f'File "{tmp_path}/module.py", line 3')


def test_a_missing_import_says_what_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "import not_there\n")
    with pytest.raises(UserCodeError, match="No module named 'not_there'.*must be installed"):
        load(tmp_path)


def test_an_optional_function_may_be_absent(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "")
    with user_code.session(str(tmp_path)):
        found = user_code.load_function(
            "stats", module_file="module.py", project_root=str(tmp_path), required=False
        )
    assert found is None


def test_penstocks_own_errors_pass_and_learn_the_component() -> None:
    with pytest.raises(DataError, match="^Trainer: no rows"), user_code.user_code("Trainer", what="run_fn"):
        raise DataError("no rows")


def test_the_end_of_a_session_restores_the_path(tmp_path: Path) -> None:
    before = list(sys.path)
    write(tmp_path / "deep/module.py", "def run_fn(): return 1\n")
    load(tmp_path, file="deep/module.py")
    assert sys.path == before
