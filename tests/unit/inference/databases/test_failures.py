# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from penstock.errors import DataError, StorageError

pytest.importorskip("sqlalchemy")

from penstock.inference.databases import connecting
from penstock.inference.databases.connecting import TryAgainError, with_retries
from penstock.inference.databases.failures import database_error, meaning
from penstock.inference.databases.url import database_url

URL = database_url("sqlite:///x.db", ".")


class WithStateError(Exception):
    def __init__(self, state: str) -> None:
        super().__init__("what a driver says")
        self.sqlstate = state


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WithStateError("08006"), "lost"),
        (WithStateError("57P01"), "lost"),
        (WithStateError("40P01"), "busy"),
        (WithStateError("28P01"), "login"),
        (WithStateError("42501"), "denied"),
        (WithStateError("53100"), "full"),
        (WithStateError("22003"), "values"),
        (WithStateError("42P07"), "busy"),
        (WithStateError("42601"), "statement"),
        (WithStateError("42P01"), "statement"),
        (WithStateError("XX000"), "other"),
        (Exception(1205, "Lock wait timeout exceeded"), "busy"),
        (Exception(2013, "Lost connection to server during query"), "lost"),
        (Exception(1045, "Access denied for user"), "login"),
        (Exception(1142, "INSERT command denied to user"), "denied"),
        (
            Exception(2003, "Can't connect to MySQL server on 'x' ([Errno -2] Name or service not known)"),
            "unknown",
        ),
        (Exception(2003, "Can't connect to MySQL server on 'x' ([Errno 111] Connection refused)"), "lost"),
        (Exception(1264, "Out of range value for column"), "values"),
        (Exception(1146, "Table 'x.t' doesn't exist"), "statement"),
        (sqlite3.OperationalError("no such table: t"), "statement"),
        (sqlite3.OperationalError("database is locked"), "busy"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "denied"),
        (sqlite3.OperationalError("database or disk is full"), "full"),
        (sqlite3.OperationalError("unable to open database file"), "file"),
        (sqlite3.IntegrityError("NOT NULL constraint failed: t.x"), "values"),
        (Exception("server closed the connection unexpectedly"), "lost"),
        (Exception("something else"), "other"),
    ],
    ids=str,
)
def test_what_drivers_say_has_a_meaning(error: Exception, expected: str) -> None:
    assert meaning(error) == expected


def test_values_are_a_matter_of_the_data() -> None:
    said = database_error(
        sqlite3.IntegrityError("NOT NULL constraint failed"), "write to table t", URL, "nightly"
    )
    assert isinstance(said, DataError)
    assert str(said).startswith("nightly: cannot write to table t: the database does not take a value")


class Work:
    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)

    def __call__(self) -> str:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return str(outcome)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(connecting.time, "sleep", slept.append)
    return slept


def test_what_is_busy_is_tried_again(waits: list[float]) -> None:
    busy = sqlite3.OperationalError("database is locked")
    work = Work(busy, TryAgainError("another process"), busy, "done")
    assert with_retries(work, action="write", url=URL) == "done"
    assert waits == [0.5, 1.0, 2.0]


def test_what_stays_busy_fails_with_one_error(waits: list[float]) -> None:
    work = Work(*[sqlite3.OperationalError("database is locked")] * 3)
    with pytest.raises(
        StorageError, match=r"cannot write: the database is busy with others \(3 attempts\).*is locked"
    ):
        with_retries(work, action="write", url=URL, attempts=3)
    assert len(waits) == 2


def test_what_no_attempt_can_cure_fails_at_once(waits: list[float]) -> None:
    with pytest.raises(StorageError, match="the disk of the database is full"):
        with_retries(Work(sqlite3.OperationalError("database or disk is full")), action="write", url=URL)
    assert waits == []


def test_errors_that_are_no_databases_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError):
        with_retries(Work(ZeroDivisionError()), action="write", url=URL)
    with pytest.raises(DataError, match="ours"):
        with_retries(Work(DataError("ours")), action="write", url=URL)
