# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from penstock.errors import MetadataError
from penstock.metadata.locking import FileLock

HOLD = """
import sys, time
from penstock.metadata.locking import FileLock
with FileLock(sys.argv[1], 10.0).hold():
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder.pid
        finally:
            holder.kill()


def test_a_timeout_names_file_and_holder(tmp_path: Path) -> None:
    path = tmp_path / "m.db.lock"
    with held_elsewhere(path) as pid:
        with (
            pytest.raises(
                MetadataError, match=f"locked by another process.*held by process {pid} on"
            ) as caught,
            FileLock(str(path), 0.05).hold(),
        ):
            pytest.fail("the lock was given twice")
        assert caught.value.input == str(path)
    with FileLock(str(path), 10.0).hold():
        pass


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "m.db.lock"
    with held_elsewhere(path) as pid:
        os.kill(pid, signal.SIGKILL)
        with FileLock(str(path), 30.0).hold():
            pass


def test_threads_exclude_each_other_too(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "m.db.lock"), 30.0)
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with lock.hold():
                inside += 1
                most = max(most, inside)
                time.sleep(0.0001)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_an_error_inside_releases_the_lock(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "m.db.lock"), 1.0)
    with pytest.raises(KeyError), lock.hold():
        raise KeyError
    with lock.hold():
        pass


def test_a_lock_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "missing" / "m.db.lock"), 1.0)
    with pytest.raises(MetadataError, match="cannot be opened.*No such file"), lock.hold():
        pass
