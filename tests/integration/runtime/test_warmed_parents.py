# SPDX-License-Identifier: Apache-2.0
"""Workers that start with what was imported for another task of the same code."""

from __future__ import annotations

import os
import signal
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from penstock.errors import UserCodeError
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.task import ExecutorTask

SUPPORT = str(Path(__file__).parents[2] / "support")

COMPONENT = """
    import os, sys
    sys.path.append({support!r})
    from light.component import Number
    from light.executor import NumberExecutor
    print("imported")
    IMPORTED_IN = os.getpid()
    {more}

    class Mine(Number):
        EXECUTOR = "mine:MineExecutor"

    class MineExecutor(NumberExecutor):
        def execute(self, work):
            print(f"{{IMPORTED_IN}} {{os.getpid()}} {{os.getppid()}}")
            return super().execute(work)
"""


class Pids(NamedTuple):
    imported_in: int
    worker: int
    parent: int


@pytest.fixture
def host() -> Iterator[ForkServerHost]:
    host = ForkServerHost(lambda: [()])
    yield host
    host.close()


def project(tmp_path: Path, more: str = "") -> Path:
    (tmp_path / "mine.py").write_text(textwrap.dedent(COMPONENT.format(support=SUPPORT, more=more)))
    return tmp_path


def run(host: ForkServerHost, where: Path, name: str, code: str = "digest", behaviour: str = "") -> Pids:
    output, log = where / name, where / "logs" / f"{name}.log"
    output.mkdir()
    artifact = {"type": "Integer", "uri": str(output), "id": 0, "name": "", "state": "LIVE"}
    task = ExecutorTask(
        component="mine:Mine",
        pipeline="p",
        run_id="r",
        node_id=name,
        execution_id=1,
        project_root=str(where),
        temp_dir=str(where / "tmp" / name),
        log_file=str(log),
        inputs={},
        outputs={"number": ({**artifact, "properties": {}, "custom_properties": {}},)},
        parameters={"value": 1, "behaviour": behaviour},
        code=code,
    )
    host.execute(task, lambda rows=None: None)
    imported, pids, *_ = log.read_text().splitlines()
    assert imported == "imported"  # wherever that was
    return Pids(*map(int, pids.split()))


def test_from_the_second_task_on_the_code_is_there(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path)
    first, second, third = (run(host, where, name) for name in ("one", "two", "three"))
    assert first.imported_in == first.worker
    assert second.imported_in == second.parent == third.imported_in == third.parent
    assert len({first.worker, second.worker, third.worker}) == 3


def test_other_code_has_a_parent_of_its_own(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path)
    run(host, where, "one")
    old = run(host, where, "two")
    edited = run(host, where, "three", code="edited")
    again = run(host, where, "four", code="edited")
    assert edited.imported_in == edited.worker
    assert again.imported_in == again.parent != old.parent


@pytest.mark.parametrize(
    "more",
    [
        "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "left_open = open(__file__)",
        "import socket; left_open = socket.socketpair()",
    ],
    ids=["thread", "file", "socket"],
)
def test_code_that_leaves_something_open_is_imported_by_each_worker(
    host: ForkServerHost, tmp_path: Path, more: str
) -> None:
    where = project(tmp_path, more)
    for name in ("one", "two", "three"):
        pids = run(host, where, name)
        assert pids.imported_in == pids.worker


def test_a_parent_that_was_killed_is_done_without(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path)
    run(host, where, "one")
    os.kill(run(host, where, "two").parent, signal.SIGKILL)
    pids = run(host, where, "three")
    assert pids.imported_in == pids.worker


def test_code_that_cannot_be_imported_is_explained_each_time(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path, "1 / 0")
    for name in ("one", "two", "three"):
        with pytest.raises(UserCodeError, match="ZeroDivisionError"):
            run(host, where, name)


def test_a_worker_of_such_a_parent_fails_alone(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path)
    run(host, where, "one")
    run(host, where, "two")
    with pytest.raises(UserCodeError, match="the number is cursed"):
        run(host, where, "three", behaviour="raise")
    assert run(host, where, "four").imported_in != 0


def test_code_of_unknown_digest_is_not_shared(host: ForkServerHost, tmp_path: Path) -> None:
    where = project(tmp_path)
    for name in ("one", "two"):
        pids = run(host, where, name, code="")
        assert pids.imported_in == pids.worker
