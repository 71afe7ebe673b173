# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from penstock import files
from penstock.errors import DependencyError, StorageError


@pytest.fixture(params=["path", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder that does not exist yet, on each kind of file system."""
    if request.param == "memory":
        return f"memory://{uuid.uuid4().hex}"
    folder = str(tmp_path / "root")
    return folder if request.param == "path" else f"file://{folder}"


def write(uri: str, content: bytes) -> None:
    with files.open(uri, "wb") as file:
        file.write(content)


def test_join_keeps_the_scheme_and_starts_anew_at_absolute_parts() -> None:
    assert files.join("gs://bucket/x/", "y", "z") == "gs://bucket/x/y/z"
    assert files.join("/data", "a", "/other") == "/other"
    assert files.join("/data", "s3://bucket/a") == "s3://bucket/a"


def test_local_path_takes_plain_paths_and_file_uris_only() -> None:
    assert files.local_path("a/b") == "a/b"
    assert files.local_path("file:///a/b") == "/a/b"
    assert not files.is_local("gs://bucket")
    with pytest.raises(ValueError, match="not a local path"):
        files.local_path("gs://bucket")


def test_a_written_file_is_found_read_listed_and_removed(root: str) -> None:
    folder = files.join(root, "a", "b")
    assert not files.exists(folder)
    files.makedirs(folder)
    files.makedirs(folder)
    write(files.join(folder, "x.bin"), b"123")
    write(files.join(root, "a", "y.txt"), "é".encode())

    assert files.is_dir(folder)
    assert files.exists(files.join(folder, "x.bin"))
    assert not files.is_dir(files.join(folder, "x.bin"))
    assert files.listdir(files.join(root, "a")) == ["b", "y.txt"]
    assert files.size(files.join(folder, "x.bin")) == 3
    assert files.tree_size(root) == 5
    with files.open(files.join(root, "a", "y.txt"), "r") as file:
        assert file.read() == "é"

    files.remove_tree(files.join(root, "a"))
    files.remove_tree(files.join(root, "a"))
    assert not files.exists(files.join(folder, "x.bin"))


def test_glob_returns_sorted_uris(root: str) -> None:
    for name in ("b.csv", "a.csv", "c.txt"):
        files.makedirs(root)
        write(files.join(root, name), b"")
    found = files.glob(files.join(root, "*.csv"))
    assert [uri.rpartition("/")[2] for uri in found] == ["a.csv", "b.csv"]
    assert all(files.exists(uri) for uri in found)
    assert files.glob(files.join(root, "*.parquet")) == []


def test_glob_below_a_base_takes_the_base_literally(tmp_path: Path) -> None:
    base = tmp_path / "a[1]*"
    (base / "s").mkdir(parents=True)
    (base / "s" / "x.csv").touch()
    assert files.glob("*/*.csv", base=str(base)) == [str(base / "s" / "x.csv")]
    assert files.glob(str(base / "*" / "*.csv")) == []


def test_glob_below_a_base_starts_with_the_base(root: str) -> None:
    files.makedirs(files.join(root, "s"))
    write(files.join(root, "s", "x.csv"), b"")
    assert files.glob("s/*.csv", base=root) == [files.join(root, "s/x.csv")]


def test_walk_names_files_relative_to_the_folder(root: str) -> None:
    files.makedirs(files.join(root, "d"))
    write(files.join(root, "z"), b"1")
    write(files.join(root, "d", "y"), b"22")
    entries = files.walk(root)
    assert [(entry.name, entry.size) for entry in entries] == [("d/y", 2), ("z", 1)]
    assert all(files.exists(entry.uri) for entry in entries)
    assert [(entry.name, entry.size) for entry in files.walk(files.join(root, "z"))] == [("z", 1)]


def test_write_atomic_makes_folders_and_replaces(root: str) -> None:
    uri = files.join(root, "deep", "file.txt")
    files.write_atomic(uri, "old")
    files.write_atomic(uri, b"new")
    with files.open(uri) as file:
        assert file.read() == b"new"
    assert files.listdir(files.join(root, "deep")) == ["file.txt"]


def test_write_atomic_leaves_the_old_content_and_no_litter_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = str(tmp_path / "file.txt")
    files.write_atomic(uri, "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full"):
        files.write_atomic(uri, "new")
    assert os.listdir(tmp_path) == ["file.txt"]
    assert Path(uri).read_text() == "old"


def test_rename_replaces_a_file(root: str) -> None:
    files.makedirs(root)
    write(files.join(root, "a"), b"a")
    write(files.join(root, "b"), b"b")
    files.rename(files.join(root, "a"), files.join(root, "b"))
    assert files.listdir(root) == ["b"]
    with files.open(files.join(root, "b")) as file:
        assert file.read() == b"a"


def test_copy_tree_copies_between_file_systems(root: str, tmp_path: Path) -> None:
    (tmp_path / "from" / "sub").mkdir(parents=True)
    (tmp_path / "from" / "sub" / "x").write_bytes(b"x")
    (tmp_path / "from" / "y").write_bytes(b"y")
    files.copy_tree(str(tmp_path / "from"), root)
    back = tmp_path / "back"
    files.copy_tree(root, str(back))
    assert (back / "sub" / "x").read_bytes() == b"x"
    assert (back / "y").read_bytes() == b"y"
    files.copy_tree(str(back / "y"), str(tmp_path / "single"))
    assert (tmp_path / "single").read_bytes() == b"y"


def test_digest_goes_by_names_and_contents_and_nothing_else(root: str, tmp_path: Path) -> None:
    local = tmp_path / "tree"
    (local / "d").mkdir(parents=True)
    (local / "d" / "b").write_bytes(b"2")
    (local / "a").write_bytes(b"1")
    files.copy_tree(str(local), root)
    expected = hashlib.sha256()
    for name, content in (("a", b"1"), ("d/b", b"2")):
        expected.update(len(name).to_bytes(8, "little") + name.encode() + hashlib.sha256(content).digest())
    assert files.digest(root) == files.digest(str(local)) == expected.hexdigest()
    assert files.digest(files.join(root, "a")) == hashlib.sha256(b"1").hexdigest()

    os.utime(local / "a", (0, 0))
    (local / "empty").mkdir()
    assert files.digest(str(local)) == expected.hexdigest()
    (local / "a").rename(local / "c")
    assert files.digest(str(local)) != expected.hexdigest()


def test_errors_name_the_path_and_the_cause(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot open .*/none: no such file or folder"):
        files.open(str(tmp_path / "none"))
    with pytest.raises(StorageError, match=r"cannot list .*/none"):
        files.listdir(str(tmp_path / "none"))
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot make folder"):
        files.makedirs(str(tmp_path / "file" / "below"))


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "the disk is full"), (errno.EROFS, "not permitted")],
)
def test_storage_errors_tell_a_full_disk_from_a_refusal(number: int, said: str) -> None:
    with pytest.raises(StorageError, match=f"cannot write /x: {said}"), files.storage_errors("write", "/x"):
        raise OSError(number, os.strerror(number))


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(DependencyError, match="no library serves nosuch://"):
        files.exists("nosuch://bucket/x")


def test_local_files_need_no_fsspec(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    script = (
        "import sys; from penstock import files; "
        f"files.digest({str(tmp_path)!r}); files.write_atomic({str(tmp_path / 'y')!r}, 'y'); "
        "sys.exit('fsspec' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
