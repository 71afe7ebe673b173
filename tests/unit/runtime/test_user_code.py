# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from collections.abc import Iterator
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
        write(root / "steps/of/this/scale.py", f"VALUE = {value}")
        write(root / "module.py", "from steps.of.this import scale\ndef run_fn(): return scale.VALUE\n")
        assert load(root) == value
    assert not [name for name in sys.modules if name.partition(".")[0] == "steps"]


def test_two_modules_may_have_siblings_of_one_name(tmp_path: Path) -> None:
    for value in (1, 2):
        write(tmp_path / f"m{value}/constants.py", f"VALUE = {value}")
        write(tmp_path / f"m{value}/module.py", "import constants\ndef run_fn(): return constants.VALUE\n")
    assert load(tmp_path, file="m1/module.py") == 1
    assert load(tmp_path, file="m2/module.py") == 2
    assert "constants" not in sys.modules


def test_siblings_come_before_what_is_on_the_path_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "own_constants.py", "VALUE = 'of the project'")
    write(tmp_path / "pipelines/own_constants.py", "VALUE = 'of the module'")
    write(
        tmp_path / "pipelines/module.py", "import own_constants\ndef run_fn(): return own_constants.VALUE\n"
    )
    for folder in (tmp_path / "pipelines", tmp_path):  # as `penstock run pipelines/flow.py` has them
        monkeypatch.syspath_prepend(folder)
    before = list(sys.path)
    assert load(tmp_path, file="pipelines/module.py") == "of the module"
    assert sys.path == before


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


def raised_by(tmp_path: Path, source: str) -> UserCodeError:
    """Returns what becomes of what ``run_fn`` raises."""
    path = write(tmp_path / "module.py", source)
    function = user_code.load_function("run_fn", module_file="module.py", project_root=str(tmp_path))
    assert function is not None
    with (
        pytest.raises(UserCodeError) as raised,
        user_code.user_code("Trainer", what="run_fn", file=str(path)),
    ):
        function(1)
    del sys.modules["module"]
    return raised.value


@pytest.mark.parametrize(
    ("source", "message", "traceback"),
    [
        (
            "def run_fn(): pass\n",
            "run_fn raised TypeError: run_fn() takes 0 positional arguments but 1 was given",
            "TypeError: run_fn() takes 0 positional arguments but 1 was given\n",
        ),
        (
            "class Odd(BaseException): pass\ndef run_fn(x):\n    raise Odd('neither error nor exit')\n",
            "run_fn raised Odd: neither error nor exit",
            "module.Odd: neither error nor exit\n",
        ),
        (
            "def run_fn(x):\n    raise ValueError('not \\udcff text')\n",
            "run_fn raised ValueError: not \\udcff text",
            "ValueError: not \\udcff text\n",
        ),
        (
            "class Odd(Exception):\n    __str__ = int\ndef run_fn(x):\n    raise Odd()\n",
            "run_fn raised Odd: (its text cannot be made: TypeError)",
            "module.Odd: <exception str() failed>\n",
        ),
    ],
)
def test_whatever_is_raised_can_be_told(tmp_path: Path, source: str, message: str, traceback: str) -> None:
    error = raised_by(tmp_path, source)
    assert error.message == message
    assert error.traceback.endswith(traceback)
    assert "/src/penstock/" not in error.traceback
    str(error).encode()


def test_a_full_disk_says_what_to_do(tmp_path: Path) -> None:
    error = raised_by(
        tmp_path,
        "import os, errno\ndef run_fn(x):\n    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n",
    )
    assert error.hint == "free space, or put pipeline_root on a larger disk, and run again"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_bytes(b"x = '\0'\n")
    with pytest.raises(UserCodeError, match=r"module\.py.* is not valid Python: source code .*null bytes"):
        load(tmp_path)


def test_a_name_that_is_no_function_is_shown(tmp_path: Path) -> None:
    write(tmp_path / "module.py", "run_fn = 3\n")
    with pytest.raises(UserCodeError, match=r"got: run_fn = 3; what to do: define run_fn in that file"):
        load(tmp_path)


def test_a_generator_that_is_closed_inside_is_no_error() -> None:
    def rows() -> Iterator[int]:
        with user_code.user_code("Trainer", what="run_fn"):
            yield 1
            yield 2

    reading = rows()
    assert next(reading) == 1
    reading.close()


def test_a_module_or_name_that_penstock_lacks_is_sent_to_the_table(tmp_path: Path) -> None:
    for line in ("import penstock.orchestration.nothing", "from penstock.dsl import Nothing"):
        write(tmp_path / "module.py", line)
        with pytest.raises(UserCodeError, match="tfx-compatibility.md lists"):
            load(tmp_path)
    write(tmp_path / "module.py", "import a_package_that_is_not_there")
    with pytest.raises(UserCodeError, match="anything else must be installed"):
        load(tmp_path)
