# SPDX-License-Identifier: Apache-2.0
"""Exit handlers: nodes that run at the end of a run, however that ended, and may know how."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from penstock.runners.schedule import Results
from penstock.runners.session import Session
from penstock.runners.signals import time_limit
from penstock.runtime.host import InProcessHost

SECONDS_AFTER_A_CANCEL = 60.0
"""How long the exit handlers of a run that was cancelled may take, all together."""


def with_exit_handlers(session: Session, work: Callable[[], Results]) -> Results:
    """Does the work of a run, then runs its exit handlers, also where the work raises; returns all results."""
    handlers = [node.id for node in session.run.ir.nodes if node.trigger == "at_exit"]
    if not handlers:
        session.results.update(work())
        return session.results
    try:
        session.results.update(work())
    except BaseException as error:
        # What ended the run counts; a second error is not told.
        session.broken_by = error
        with suppress(Exception), _host(session):
            _run(session, handlers)
        raise
    with _host(session):
        _run(session, handlers)
    return session.results


def _run(session: Session, handlers: list[str]) -> None:
    for node_id in handlers:
        session.launch(node_id)


@contextmanager
def _host(session: Session) -> Iterator[None]:
    """Has handlers run where the nodes did; after a cancel on another host, for a limited time."""
    if not session.cancelled and session.broken_by is None:
        yield
        return
    with session.another_host() as host:
        if isinstance(host, InProcessHost):
            with time_limit(SECONDS_AFTER_A_CANCEL):
                yield
            return
        timer = threading.Timer(SECONDS_AFTER_A_CANCEL, host.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
