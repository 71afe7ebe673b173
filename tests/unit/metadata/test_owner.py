# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest

from penstock.metadata.owner import Owner


def test_this_process_is_alive() -> None:
    owner = Owner.current()
    assert owner.pid == os.getpid()
    assert owner.is_alive()
    assert Owner.from_text(owner.to_text()) == owner


def test_a_process_is_dead_once_it_has_ended_even_before_it_is_waited_for() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"], stdout=-1
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        owner = _owner_of(child.pid)
        assert owner.is_alive()
        os.kill(child.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while owner.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not owner.is_alive()
    assert not owner.is_alive()


def test_a_later_process_of_the_same_id_is_another() -> None:
    owner = Owner.current()
    assert not dataclasses.replace(owner, start_ticks=owner.start_ticks - 1).is_alive()


def test_processes_before_a_reboot_are_dead() -> None:
    assert not dataclasses.replace(Owner.current(), boot_id="another").is_alive()


@pytest.mark.parametrize("changed", [{"host": "elsewhere", "boot_id": "x"}, {"pid_namespace": "pid:[1]"}])
def test_a_process_that_cannot_be_seen_counts_as_alive(changed: dict[str, str]) -> None:
    assert dataclasses.replace(Owner.current(), pid=2**22 + 1, **changed).is_alive()


def test_without_start_times_the_process_id_decides() -> None:
    owner = dataclasses.replace(Owner.current(), start_ticks=0)
    assert owner.is_alive()
    assert not dataclasses.replace(owner, pid=2**22 + 1).is_alive()


def _owner_of(pid: int) -> Owner:
    from penstock.metadata import owner

    return dataclasses.replace(Owner.current(), pid=pid, start_ticks=owner._start_ticks(pid) or 0)
