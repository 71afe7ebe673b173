# SPDX-License-Identifier: Apache-2.0
"""Rows through ADBC's drivers; no lock has them, so most of this runs where someone has installed them."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.components.query_based_example_gen.sources import open_source
from penstock.errors import DependencyError, StorageError, UsageError

pytestmark = pytest.mark.integration

INSTALLED = all(
    importlib.util.find_spec(name) is not None for name in ("adbc_driver_postgresql", "adbc_driver_sqlite")
)
needs_drivers = pytest.mark.skipif(not INSTALLED, reason="ADBC's drivers are not installed")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def rows(database: Any, driver: str | None, query: str) -> list[dict[str, Any]]:
    from penstock.components.query_based_example_gen.features import FeatureRows

    features = FeatureRows()
    source = open_source(database.url, driver, str(database.folder))
    return [
        row
        for _, batch in source.batches([SplitQuery("all", query)])
        for row in features.of(batch).to_pylist()
    ]


@pytest.mark.skipif(INSTALLED, reason="the drivers are installed")
def test_without_the_driver_its_package_is_named(sqlite: Any) -> None:
    with pytest.raises(DependencyError, match="pip install adbc-driver-sqlite"):
        rows(sqlite, "adbc", "SELECT 1 AS a")


@needs_drivers
def test_rows_are_those_of_sqlalchemy(either: Any) -> None:
    either.run("CREATE TABLE t (id INT, x DOUBLE PRECISION, name TEXT)")
    for start in range(0, 5000, 1000):
        values = (
            f"({i}, {i / 8}, {'NULL' if i % 3 == 0 else repr(str(i))})" for i in range(start, start + 1000)
        )
        either.run(f"INSERT INTO t VALUES {', '.join(values)}")
    query = "SELECT * FROM t ORDER BY id;"
    assert rows(either, "adbc", query) == rows(either, None, query)


@needs_drivers
def test_types_of_postgresql_are_those_of_sqlalchemy(postgresql: Any) -> None:
    query = (
        "SELECT 1::smallint AS small, 1.5::real AS single, 2.25::numeric(10,2) AS exact, true AS truth, "
        "'\\xff00'::bytea AS bytes, DATE '1970-01-11' AS day, TIMESTAMP '1970-01-01 00:00:01.5' AS naive, "
        "TIMESTAMPTZ '1970-01-01 01:00:00+01' AS zoned, TIME '00:00:02' AS clock, ARRAY[1, 2] AS numbers, "
        "NULL::numeric AS nothing, '[1]'::jsonb AS json"
    )
    assert rows(postgresql, "adbc", query) == rows(postgresql, None, query)


@needs_drivers
def test_errors_are_said_alike(either: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    either.run("CREATE TABLE t (id INT)")
    with pytest.raises(UsageError, match="statement is wrong.*nowhere"):
        rows(either, "adbc", "SELECT * FROM nowhere")
    if either.kind == "postgresql":
        monkeypatch.setenv("DB_PASSWORD", "wrong")
        with pytest.raises(StorageError, match="refused user or password"):
            rows(either, "adbc", "SELECT 1 AS a")
