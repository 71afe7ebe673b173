# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import gc
import threading
import time

import pytest

from penstock.errors import ExecutionError
from penstock.inference.timing import TimeLimit


def test_a_call_gives_its_result_or_its_error() -> None:
    limit = TimeLimit(30, "model 'm'")

    assert limit.call(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        limit.call(lambda: 1 // 0)
    assert limit.call(lambda: 6) == 6


def test_a_call_that_takes_too_long_is_given_up_and_the_next_goes_on() -> None:
    limit = TimeLimit(0.05, "model 'm'")
    end = threading.Event()

    with pytest.raises(TimeoutError, match="model 'm' took longer than 0.05 s"):
        limit.call(lambda: end.wait(30))

    patient = TimeLimit(30, "model 'm'")
    assert patient.call(lambda: "next") == "next"
    end.set()


def test_calls_that_are_all_given_up_end_it() -> None:
    limit = TimeLimit(0.001, "model 'm'")
    end = threading.Event()
    for _ in range(49):
        with pytest.raises(TimeoutError):
            limit.call(lambda: end.wait(30))

    with pytest.raises(ExecutionError, match="50 calls in a row"):
        limit.call(lambda: end.wait(30))
    end.set()


def test_no_thread_is_left() -> None:
    def threads() -> int:
        return sum(thread.name == "penstock-model-call" for thread in threading.enumerate())

    before = threads()
    limit = TimeLimit(30, "model 'm'")
    limit.call(lambda: None)
    assert threads() == before + 1

    del limit
    gc.collect()
    deadline = time.monotonic() + 30
    while threads() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() == before
