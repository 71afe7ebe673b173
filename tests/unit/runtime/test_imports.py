# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from penstock.errors import StorageError
from penstock.runtime.imports import Import, code_files, read_source, third_party


def test_every_import_statement_is_found_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "import a.b, c\nfrom d import e as f\nfrom .g import h\nfrom .. import i\n"
        "if a:\n    import j\ndef k():\n    from l.m import n\n"
    )
    assert set(read_source(path).imports) == {
        Import(0, "a.b", True),
        Import(0, "c", True),
        Import(0, "d.e", True),
        Import(1, "g.h", True),
        Import(2, "i", True),
        Import(0, "j", False),
        Import(0, "l.m.n", False),
    }


def test_an_edit_of_the_same_size_at_the_same_time_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import aa\n")
    os.utime(path, ns=(1, 1))
    first = read_source(path)
    path.write_text("import bb\n")
    os.utime(path, ns=(1, 1))
    assert read_source(path) != first


@pytest.mark.parametrize("content", ["def broken(:\n", "x = '\0'\n"])
def test_what_is_no_python_imports_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(content)
    assert read_source(path).imports == ()
    assert code_files([path], str(tmp_path)) == (path,)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*gone\.py"):
        read_source(tmp_path / "gone.py")


def test_files_that_import_each_other_are_found_once(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import two\n")
    (tmp_path / "two.py").write_text("import one\n")
    assert code_files([tmp_path / "one.py"], str(tmp_path)) == (tmp_path / "one.py", tmp_path / "two.py")


def test_libraries_are_told_from_the_standard_library_and_the_projects_own(tmp_path: Path) -> None:
    path = tmp_path / "modules" / "fit.py"
    path.parent.mkdir()
    (tmp_path / "shared").mkdir()
    (path.parent / "beside.py").touch()
    path.write_text(
        "import os, yaml, shared, beside, penstock\nimport no_such_library\ndef f():\n    import click\n"
    )
    assert list(third_party(path, str(tmp_path), at_top=True)) == ["yaml"]
    assert list(third_party(path, str(tmp_path), at_top=False)) == ["yaml", "click"]


@pytest.mark.parametrize(
    ("statement", "later"),
    [
        ("from package import module", "package/__init__.py"),
        ("import folder.module", "folder/module.py"),
        ("import folder.inner.module", "folder/inner/module.py"),
        ("from .folder import module", "folder/module.py"),
    ],
)
def test_a_file_that_comes_into_a_folder_without_one_is_found(
    tmp_path: Path, statement: str, later: str
) -> None:
    main, added = tmp_path / "main.py", tmp_path / later
    main.write_text(f"try:\n    {statement}\nexcept ImportError:\n    pass\n")
    added.parent.mkdir(parents=True)
    time.sleep(0.25)  # what has just changed is looked at again in any case
    assert code_files([main], str(tmp_path)) == (main,)
    added.touch()
    assert set(code_files([main], str(tmp_path))) == {main, added}
