# SPDX-License-Identifier: Apache-2.0
"""A worker: a forked child that runs one task and ends."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

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
        _log_to(task.log_file)
        if failure:
            sys.stderr.write(f"a library could not be imported beforehand: {failure}\n")
        send(connection, _outcome(task, connection))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        failed = ExecutionError(f"the worker failed: {type(error).__name__}: {error}")
        send(connection, {"error": error_to_json(failed)})
        os._exit(1)
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
    os.makedirs(os.path.dirname(log_file), exist_ok=True)
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    faulthandler.enable(file=sys.stderr)


def _outcome(task: ExecutorTask, connection: socket.socket) -> dict[str, Any]:
    def report(rows: int | None = None) -> None:
        send(connection, {"progress": {"rows": rows}})

    try:
        spare_graph_libraries()
        with user_code.session(task.project_root):
            return {"result": run_task(task, report)}
    except PenstockError as error:
        if trace := getattr(error, "traceback", ""):
            sys.stderr.write(trace)
        sys.stderr.write(f"{error}\n")
        return {"error": error_to_json(error)}
