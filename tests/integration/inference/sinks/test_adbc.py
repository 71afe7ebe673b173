# SPDX-License-Identifier: Apache-2.0
"""Rows through ADBC's drivers; no lock has them, so these run where someone has installed them."""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import pyarrow as pa
import pytest
from result_files import every_type

from penstock.errors import DataError, DependencyError, ParameterError, StorageError
from penstock.inference.databases.lookup import Database
from penstock.inference.sinks import check
from penstock.inference.spec import SinkSpec

ADBC = {"driver": "adbc"}
MANY = 100_000
INSTALLED = all(
    importlib.util.find_spec(name) is not None for name in ("adbc_driver_postgresql", "adbc_driver_sqlite")
)
needs_drivers = pytest.mark.skipif(
    not INSTALLED, reason="adbc-driver-postgresql and adbc-driver-sqlite are not installed"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def scores(*rows: tuple[str, float]) -> pa.Table:
    return pa.table({"id": [name for name, _ in rows], "score": [score for _, score in rows]})


@pytest.mark.skipif(INSTALLED, reason="the drivers are installed")
def test_without_the_driver_its_package_is_named(sqlite: Any) -> None:
    with pytest.raises(DependencyError, match="pip install adbc-driver-sqlite"):
        check(SinkSpec(url=sqlite.url, table="t", options=ADBC), None, str(sqlite.folder))


def test_databases_without_a_driver_are_refused(sqlite: Any) -> None:
    with pytest.raises(ParameterError, match="cannot be 'adbc' for mysql.*postgresql or sqlite"):
        check(SinkSpec(url="mysql+pymysql://h/d", table="t", options=ADBC), None, str(sqlite.folder))


@needs_drivers
def test_every_type_is_as_without_it(database: Any) -> None:
    database.deliver(every_type(), name="plain", key=("key",))
    database.deliver(every_type(), name="fast", key=("key",), options=ADBC)
    reader = Database(database.url, str(database.folder))
    keys = every_type()["key"].to_pylist()
    plain, fast = (
        sorted(reader.fetch(name, "key", keys).to_pylist(), key=lambda row: str(row["key"]))
        for name in ("plain", "fast")
    )
    reader.close()
    assert fast == plain


@needs_drivers
def test_upserts_and_counts(database: Any) -> None:
    database.deliver(scores(("a", 1.0), ("b", 2.0)), key=("id",), options=ADBC)
    report = database.deliver(scores(("b", 3.0), ("b", 4.0), ("c", 5.0)), key=("id",), options=ADBC)
    assert (report.rows, report.duplicates, report.replaced) == (3, 1, 1)
    assert database.rows("SELECT id, score FROM scores ORDER BY id") == [("a", 1.0), ("b", 4.0), ("c", 5.0)]


@needs_drivers
def test_rows_without_a_key_are_added_once(database: Any) -> None:
    reports = [
        database.deliver(scores(("a", 1.0)), run_token=token, options=ADBC) for token in ("1", "1", "2")
    ]
    assert [report.repeated for report in reports] == [False, True, False]
    assert database.rows("SELECT COUNT(*) FROM scores") == [(2,)]


@needs_drivers
def test_a_failure_leaves_nothing(database: Any) -> None:
    database.run(
        "CREATE TABLE scores (id VARCHAR(50) PRIMARY KEY, score DOUBLE PRECISION, CHECK (score < 100))"
    )
    with pytest.raises((DataError, StorageError), match="cannot write to table scores"):
        database.deliver(scores(("a", 1.0), ("b", 1000.0)), key=("id",), options=ADBC)
    assert database.rows("SELECT * FROM scores") == []


@needs_drivers
def test_a_hundred_thousand_rows(database: Any) -> None:
    table = pa.table({
        "id": [f"key-{row}" for row in range(MANY)],
        "score": [row / 8 for row in range(MANY)],
        "p": pa.array([[0.25, 0.75]] * MANY, pa.list_(pa.float32())),
    })  # fmt: skip
    for name, options in (("plain", {}), ("fast", ADBC)):
        started = time.monotonic()
        database.deliver(table, name=name, key=("id",), options=options)
        print(f"{name}: {MANY / (time.monotonic() - started):,.0f} rows/s")  # noqa: T201  read with -s
        assert database.rows(f"SELECT COUNT(*), SUM(score) FROM {name}") == [(MANY, MANY * (MANY - 1) / 16)]
