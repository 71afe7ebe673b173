# SPDX-License-Identifier: Apache-2.0
"""Calls that may take only so long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from penstock.errors import ExecutionError

T = TypeVar("T")

_GIVEN_UP_IN_A_ROW = 50


class TimeLimit:
    """Makes calls in a thread, and gives up those that take too long.

    A call cannot be stopped: the thread of one that was given up goes on, and the next call gets another thread.

    Args:
        seconds: What a call may take.
        what: What is called, for errors.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._given_up = 0
        self._thread: _CallThread | None = None

    def call(self, function: Callable[[], T]) -> T:
        """Calls a function.

        Raises:
            TimeoutError: It takes too long.
            ExecutionError: So did many calls before it, without one in between that did not.
        """
        if self._thread is None:
            self._thread = _CallThread()
        try:
            result: T = self._thread.call(function, self._seconds)
        except TimeoutError:
            self._thread = None
            self._given_up += 1
            if self._given_up >= _GIVEN_UP_IN_A_ROW:
                raise ExecutionError(
                    f"{self._what} does not answer: {self._given_up} calls in a row took longer than allowed",
                    expected=f"an answer within {self._seconds:g} s",
                    hint="raise timeout_seconds, or look at the model or its endpoint",
                ) from None
            raise TimeoutError(f"{self._what} took longer than {self._seconds:g} s") from None
        self._given_up = 0
        return result

    def __del__(self) -> None:
        if self._thread is not None:
            self._thread.end()


class _CallThread:
    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="penstock-model-call", daemon=True).start()

    def call(self, function: Callable[[], Any], seconds: float) -> Any:
        self._calls.put(function)
        try:
            result, error = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.end()
            raise TimeoutError from None
        if error is not None:
            raise error
        return result

    def end(self) -> None:
        self._calls.put(None)

    def _work(self) -> None:
        while (function := self._calls.get()) is not None:
            try:
                self._answers.put((function(), None))
            except BaseException as error:  # handed to the caller, whatever it is
                self._answers.put((None, error))
