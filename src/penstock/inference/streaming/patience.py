# SPDX-License-Identifier: Apache-2.0
"""How long a stream bears that something is out of reach: told at once, tried again and again, given up in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from penstock.errors import (
    DependencyError,
    ExecutionError,
    ParameterError,
    PenstockError,
    UsageError,
    UserCodeError,
)
from penstock.inference.streaming.telling import Teller

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_NEVER_MENDED = (DependencyError, ParameterError, UsageError, UserCodeError)


class Patience:
    """Bears failures for a while.

    Args:
        seconds: For how long.
        teller: Is told when it begins and ends.
        pause: Waits for some seconds, or until the stream is to end.
        clock: A clock that only goes forward.
    """

    def __init__(
        self,
        seconds: float,
        teller: Teller,
        pause: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._teller = teller
        self._pause = pause
        self._clock = clock
        self._since: float | None = None
        self._pause_seconds = _FIRST_PAUSE_SECONDS
        self._told = ""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Bears what the block raises, with a pause that grows, and tells when it goes well again.

        Raises:
            PenstockError: It has failed for too long, or in a way that no waiting mends.
        """
        try:
            yield
        except _NEVER_MENDED:
            raise
        except PenstockError as error:
            self._failed(error)
        except Exception as error:  # a library's own: it may be as passing as any other
            what = f"{type(error).__name__}: {error}"
            self._failed(ExecutionError(f"the stream failed unexpectedly: {what}"), error)
        else:
            self._succeeded()

    def _failed(self, error: PenstockError, cause: BaseException | None = None) -> None:
        now = self._clock()
        if self._since is None:
            self._since = now
            self._pause_seconds = _FIRST_PAUSE_SECONDS
        if now - self._since >= self._seconds:
            error.hint = f"{error.hint or 'mend it'}; what came in is taken up by the next start"
            raise error from cause or error.__cause__
        if error.message != self._told:
            self._told = error.message
            left = self._seconds - (now - self._since)
            self._teller.say("waiting", f"{error}; trying again for {left:.0f} s", seconds=round(left, 1))
        self._pause(min(self._pause_seconds, self._seconds - (now - self._since)))
        self._pause_seconds = min(self._pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _succeeded(self) -> None:
        if self._since is not None:
            seconds = self._clock() - self._since
            self._since = None
            self._told = ""
            self._teller.say("back", f"it works again after {seconds:.1f} s", seconds=round(seconds, 1))
