# SPDX-License-Identifier: Apache-2.0
"""The host that runs executors in forked workers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from penstock import files
from penstock.errors import CancelledError, ExecutionError, PenstockError
from penstock.messages.codec import to_jsonable
from penstock.runtime.forkserver.messages import error_from_json
from penstock.runtime.forkserver.stages import Stage, plan_stages, stage_for
from penstock.runtime.task import ExecutorTask, Report

_GRACE_SECONDS = 2.0
_LAST_BYTES = 4096
_EXCEPTION = re.compile(r"^\w[\w.]*(?:Error|Exception|Exit)\b|Error while finding module|No module named")
_LONGEST_WAIT_SECONDS = 3600.0
_MOST_WARMED = 16


@dataclass(slots=True)
class _Running:
    connection: socket.socket
    pid: int | None = None
    ended: str = ""


@dataclass(slots=True)
class _Ending:
    exit_code: int | None = None
    max_rss_kib: int = 0
    result: Any = None
    error: PenstockError | None = None
    finished: bool = field(default=False)
    untouched: bool = field(default=True)


@dataclass(frozen=True, slots=True)
class _Code:
    """The code that a task needs, and the stage whose libraries it needs."""

    stage: int
    component: str
    digest: str


class ForkServerHost:
    """Runs each executor in a process of its own, forked from a parent that has the libraries loaded.

    Args:
        requirements: Called once, when the first task comes: returns the modules that the nodes still to be run
            require, in their order. So a run that the cache answers whole starts no process.
        environment: Variables that are set before any library is imported.
    """

    def __init__(
        self,
        requirements: Callable[[], Iterable[Sequence[str]]],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._requirements = requirements
        self._stages: tuple[Stage, ...] = ()
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._controls: list[socket.socket] = []
        self._running: dict[int, _Running] = {}
        self._warmed: dict[_Code, socket.socket | None] = {}
        self._met: set[_Code] = set()
        self._cancelled = False
        self._said: IO[bytes] | None = None  # what the parents have written to standard error

    def _prepare(self) -> None:
        """Starts the parents, so that they import while light nodes run."""
        with self._lock:
            if self._process is not None:
                return
            if not sys.platform.startswith("linux"):
                raise ExecutionError(
                    "workers can be forked on Linux only",
                    got=sys.platform,
                    hint="LocalDagRunner(in_process=True), or --in-process, works without workers",
                )
            self._stages = plan_stages(self._requirements())
            pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in self._stages]
            try:
                self._process = self._first_parent([theirs.fileno() for _, theirs in pairs])
            except OSError as error:
                raise ExecutionError("no process can be started for the workers", got=str(error)) from error
            finally:
                for _, theirs in pairs:
                    theirs.close()
            self._controls = [ours for ours, _ in pairs]

    def _first_parent(self, controls: Sequence[int]) -> subprocess.Popen[bytes]:
        settings = {
            "client_pid": os.getpid(),
            "controls": controls,
            "stages": self._stages,
            # A program that is run as a file finds its neighbours by a path that no variable holds.
            "path": [entry for entry in sys.path if isinstance(entry, str)],
        }
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  open until the host is closed
        return subprocess.Popen(
            [sys.executable, "-m", "penstock.runtime.forkserver.parent", json.dumps(settings)],
            pass_fds=controls,
            env={**os.environ, **self._environment},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("PENSTOCK_DEBUG_WORKERS") else self._said,
        )

    def execute(self, task: ExecutorTask, report: Report) -> dict[str, Any]:
        """Runs a task in a new worker and returns its result.

        Raises:
            PenstockError: The executor failed, died, took too long or was cancelled.
        """
        self._prepare()
        task_file = _written(task)
        code = _Code(stage_for(self._stages, task.requires), task.component, task.code)
        ending, running = self._run(task, task_file, report, self._control_for(code, task_file))
        if ending.untouched and not self._cancelled and self._cool(code):
            ending, running = self._run(task, task_file, report, self._controls[code.stage])
        if self._cancelled:
            raise CancelledError("cancelled while it ran", component=task.node_id)
        if ending.error is not None:
            raise ending.error.with_component(task.node_id)
        if not ending.finished:
            raise _death(task, running, ending, self._last_error())
        result: dict[str, Any] = ending.result
        return result

    def _run(
        self, task: ExecutorTask, task_file: str, report: Report, control: socket.socket
    ) -> tuple[_Ending, _Running]:
        running = self._start(task, task_file, control)
        try:
            return self._follow(running, task, report), running
        finally:
            self._forget(running)

    def _control_for(self, code: _Code, task_file: str) -> socket.socket:
        """Returns the way to a parent for a task: from the second one of the same code on, to one that has the code."""
        stage = self._controls[code.stage]
        with self._lock:
            if not code.digest or code not in self._met:
                self._met.add(code)
                return stage
            if code not in self._warmed and len(self._warmed) < _MOST_WARMED:
                self._warmed[code] = _warmed_parent(stage, task_file)
            return self._warmed.get(code) or stage

    def _cool(self, code: _Code) -> bool:
        """Gives up the parent that has a code, which has ended or cannot be forked; says whether there was one."""
        with self._lock:
            control = self._warmed.get(code)
            if control is None:
                return code in self._warmed
            self._warmed[code] = None
            control.close()
            return True

    def cancel(self) -> None:
        """Ends all workers; a task whose parent is still importing is not waited for."""
        with self._lock:
            self._cancelled = True
            running = list(self._running.values())
        for one in running:
            if one.pid is None:
                with contextlib.suppress(OSError):
                    one.connection.shutdown(socket.SHUT_RDWR)
        _end_groups([one.pid for one in running if one.pid is not None])

    def close(self) -> None:
        """Ends all workers and parents."""
        with self._lock:
            process, self._process = self._process, None
            pids = [running.pid for running in self._running.values() if running.pid]
            for control in (*self._controls, *self._warmed.values()):
                if control is not None:
                    control.close()
        for pid in pids:
            _signal_group(pid, signal.SIGKILL)
        if process is not None:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        if self._said is not None:
            self._said.close()

    def _start(self, task: ExecutorTask, task_file: str, control: socket.socket) -> _Running:
        ours, theirs = socket.socketpair()
        running = _Running(ours)
        with theirs:
            with self._lock:
                if self._cancelled:
                    ours.close()
                    raise CancelledError("cancelled before it ran", component=task.node_id)
                self._running[id(running)] = running
            try:
                socket.send_fds(control, [json.dumps({"task_file": task_file}).encode()], [theirs.fileno()])
            except OSError as error:
                if control not in self._controls:
                    return running  # its connection says that nothing has begun
                self._forget(running)
                raise _parent_lost(task, self._last_error()) from error
        return running

    def _forget(self, running: _Running) -> None:
        with self._lock:
            self._running.pop(id(running), None)
        running.connection.close()

    def _last_error(self) -> str | None:
        """Returns the last line on the parents' standard error, if an exception ended one of them."""
        if self._said is None:
            return None
        size = os.fstat(self._said.fileno()).st_size
        end = os.pread(self._said.fileno(), _LAST_BYTES, max(size - _LAST_BYTES, 0))
        lines = end.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:500] if lines and _EXCEPTION.search(lines[-1]) else None

    def _follow(self, running: _Running, task: ExecutorTask, report: Report) -> _Ending:
        ending = _Ending()
        for document in _documents(running, task.timeout_seconds):
            ending.untouched = False
            if document is None:
                self._time_out(running, task)
                continue
            if "pid" in document:
                running.pid = document["pid"]
                if self._cancelled:
                    _signal_group(document["pid"], signal.SIGKILL)
            elif "progress" in document:
                report(**document["progress"])
            elif "result" in document:
                ending.result, ending.finished = document["result"], True
            elif "error" in document:
                ending.error = error_from_json(document["error"])
            elif "exit" in document:
                ending.exit_code, ending.max_rss_kib = document["exit"], document["max_rss_kib"]
                break
        return ending

    def _time_out(self, running: _Running, task: ExecutorTask) -> None:
        running.ended = f"it ran longer than its time-out of {task.timeout_seconds:g} seconds"
        if running.pid is not None:
            _end_groups([running.pid])


