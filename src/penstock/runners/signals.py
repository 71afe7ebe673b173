# SPDX-License-Identifier: Apache-2.0
"""What SIGINT and SIGTERM do to a run."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from penstock.runners.session import Session

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_SECONDS = 1.0

Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """A signal ended the run where it stood.

    Args:
        number: Number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal_number = number


@contextmanager
def ended_by_signals(session: Session) -> Iterator[None]:
    """Has a signal cancel the session, so that workers end, and all that has begun is recorded as cancelled.

    What cannot be cancelled is waited for: a driver that looks through a remote folder, for instance. A second signal,
    later than one that a wrapper may have sent twice, ends the wait with ``Interrupted``.
    """
    first: list[float] = []

    def cancel(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        if not first:
            first.append(time.monotonic())
            # Not here: the thread that is interrupted may hold the locks that this needs.
            threading.Thread(target=session.cancel, args=(number,), daemon=True).start()
        elif time.monotonic() > first[0] + _PATIENCE_SECONDS:
            raise Interrupted(number)

    with _handled_by(cancel):
        yield


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Has a signal raise ``Interrupted`` in what runs in this process and thread."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        raise Interrupted(number)

    with _handled_by(interrupt):
        yield


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises ``Interrupted`` in what runs longer in this process and thread; in the main thread, which alone can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        raise Interrupted(number)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # which alone may set handlers
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
