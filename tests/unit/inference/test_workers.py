# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from penstock.errors import DataError, ExecutionError
from penstock.inference.workers import fan_out


def _ignore(rows: int) -> None:
    """Takes no notice."""


def _doing(work: Callable[[int], object]) -> Callable[[Iterator[int], Callable[[int], None]], list[object]]:
    def all_of(numbers: Iterator[int], tell: Callable[[int], None]) -> list[object]:
        done = []
        for number in numbers:
            done.append(work(number))
            tell(1)
        return done

    return all_of


def _no_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def test_each_piece_of_work_is_done_once_however_many_there_are() -> None:
    told: list[int] = []

    results = fan_out(3, 20_000, lambda numbers, tell: list(numbers), told.append)

    assert len(results) == 3
    assert sorted(number for result in results for number in result) == list(range(20_000))
    assert _no_children()


def test_rows_are_told_as_they_are_done() -> None:
    told: list[int] = []

    fan_out(2, 50, _doing(lambda number: number), told.append)

    assert sum(told) == 50


def test_the_first_error_ends_the_others() -> None:
    def fail(number: int) -> None:
        if number == 3:
            raise DataError("number 3 is bad", input="three")
        time.sleep(60 if number > 3 else 0)

    with pytest.raises(DataError, match="number 3 is bad") as raised:
        fan_out(2, 10, _doing(fail), _ignore)
    assert raised.value.input == "three"
    assert _no_children()


def test_an_error_that_cannot_travel_is_told_in_words() -> None:
    class LocalError(Exception):
        pass

    def fail(number: int) -> None:
        raise LocalError("from here")

    with pytest.raises(ExecutionError, match="from here"):
        fan_out(2, 2, _doing(fail), _ignore)


def test_a_death_is_told_with_its_signal() -> None:
    def die(number: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL if number == 1 else 0)

    with pytest.raises(ExecutionError, match="killed by SIGKILL"):
        fan_out(2, 4, _doing(die), _ignore)
    assert _no_children()


def test_workers_stay_until_all_are_done() -> None:
    def work(numbers: Iterator[int], tell: Callable[[int], None]) -> tuple[int, list[int]]:
        done = []
        for number in numbers:
            done.append(number)
            time.sleep(0.5 if number == 0 else 0.01)
        return os.getpid(), done

    before = time.monotonic()
    results = fan_out(2, 2, work, _ignore)

    assert len({pid for pid, _ in results}) == 2
    assert time.monotonic() - before >= 0.5
