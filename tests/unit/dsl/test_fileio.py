# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest

from penstock.dsl.io import fileio


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path)
    fsspec.filesystem("memory").store.clear()
    fileio.makedirs("memory://bucket/data")
    return "memory://bucket/data"


def write(path: str, text: str) -> None:
    with fileio.open(path, "w") as file:
        file.write(text)


def read(path: str) -> Any:
    with fileio.open(path) as file:
        return file.read()


def test_text_is_written_and_read_as_utf_8(root: str) -> None:
    write(f"{root}/a.txt", "größer")
    assert read(f"{root}/a.txt") == "größer"
    with fileio.open(f"{root}/a.txt", "rb") as file:
        assert file.read() == "größer".encode()


def test_folders_and_names(root: str) -> None:
    fileio.makedirs(f"{root}/one/two")
    fileio.makedirs(f"{root}/one/two")
    fileio.mkdir(f"{root}/one/three")
    write(f"{root}/one/b.csv", "b")
    write(f"{root}/one/a.csv", "aa")
    assert fileio.isdir(f"{root}/one/two")
    assert not fileio.isdir(f"{root}/one/a.csv")
    assert fileio.listdir(f"{root}/one") == ["a.csv", "b.csv", "three", "two"]
    assert [path.rpartition("/")[2] for path in fileio.glob(f"{root}/one/*.csv")] == ["a.csv", "b.csv"]
    assert fileio.stat(f"{root}/one/a.csv").st_size == 2
    assert fileio.glob(f"{root}/none/*") == []


def test_a_folder_is_made_in_an_existing_one_only(tmp_path: Path) -> None:
    with pytest.raises(fileio.NotFoundError, match="no such file or folder.*one/two"):
        fileio.mkdir(f"{tmp_path}/one/two")
    with pytest.raises(FileExistsError):
        fileio.mkdir(str(tmp_path))


def test_copies_and_renames_replace_only_when_told(root: str) -> None:
    write(f"{root}/a", "a")
    write(f"{root}/b", "b")
    for function in (fileio.copy, fileio.rename):
        with pytest.raises(OSError, match="b exists, and overwrite is not set"):
            function(f"{root}/a", f"{root}/b")
    fileio.copy(f"{root}/a", f"{root}/b", overwrite=True)
    assert read(f"{root}/b") == "a"
    fileio.rename(f"{root}/b", f"{root}/c")
    assert (fileio.exists(f"{root}/b"), fileio.exists(f"{root}/c")) == (False, True)


def test_a_file_is_copied_to_another_file_system_and_not_renamed_there(tmp_path: Path) -> None:
    write(f"{tmp_path}/a", "a")
    fileio.copy(f"{tmp_path}/a", "memory://b", overwrite=True)
    assert read("memory://b") == "a"
    with pytest.raises(NotImplementedError, match="different file systems; copy, then remove"):
        fileio.rename(f"{tmp_path}/a", "memory://c")


def test_what_is_removed_is_gone(root: str) -> None:
    fileio.makedirs(f"{root}/one")
    write(f"{root}/one/a", "a")
    fileio.remove(f"{root}/one/a")
    assert not fileio.exists(f"{root}/one/a")
    write(f"{root}/one/a", "a")
    fileio.rmtree(f"{root}/one")
    assert not fileio.exists(f"{root}/one")


@pytest.mark.parametrize(
    "call",
    [
        fileio.open,
        lambda path: fileio.copy(path, path + "2"),
        fileio.listdir,
        fileio.remove,
        lambda path: fileio.rename(path, path + "2"),
        fileio.rmtree,
        fileio.stat,
    ],
)
def test_what_is_not_there_is_a_not_found_error(call: Callable[[str], Any], root: str) -> None:
    with pytest.raises(fileio.NotFoundError, match="nothing") as caught:
        call(f"{root}/nothing")
    assert isinstance(caught.value, OSError)


def test_a_tree_is_walked_from_either_end(root: str) -> None:
    fileio.makedirs(f"{root}/one/two")
    write(f"{root}/one/a", "a")
    write(f"{root}/one/two/b", "b")
    expected = [(f"{root}/one", ["two"], ["a"]), (f"{root}/one/two", [], ["b"])]
    assert list(fileio.walk(f"{root}/one")) == expected
    assert list(fileio.walk(f"{root}/one", topdown=False)) == expected[::-1]
    seen = []
    for folder, folders, _ in fileio.walk(f"{root}/one"):
        seen.append(folder)
        folders.clear()
    assert seen == [f"{root}/one"]


def test_a_folder_that_cannot_be_walked_is_told_to_who_asks(root: str) -> None:
    told: list[OSError] = []
    assert list(fileio.walk(f"{root}/nothing")) == []
    assert list(fileio.walk(f"{root}/nothing", onerror=told.append)) == []
    assert len(told) == 1
    assert isinstance(told[0], FileNotFoundError)


def test_bytes_are_answered_with_bytes(tmp_path: Path) -> None:
    root = str(tmp_path).encode()
    write(f"{tmp_path}/a", "a")
    assert fileio.exists(root + b"/a")
    assert fileio.listdir(root) == [b"a"]
    assert fileio.glob(root + b"/*") == [root + b"/a"]
    assert list(fileio.walk(root)) == [(root, [], [b"a"])]
