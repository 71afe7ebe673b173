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
import traceback
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


def run_worker(task_file: str, connection: socket.socket, failure: str | None) -> NoReturn:
    """Runs the task in ``task_file``, sends its result or error over ``connection``, and ends the process."""
    try:
        _isolate(os.getppid())
        send(connection, {"pid": os.getpid()})
        task: ExecutorTask = from_jsonable(ExecutorTask, json.loads(Path(task_file).read_text()))
        send(connection, _outcome(task, connection, failure))
    except BaseException as error:
        _note(traceback.format_exc())
        what = traceback.format_exception_only(type(error), error)[-1].strip()
        failed = ExecutionError(f"the worker failed: {what}")
        send(connection, {"error": error_to_json(failed)})
        os._exit(1)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the user's code may have closed or replaced it
            stream.flush()
    os._exit(0)


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


def _outcome(task: ExecutorTask, connection: socket.socket, failure: str | None) -> dict[str, Any]:
    def report(rows: int | None = None) -> None:
        send(connection, {"progress": {"rows": rows}})

    try:
        _log_to(task.log_file)
        if failure:
            _note(f"a library could not be imported beforehand: {failure}\n")
        spare_graph_libraries()
        with user_code.session(task.project_root):
            return {"result": run_task(task, report)}
    except PenstockError as error:
        _note(f"{getattr(error, 'traceback', '')}{error}\n")
        return {"error": error_to_json(error)}
