# SPDX-License-Identifier: Apache-2.0
"""Several processes of this machine at one job, forked from this one: what is imported here is imported there."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from penstock.errors import ExecutionError

_INDEX = struct.Struct("<I")
_GRACE_SECONDS = 5.0

Work = Callable[[Iterator[int], Callable[[int], None]], Any]
"""What a worker does: given the numbers of its pieces of work, as it asks for them, and whom to tell of rows."""


@dataclass(slots=True)
class _Worker:
    pid: int
    answers: Connection
    stays: int
    result: Any = None
    is_done: bool = field(default=False)


def fan_out(count: int, units: int, work: Work, on_rows: Callable[[int], None]) -> list[Any]:
    """Has forked processes do pieces of work, each taking the next one when it is ready for it.

    A worker stays until all are done, since others may use what it holds (a model that it serves to them).

    Args:
        count: Number of processes.
        units: Number of pieces of work.
        work: What each process does; its result is pickled.
        on_rows: Told how many rows a worker has done since it last told.

    Returns:
        The results.

    Raises:
        Exception: The first one that was raised in a worker.
        ExecutionError: A worker died.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    queue_out, queue_in = os.pipe()
    workers: list[_Worker] = []
    try:
        for _ in range(count):
            workers.append(_start(work, queue_out, queue_in, workers))
        os.close(queue_out)
        threading.Thread(target=_feed, args=(queue_in, units), daemon=True).start()
        _collect(workers, on_rows)
        return [worker.result for worker in workers]
    finally:
        _end(workers)


def _start(work: Work, queue_out: int, queue_in: int, others: list[_Worker]) -> _Worker:
    receiver, sender = Pipe(duplex=False)
    stay_out, stay_in = os.pipe()
    pid = os.fork()
    if pid:
        sender.close()
        os.close(stay_out)
        return _Worker(pid, receiver, stay_in)
    # From here on in the child, which never returns.
    code = 1
    try:
        os.close(queue_in)
        os.close(stay_in)
        receiver.close()
        for other in others:
            other.answers.close()
            os.close(other.stays)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        code = _serve(work, queue_out, sender, stay_out)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _serve(work: Work, queue: int, sender: Connection, stay: int) -> int:
    all_done = threading.Event()
    threading.Thread(target=_await_end, args=(stay, all_done), daemon=True).start()
    try:
        result = work(_numbers(queue), lambda rows: sender.send(("rows", rows)))
    except BaseException as error:  # the parent raises it
        sender.send_bytes(_pickled(error))
        return 0
    sender.send(("done", result))
    all_done.wait()
    return 0


def _await_end(stay: int, all_done: threading.Event) -> None:
    """Waits until the parent lets its end go: because all are done, or because it is no more."""
    told = os.read(stay, 1)
    if not told:
        os._exit(1)
    all_done.set()


def _pickled(error: BaseException) -> bytes:
    try:
        data = pickle.dumps(("error", error))
        pickle.loads(data)
    except Exception:  # an error that cannot travel is told in words
        return pickle.dumps(("error", ExecutionError(f"a worker failed: {error}", got=type(error).__name__)))
    return data


def _numbers(queue: int) -> Iterator[int]:
    while data := os.read(queue, _INDEX.size):
        yield _INDEX.unpack(data)[0]


def _feed(queue: int, units: int) -> None:
    # A pipe takes numbers whole and gives them out whole, so that it is a queue for any number of readers.
    with contextlib.suppress(BrokenPipeError):
        for number in range(units):
            os.write(queue, _INDEX.pack(number))
    os.close(queue)


def _collect(workers: list[_Worker], on_rows: Callable[[int], None]) -> None:
    waiting = {worker.answers: worker for worker in workers}
    while waiting:
        for ready in wait(list(waiting)):
            worker = waiting[ready]  # type: ignore[index]  # only connections are waited for
            try:
                kind, value = worker.answers.recv()
            except EOFError:
                raise _death(worker) from None
            if kind == "error":
                raise value
            if kind == "rows":
                on_rows(value)
            else:
                worker.result, worker.is_done = value, True
                del waiting[worker.answers]


def _death(worker: _Worker) -> ExecutionError:
    _, status = os.waitpid(worker.pid, 0)
    worker.pid = 0
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return ExecutionError(
            f"a worker process was killed by {name}",
            expected="a result",
            hint="often there is not enough memory: give the model less at a time (batch_rows), or use fewer workers"
            if name == "SIGKILL"
            else "look for a crash in a native library; run with --direct_num_workers=1 to see it alone",
        )
    return ExecutionError(
        f"a worker process ended with exit code {os.WEXITSTATUS(status)}", expected="a result"
    )


def _end(workers: list[_Worker]) -> None:
    """Lets workers go that are done, and ends the others."""
    succeeded = all(worker.is_done for worker in workers)
    for worker in workers:
        if succeeded:
            with contextlib.suppress(BrokenPipeError):
                os.write(worker.stays, b"x")
        elif worker.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    for worker in workers:
        if worker.pid:
            _reap(worker.pid, deadline)
        os.close(worker.stays)
        worker.answers.close()


def _reap(pid: int, deadline: float) -> None:
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
