# SPDX-License-Identifier: Apache-2.0
"""What the client makes of the bytes that come from a worker."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.errors import ExecutionError
from penstock.runtime.forkserver import client
from penstock.runtime.forkserver.client import _death, _documents, _Ending, _Running
from penstock.runtime.task import ExecutorTask


@pytest.fixture
def ends() -> Iterator[tuple[_Running, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield _Running(ours), theirs


def send_in_pieces(connection: socket.socket, pieces: list[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)
    connection.close()


@pytest.mark.parametrize(
    "pieces",
    [
        [b'{"a": 1}\n{"b": 2}\n'],
        [b'{"a"', b": 1", b"}", b'\n{"b": 2}\n'],
        [bytes([byte]) for byte in b'{"a": 1}\n{"b": 2}\n'],
        [b'{"a": 1}\n{"b"', b": 2}\n", b'{"never": "ended"'],
    ],
)
def test_documents_are_lines_however_they_are_cut(
    ends: tuple[_Running, socket.socket], pieces: list[bytes]
) -> None:
    running, theirs = ends
    send_in_pieces(theirs, pieces)
    assert list(_documents(running, None)) == [{"a": 1}, {"b": 2}]


def test_a_large_document_comes_whole(ends: tuple[_Running, socket.socket]) -> None:
    running, theirs = ends
    size = 32 << 20
    sender = threading.Thread(
        target=send_in_pieces, args=(theirs, [b'{"result": "', b"x" * size, b'"}\n', b'{"exit": 0}\n'])
    )
    sender.start()
    large, exited = _documents(running, None)
    sender.join()
    assert large is not None
    assert len(large["result"]) == size
    assert exited == {"exit": 0}


def test_time_is_up_once_and_counts_from_the_first_word(ends: tuple[_Running, socket.socket]) -> None:
    running, theirs = ends
    said = _documents(running, 0.01)
    theirs.sendall(b'{"pid": 1}\n')
    assert next(said) == {"pid": 1}
    assert next(said) is None
    theirs.sendall(b'{"exit": -9}\n')
    assert next(said) == {"exit": -9}
    theirs.close()
    assert list(said) == []


@pytest.mark.parametrize("seconds", [math.inf, 1e300])
def test_a_time_out_may_be_longer_than_a_socket_can_wait(
    ends: tuple[_Running, socket.socket], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(client, "_LONGEST_WAIT_SECONDS", 0.01)
    running, theirs = ends
    said = _documents(running, seconds)
    theirs.sendall(b'{"pid": 1}\n')
    assert next(said) == {"pid": 1}
    threading.Timer(0.05, send_in_pieces, (theirs, [b'{"exit": 0}\n'])).start()
    assert list(said) == [{"exit": 0}]


def task() -> ExecutorTask:
    fields: dict[str, Any] = dict.fromkeys(
        ("component", "pipeline", "run_id", "node_id", "project_root", "temp_dir", "log_file"), "n"
    )
    return ExecutorTask(execution_id=1, inputs={}, outputs={}, parameters={}, **fields)


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (_Ending(exit_code=-9, max_rss_kib=2048), "ended by SIGKILL; .*memory ran out; got: .* 2 MiB"),
        (_Ending(exit_code=-35), "ended by signal 35"),
        (_Ending(exit_code=3), "ended by itself with exit code 3"),
        (_Ending(), "the process that workers are forked from has ended"),
    ],
)
def test_a_death_says_what_is_known_of_it(
    ends: tuple[_Running, socket.socket], ending: _Ending, message: str
) -> None:
    with pytest.raises(ExecutionError, match=message):
        raise _death(task(), ends[0], ending)
