# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import decimal
import pickle
import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest

from penstock.errors import DataError, UsageError

pytest.importorskip("sqlalchemy")

from penstock.inference.databases.lookup import KEYS_PER_QUERY, Database

ROWS = 2 * KEYS_PER_QUERY + 1


@pytest.fixture
def database(tmp_path: Path) -> Database:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, weight DOUBLE, price NUMERIC(10, 2), "
            "made DATE, seen TIMESTAMP, extra JSON, ok BOOLEAN, raw BLOB, free)"
        )
        row = ("one", 0.5, 1.25, "2024-01-31", "2024-01-31 12:00:00.000000", '{"a": [1]}', 1, b"\xff", 3)
        connection.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [(i, *row) for i in range(ROWS)]
        )
        connection.execute("INSERT INTO items (id) VALUES (-1)")
        connection.execute("CREATE VIEW names AS SELECT id, name FROM items")
        connection.execute("CREATE TABLE many (id INTEGER, tag TEXT)")
        connection.executemany("INSERT INTO many VALUES (?, ?)", [(1, "a"), (1, "b"), (2, "c")])
    return Database("sqlite:///x.db", str(tmp_path))


def test_values_have_arrows_types(database: Database) -> None:
    found = database.fetch("items", "id", pa.array([5, None, 5, -1, 10**12]))
    by_id = {row["id"]: row for row in found.to_pylist()}
    assert sorted(by_id) == [-1, 5]
    assert by_id[5] == {
        "id": 5, "name": "one", "weight": 0.5, "price": decimal.Decimal("1.25"), "made": datetime.date(2024, 1, 31),
        "seen": datetime.datetime.fromisoformat("2024-01-31 12:00:00"), "extra": '{"a": [1]}', "ok": True,
        "raw": b"\xff", "free": 3,
    }  # fmt: skip
    assert set(by_id[-1].values()) == {-1, None}
    assert found.schema.field("id").type == pa.int64()


def test_many_keys_are_asked_for_in_parts(database: Database) -> None:
    found = database.fetch("items", "id", pa.array(range(ROWS)), ["name"])
    assert found.column_names == ["id", "name"]
    assert sorted(found["id"].to_pylist()) == list(range(ROWS))


def test_no_keys_give_no_rows(database: Database) -> None:
    for keys in (pa.array([], pa.int64()), pa.array([None, None]), []):
        found = database.fetch("items", "id", keys, ["weight"])
        assert (found.num_rows, found.schema.field("weight").type) == (0, pa.float64())


def test_a_key_in_several_rows_comes_as_often(database: Database) -> None:
    assert sorted(database.fetch("many", "id", [1, 2])["tag"].to_pylist()) == ["a", "b", "c"]


def test_views_are_read(database: Database) -> None:
    assert database.fetch("names", "id", [3]).to_pylist() == [{"id": 3, "name": "one"}]
    assert database.schema("names").names == ["id", "name"]


def test_it_travels_to_other_processes(database: Database) -> None:
    database.fetch("items", "id", [1])
    copy = pickle.loads(pickle.dumps(database))
    assert copy.fetch("items", "id", [1]).num_rows == 1
    copy.close()
    assert copy.fetch("items", "id", [1]).num_rows == 1


def test_what_is_not_there(database: Database) -> None:
    with pytest.raises(UsageError, match="no table 'item'.*did you mean 'items'"):
        database.fetch("item", "id", [1])
    with pytest.raises(UsageError, match="no column 'ids'.*did you mean 'id'"):
        database.fetch("items", "ids", [1])
    with pytest.raises(UsageError, match="no column 'nam'.*did you mean 'name'"):
        database.fetch("items", "id", [1], ["nam"])


def test_keys_of_another_type(database: Database) -> None:
    with pytest.raises(DataError, match="keys of type string.*expected: INTEGER"):
        database.fetch("items", "id", ["1"])
    assert database.fetch("items", "id", pa.array([1.0, 2.0])).num_rows == 2
