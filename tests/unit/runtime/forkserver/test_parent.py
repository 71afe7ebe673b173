# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import json
import os
import socket
import threading

import pytest

from penstock.runtime.forkserver import parent
from penstock.runtime.forkserver.messages import error_from_json
from penstock.runtime.forkserver.worker import _Voice


def test_a_refused_fork_is_told_to_the_client_and_ends_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    ours, theirs = socket.socketpair()
    with ours:
        assert parent._fork_for({"task_file": "t"}, theirs) is None
        said = ours.recv(1 << 16)
        assert ours.recv(1) == b""
    error = error_from_json(json.loads(said)["error"])
    assert "no process can be started for its executor" in str(error)
    assert "temporarily unavailable" in str(error)


def test_a_refused_fork_of_a_parent_closes_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    ours, theirs = socket.socketpair()
    with ours:
        assert parent._fork_for({"warm": "t"}, theirs) is None
        assert ours.recv(1) == b""


def test_a_request_brings_its_connection_which_no_other_program_inherits() -> None:
    client, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours, theirs = socket.socketpair()
    with client, control, ours:
        socket.send_fds(client, [json.dumps({"task_file": "t"}).encode()], [theirs.fileno()])
        theirs.close()
        request = parent._receive(control)
        assert request is not None
        document, connection = request
        assert connection is not None
        with connection:
            assert document == {"task_file": "t"}
            assert not os.get_inheritable(connection.fileno())
            connection.sendall(b"hello")
            assert ours.recv(5) == b"hello"
        client.close()
        assert parent._receive(control) is None


def test_threads_of_an_executor_may_report_at_once() -> None:
    ours, theirs = socket.socketpair()
    voice = _Voice(theirs)
    each = 200
    threads = [threading.Thread(target=lambda: [voice.report(row) for row in range(each)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    with ours.makefile("rb") as lines:
        told = [json.loads(next(lines)) for _ in range(4 * each)]
    for thread in threads:
        thread.join()
    ours.close()
    theirs.close()
    assert sorted(document["progress"]["rows"] for document in told) == sorted(4 * list(range(each)))