def _written(task: ExecutorTask) -> str:
    """Writes a task's file, which no other process writes that runs the node too, and returns its path."""
    task_file = f"{task.log_file}.{task.execution_id}.task.json"
    with files.storage_errors("write", task_file):
        os.makedirs(os.path.dirname(task_file), exist_ok=True)
        Path(task_file).write_text(json.dumps(to_jsonable(task)))
    return task_file


def _warmed_parent(stage: socket.socket, task_file: str) -> socket.socket | None:
    """Asks for a parent with the code of a task, and returns the way to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            socket.send_fds(stage, [json.dumps({"warm": task_file}).encode()], [theirs.fileno()])
        except OSError:  # the task itself will meet that
            ours.close()
            return None
    return ours


def _documents(running: _Running, timeout_seconds: float | None) -> Iterator[dict[str, Any] | None]:
    """Yields what a worker says, and ``None`` once when its time is up.

    The clock starts with the worker's first word, so that time in which its parent still imports does not count.
    """
    begun: list[bytes] = []  # parts of a line that has not ended; a result may be large
    deadline: float | None = None
    while True:
        remaining = None if deadline is None else max(deadline - time.monotonic(), 0.001)
        running.connection.settimeout(None if remaining is None else min(remaining, _LONGEST_WAIT_SECONDS))
        try:
            data = running.connection.recv(1 << 20)
        except TimeoutError:
            if deadline is not None and time.monotonic() >= deadline:
                deadline = timeout_seconds = None
                yield None
            continue
        except OSError:
            return
        if not data:
            return
        if deadline is None and timeout_seconds is not None:
            deadline = time.monotonic() + timeout_seconds
        first, *others = data.split(b"\n")
        begun.append(first)
        for other in others:
            yield json.loads(b"".join(begun))
            begun = [other]


def _end_groups(pids: Sequence[int]) -> None:
    for pid in pids:
        _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    alive = list(pids)
    while alive and time.monotonic() < deadline:
        time.sleep(0.02)
        alive = [pid for pid in alive if _group_exists(pid)]
    for pid in alive:
        _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _parent_lost(task: ExecutorTask, last_error: str | None) -> ExecutionError:
    hint = "run again with --resume; if it was killed for memory, use a smaller --max-workers"
    if last_error:
        hint = "does a file or folder of the project have the name of a library, and come in its place?"
    return ExecutionError(
        "the process that workers are forked from has ended",
        component=task.node_id,
        got=last_error,
        hint=hint,
    )


def _death(
    task: ExecutorTask, running: _Running, ending: _Ending, last_error: str | None = None
) -> ExecutionError:
    memory = f"its memory had reached {ending.max_rss_kib / 1024:.0f} MiB" if ending.max_rss_kib else None
    if running.ended:
        return ExecutionError(
            running.ended,
            component=task.node_id,
            got=memory,
            hint=f"give it more with .with_timeout(seconds), or see {task.log_file}",
        )
    code = ending.exit_code
    if code is None:  # whoever would have said how it ended has ended itself
        return _parent_lost(task, last_error)
    if code < 0:
        name = (
            signal.Signals(-code).name if -code in signal.Signals.__members__.values() else f"signal {-code}"
        )
        cause = "; SIGKILL from the system mostly means that memory ran out" if name == "SIGKILL" else ""
        message = f"its process was ended by {name}{cause}"
    else:
        message = f"its process ended by itself with exit code {code} before the work was done"
    return ExecutionError(message, component=task.node_id, got=memory, hint=f"see its log {task.log_file}")
