# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from penstock.components.pusher import versions
from penstock.components.pusher.versions import newest_version, push_version, version_uri
from penstock.errors import StorageError
from penstock.metadata.owner import Owner
from penstock.models.descriptor import Descriptor, write_descriptor


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(b"index")
    return str(folder)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_version_is_a_copy_named_by_the_second(model: str, tmp_path: Path) -> None:
    before = int(time.time())
    version = push_version(model, str(tmp_path / "serving"))
    assert before <= version <= int(time.time())
    assert os.listdir(tmp_path / "serving") == [str(version)]
    assert tree(tmp_path / "serving" / str(version)) == tree(Path(model))


def test_two_pushes_in_one_second_are_two_versions(model: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "serving")
    assert [push_version(model, folder, now=1700000000.9) for _ in range(3)] == [
        1700000000,
        1700000001,
        1700000002,
    ]


def test_a_new_version_is_the_greatest_whatever_the_clock_says(model: str, tmp_path: Path) -> None:
    (tmp_path / "serving" / "1800000000").mkdir(parents=True)
    assert push_version(model, str(tmp_path / "serving"), now=1700000000) == 1800000001


def test_pushes_at_the_same_time_get_versions_of_their_own(model: str, tmp_path: Path) -> None:
    folder, pushed = str(tmp_path / "serving"), []
    barrier = threading.Barrier(6)

    def push() -> None:
        barrier.wait()
        pushed.append(push_version(model, folder, now=1700000000))

    threads = [threading.Thread(target=push) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pushed)) == 6
    assert sorted(os.listdir(folder)) == sorted(map(str, pushed))


def test_only_numbers_are_versions(tmp_path: Path) -> None:
    assert newest_version(str(tmp_path / "none")) is None
    for name in ("7", "12", "latest", ".penstock-push-99", "1²"):
        (tmp_path / name).mkdir()
    assert newest_version(str(tmp_path)) == 12


def test_a_full_disk_leaves_nothing_behind(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serving" / "5").mkdir(parents=True)
    copied: list[str] = []

    def copy(reader: object, writer: object, length: int) -> None:
        if copied:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copied.append("one file")

    monkeypatch.setattr(versions.shutil, "copyfileobj", copy)
    with pytest.raises(
        StorageError, match=r"cannot write to the push destination .*serving: the disk is full"
    ):
        push_version(model, str(tmp_path / "serving"))
    assert copied
    assert os.listdir(tmp_path / "serving") == ["5"]


def test_a_destination_that_is_not_writable_is_said_before_anything_is_copied(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(versions.Path, "mkdir", refuse)
    monkeypatch.setattr(versions.shutil, "copyfileobj", lambda *_: pytest.fail("copied"))
    with pytest.raises(StorageError, match=r"cannot write to the push destination .*serving: not permitted"):
        push_version(model, str(tmp_path / "serving"))


def test_a_file_in_the_place_of_the_folder_is_one_error(model: str, tmp_path: Path) -> None:
    (tmp_path / "serving").write_text("a file")
    with pytest.raises(StorageError, match="cannot write to the push destination"):
        push_version(model, str(tmp_path / "serving"))


def test_an_interruption_leaves_nothing_behind(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(versions.shutil, "copyfileobj", interrupt)
    with pytest.raises(KeyboardInterrupt):
        push_version(model, str(tmp_path / "serving"))
    assert os.listdir(tmp_path / "serving") == []


def test_a_killed_push_shows_no_version_and_is_swept_by_the_next(model: str, tmp_path: Path) -> None:
    program = """
import os, signal, sys
from penstock.components.pusher import versions
versions._reveal = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
versions.push_version(sys.argv[1], sys.argv[2])
"""
    folder = tmp_path / "serving"
    killed = subprocess.run([sys.executable, "-c", program, model, str(folder)], check=False)
    assert killed.returncode == -9
    (left,) = os.listdir(folder)
    assert left.startswith(".penstock-push-")
    assert newest_version(str(folder)) is None
    version = push_version(model, str(folder))
    assert os.listdir(folder) == [str(version)]


def test_the_folder_of_a_push_that_still_runs_is_left_alone(model: str, tmp_path: Path) -> None:
    running = tmp_path / "serving" / f".penstock-push-{uuid4().hex}"
    running.mkdir(parents=True)
    (running / "owner.json").write_text(Owner.current().to_text())
    push_version(model, str(tmp_path / "serving"))
    assert running.exists()


@pytest.mark.parametrize("content", [None, "{", json.dumps({"host": "x"})])
def test_a_folder_without_owner_is_swept_when_it_is_old(
    model: str, tmp_path: Path, content: str | None
) -> None:
    left = tmp_path / "serving" / f".penstock-push-{uuid4().hex}"
    left.mkdir(parents=True)
    if content is not None:
        (left / "owner.json").write_text(content)
    push_version(model, str(tmp_path / "serving"))
    assert left.exists()
    os.utime(left, (0, 0))
    push_version(model, str(tmp_path / "serving"))
    assert not left.exists()


class TestStoresWithoutRename:
    @pytest.fixture
    def folder(self, request: pytest.FixtureRequest) -> str:
        return f"memory://serving/{request.node.name}"

    def test_a_version_is_a_copy(self, model: str, folder: str) -> None:
        versions_ = [push_version(model, folder, now=1700000000) for _ in range(2)]
        assert versions_ == [1700000000, 1700000001]
        assert newest_version(folder) == 1700000001
        memory = fsspec.filesystem("memory")
        assert memory.cat_file(f"{version_uri(folder, 1700000000)}/variables/variables.index") == b"index"

    def test_what_makes_it_a_model_comes_last(
        self, model: str, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = []
        copy = versions.copy_file
        monkeypatch.setattr(versions, "copy_file", lambda src, dst: (order.append(dst), copy(src, dst)))
        push_version(model, folder)
        assert [name.rpartition("/")[2] for name in order] == ["variables.index", "saved_model.pb"]

    def test_a_descriptor_comes_after_the_files_that_it_describes(
        self, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("weights.txt", "model.joblib"):
            (tmp_path / name).touch()
        write_descriptor(str(tmp_path), Descriptor("sklearn", (), file="model.joblib"))
        order = []
        copy = versions.copy_file
        monkeypatch.setattr(versions, "copy_file", lambda src, dst: (order.append(dst), copy(src, dst)))
        push_version(str(tmp_path), folder)
        assert [name.rpartition("/")[2] for name in order] == [
            "weights.txt",
            "model.joblib",
            "penstock_model.json",
        ]

    def test_a_failure_removes_what_was_copied(
        self, model: str, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = versions.copy_file

        def fail_at_the_end(source: str, target: str) -> None:
            if target.endswith("saved_model.pb"):
                raise StorageError("cannot write")
            copy(source, target)

        monkeypatch.setattr(versions, "copy_file", fail_at_the_end)
        with pytest.raises(StorageError, match="cannot write"):
            push_version(model, folder)
        assert newest_version(folder) is None


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="needs to mount a small disk")
def test_a_disk_that_really_is_full(model: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        Path(model, "weights.bin").write_bytes(b"x" * 200_000)
        with pytest.raises(StorageError, match="the disk is full"):
            push_version(model, str(disk))
        assert os.listdir(disk) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
