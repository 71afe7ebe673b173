# SPDX-License-Identifier: Apache-2.0
"""A parent process: imports its stage's modules, forks the next parent, then forks a worker per task.

Run as ``python -m penstock.runtime.forkserver.parent '<JSON>'`` by the client. It stays single-threaded, so that
forking is safe, and never imports the user's code. Where more than one task needs the code of a component, a parent of
its own is forked that has imported it: its workers start with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from penstock.errors import ExecutionError
from penstock.runtime.forkserver.lifeline import die_with_parent, outlive_parent
from penstock.runtime.forkserver.messages import MAX_REQUEST_BYTES, error_to_json, send
from penstock.runtime.forkserver.warmed import warm
from penstock.runtime.forkserver.worker import Inherited, read_task, run_worker
from penstock.runtime.task import know_tasks

_WATCH_MILLISECONDS = 1000


def main(argument: str) -> None:
    """Serves the first stage; ``argument`` holds the stages' modules and control sockets as JSON."""
    settings = json.loads(argument)
    del sys.argv[1:]
    sys.path[:] = settings["path"]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    controls = [socket.socket(fileno=fd) for fd in settings["controls"]]
    know_tasks()
    stages = [tuple(stage) for stage in settings["stages"]]
    # The client may have started this process from a thread that ends before it does: see ``die_with_parent``.
    _serve_from(0, settings["client_pid"], stages, controls)


def _serve_from(
    index: int, parent_pid: int, stages: list[tuple[str, ...]], controls: list[socket.socket]
) -> None:
    own = controls[index]
    failure = _import_all(stages[index])
    gc.collect()
    gc.freeze()
    children: dict[int, socket.socket | None] = {}
    if index + 1 < len(stages):
        this = os.getpid()
        pid = os.fork()
        if pid == 0:
            die_with_parent(this)
            own.close()
            _serve_from(index + 1, this, stages, controls)
            os._exit(0)
        children[pid] = None
        for other in controls[index + 1 :]:
            other.close()
    _serve(own, parent_pid, children, Inherited(failure))


def _import_all(modules: tuple[str, ...]) -> str | None:
    """Imports the stage's modules; a failure is kept for the workers, which will meet it again and explain it."""
    for name in modules:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:
            return f"{name}: {error}"
    return None


def _serve(
    control: socket.socket,
    parent_pid: int,
    children: dict[int, socket.socket | None],
    inherited: Inherited,
) -> None:
    outlive_parent()  # to end what the workers have started, which the kernel would not
    wake_read, wake_write = socket.socketpair()
    wake_write.setblocking(False)
    signal.set_wakeup_fd(wake_write.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poller = select.poll()
    for watched in (control, wake_read):
        poller.register(watched, select.POLLIN)
    while True:
        _reap(children)
        ready = {descriptor for descriptor, _ in poller.poll(_WATCH_MILLISECONDS)}
        if os.getppid() != parent_pid:
            _end(children)
        if wake_read.fileno() in ready:
            wake_read.recv(4096)
        if control.fileno() in ready:
            request = _receive(control)
            if request is None:
                _end(children)
            document, connection = request
            if connection is None:
                continue
            this = os.getpid()
            pid = _fork_for(document, connection)
            if pid == 0:
                signal.set_wakeup_fd(-1)
                _close(control, wake_read, wake_write, *children.values())
                if "warm" in document:
                    _serve_warmed(this, document["warm"], connection, inherited)
                run_worker(this, document["task_file"], connection, inherited)
            if pid is not None:
                children[pid] = _kept(document, connection)


def _close(*sockets: socket.socket | None) -> None:
    for one in sockets:
        if one is not None:
            one.close()


def _kept(document: Mapping[str, Any], connection: socket.socket) -> socket.socket | None:
    """Returns the connection over which the end of a worker is told; a parent's end is told to no one."""
    if "task_file" in document:
        return connection
    connection.close()
    return None


def _serve_warmed(parent_pid: int, task_file: str, control: socket.socket, inherited: Inherited) -> NoReturn:
    """Serves as a parent that has a component's code; ends at once where that makes forking unsafe.

    The client sees its tasks come back untouched then, and takes them to the parent that this one was forked from.
    """
    die_with_parent(parent_pid)
    warmed = warm(read_task(task_file))
    if not warmed.forkable:
        os._exit(0)
    gc.collect()
    gc.freeze()
    _serve(control, parent_pid, {}, replace(inherited, said=warmed.said))
    os._exit(0)


def _end(children: dict[int, socket.socket | None]) -> NoReturn:
    """Ends this process, its workers and what these have started; the next parent sees the same and does so too."""
    for pid, connection in children.items():
        if connection is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
    os._exit(0)


def _receive(control: socket.socket) -> tuple[dict[str, Any], socket.socket | None] | None:
    """Returns a request and the socket that came with it, ``None`` where the client has ended.

    It names the file of a task: under ``task_file`` it asks for a worker, which talks over the socket, under ``warm``
    for a parent with that task's code, which listens to it.
    """
    data, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST_BYTES, 1)
    if not data:
        return None
    document: dict[str, Any] = json.loads(data)
    if not descriptors:  # this process may open no more files; the client sees its connection closed
        return document, None
    os.set_inheritable(descriptors[0], False)
    return document, socket.socket(fileno=descriptors[0])


def _fork_for(document: Mapping[str, Any], connection: socket.socket) -> int | None:
    """Forks; where the system refuses, that is the failure of one task."""
    try:
        return os.fork()
    except OSError as error:
        refused = ExecutionError(
            "no process can be started for its executor", got=str(error), hint="use a smaller --max-workers"
        )
        if "task_file" in document:
            with contextlib.suppress(OSError):
                send(connection, {"error": error_to_json(refused)})
        connection.close()
        return None


def _reap(children: dict[int, socket.socket | None]) -> None:
    """Ends what finished workers have started and left, and tells the client how each worker ended."""
    while children:
        try:
            # Looked at, but not yet taken away: as long as it lies there, its number is no one else's.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        connection = children.pop(ended.si_pid, None)
        if connection is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(ended.si_pid, signal.SIGKILL)
        _, status, usage = os.wait4(ended.si_pid, 0)
        if connection is not None:
            with contextlib.suppress(OSError):
                send(connection, {"exit": os.waitstatus_to_exitcode(status), "max_rss_kib": usage.ru_maxrss})
            connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
