# SPDX-License-Identifier: Apache-2.0
"""A worker: a forked child that runs one task and ends."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from penstock import files
from penstock.errors import ExecutionError, PenstockError
from penstock.messages.codec import from_jsonable
from penstock.runtime import user_code
from penstock.runtime.autograph import spare_graph_libraries
from penstock.runtime.forkserver.lifeline import die_with_parent
from penstock.runtime.forkserver.messages import error_to_json, send
from penstock.runtime.task import ExecutorTask, run_task


class _Voice:
    """The worker's end of its connection, which the user's threads may report through too."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def say(self, document: Mapping[str, Any]) -> None:
        with self._lock:
            send(self._connection, document)

    def report(self, rows: int | None = None, warning: str | None = None) -> None:
        rows_told = {"rows": None if rows is None else int(rows)}
        self.say({"progress": rows_told if warning is None else {"warning": warning}})


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a worker should know of the process that it was forked from.

    Attributes:
        failure: Why a library could not be imported there, if one could not.
        said: What the component's code printed when it was imported there.
    """

    failure: str | None = None
    said: bytes = b""


def run_worker(parent_pid: int, task_file: str, connection: socket.socket, inherited: Inherited) -> NoReturn:
    """Runs the task in ``task_file``, sends its result or error over ``connection``, and ends the process."""
    try:
        _isolate(parent_pid)
        _work(task_file, _Voice(connection), inherited)
        os._exit(0)
    finally:
        os._exit(1)  # whatever was raised, a worker never goes on as the parent that it was forked from


def _work(task_file: str, voice: _Voice, inherited: Inherited) -> None:
    voice.say({"pid": os.getpid()})
    try:
        task = read_task(task_file)
        voice.say(_outcome(task, voice, inherited))
    except BaseException as error:
        _note(traceback.format_exc())
        what = traceback.format_exception_only(type(error), error)[-1].strip()
        voice.say({"error": error_to_json(ExecutionError(f"the worker failed: {what}"))})
        raise
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the user's code may have closed or replaced it
            stream.flush()


def read_task(task_file: str) -> ExecutorTask:
    """Reads the file of a task."""
    task: ExecutorTask = from_jsonable(ExecutorTask, json.loads(Path(task_file).read_text()))
    return task


def _isolate(parent: int) -> None:
    os.setpgid(0, 0)
    die_with_parent(parent)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _log_to(log_file: str) -> None:
    with files.storage_errors("write the log", log_file):
        os.makedirs(os.path.dirname(log_file), exist_ok=True)
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False, errors="backslashreplace")
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="backslashreplace")
    faulthandler.enable(file=sys.stderr)


def _note(text: str) -> None:
    """Adds to the log where that is possible: the disk may be full, and the user's code may have closed the file."""
    with contextlib.suppress(OSError):
        os.write(2, text.encode("utf-8", "backslashreplace"))


def _outcome(task: ExecutorTask, voice: _Voice, inherited: Inherited) -> dict[str, Any]:
    try:
        _log_to(task.log_file)
        if inherited.failure:
            _note(f"a library could not be imported beforehand: {inherited.failure}\n")
        if inherited.said:
            os.write(1, inherited.said)
        spare_graph_libraries()
        user_code.enter(task.project_root)
        return {"result": run_task(task, voice.report)}
    except PenstockError as error:
        _note(f"{getattr(error, 'traceback', '')}{error}\n")
        return {"error": error_to_json(error)}
