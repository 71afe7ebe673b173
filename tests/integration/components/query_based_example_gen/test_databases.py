# SPDX-License-Identifier: Apache-2.0
"""Rows of real databases as examples."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.components.query_based_example_gen.sources import open_source
from penstock.errors import DataError, PenstockError, StorageError, UsageError
from penstock.examples.reader import ExamplesReader
from penstock.messages.example_gen import Input, Output, SplitConfig
from penstock.messages.range_config import RangeConfig, StaticRange

pytestmark = [
    pytest.mark.integration,
    # pymysql's cursors want to read on when they are collected, also from a server that has gone away.
    pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"),
]

ONE_SPLIT = Output(split_config=SplitConfig(splits=[SplitConfig.Split(name="all", hash_buckets=1)]))


def rows_of(ran: Any, *splits: str) -> list[dict[str, Any]]:
    readers = (ExamplesReader(f"{ran.uri('examples')}/Split-{split}") for split in splits)
    return [row for reader in readers for batch in reader.batches() for row in batch.to_pylist()]


def filled(database: Any, rows: int = 300) -> None:
    database.run("CREATE TABLE trips (id INT, fare DOUBLE PRECISION, company VARCHAR(20), day INT)")
    values = (
        f"({i}, {i / 4}, {'NULL' if i % 5 == 0 else repr(f'company {i % 3}')}, {i % 3})" for i in range(rows)
    )
    database.run(f"INSERT INTO trips VALUES {', '.join(values)}")


def test_rows_become_examples_with_their_kinds(database: Any) -> None:
    filled(database)
    ran = database.ingest(query="SELECT * FROM trips ORDER BY id")
    found = sorted(rows_of(ran, "train", "eval"), key=lambda row: row["id"])
    assert found == [
        {
            "id": i,
            "fare": i / 4,
            "company": None if i % 5 == 0 else f"company {i % 3}",
            "day": i % 3,
        }
        for i in range(300)
    ]
    features = ExamplesReader(f"{ran.uri('examples')}/Split-train").features
    assert {f.name: (f.kind, f.is_text) for f in features} == {
        "id": ("int", False),
        "fare": ("float", False),
        "company": ("bytes", True),
        "day": ("int", False),
    }
    assert 150 < ran.result.splits["train"].rows < 250
    assert ran.record.rows == 300


def test_several_queries_are_several_splits(database: Any) -> None:
    filled(database)
    splits = [
        Input.Split(name=name, pattern=f"SELECT id FROM trips WHERE day = {day}")
        for day, name in enumerate(("train", "eval", "test"))
    ]
    ran = database.ingest(input_config=Input(splits=splits))
    assert {name: split.rows for name, split in ran.result.splits.items()} == {
        "train": 100,
        "eval": 100,
        "test": 100,
    }
    assert {row["id"] % 3 for row in rows_of(ran, "test")} == {2}


def test_a_percent_sign_a_colon_and_a_semicolon_are_what_they_are(database: Any) -> None:
    filled(database)
    ran = database.ingest(
        query="SELECT id, ':id' AS colon, '%(x)s' AS format FROM trips WHERE company LIKE '%1';\n",
        output_config=ONE_SPLIT,
    )
    found = rows_of(ran, "all")
    assert {row["id"] % 3 for row in found} == {1}
    assert {(row["colon"], row["format"]) for row in found} == {(":id", "%(x)s")}


def test_the_span_stands_in_the_query(database: Any) -> None:
    filled(database)
    span = RangeConfig(static_range=StaticRange(start_span_number=2, end_span_number=2))
    ran = database.ingest(
        query="SELECT id FROM trips WHERE day = {SPAN} AND id < @span_begin_timestamp / 1000",
        range_config=span,
        output_config=ONE_SPLIT,
    )
    assert [row["id"] for row in rows_of(ran, "all")] == list(range(2, 173, 3))
    (artifact,) = ran.outputs["examples"]
    assert artifact.get_int_custom_property("span") == 2
    assert artifact.properties["span"] == 2


_TYPES = {
    "postgresql": (
        "SELECT 1::smallint AS small, 7000000000 AS large, 1.5::real AS single, 2.25::numeric(10,2) AS exact, "
        "true AS truth, 'Ärger' AS text, '\\xff00'::bytea AS bytes, DATE '1970-01-11' AS day, "
        "TIMESTAMP '1970-01-01 00:00:01.5' AS naive, TIMESTAMPTZ '1970-01-01 01:00:00+01' AS zoned, "
        "TIME '00:00:02' AS clock, INTERVAL '3 seconds' AS span_of_time, "
        "'00000000-0000-0000-0000-000000000001'::uuid AS id, ARRAY[1, 2] AS numbers, "
        "'[1, {\"a\": 2}]'::jsonb AS json, NULL::int AS nothing"
    ),
    "mariadb": (
        "SELECT CAST(1 AS INT) AS small, 7000000000 AS large, CAST(1.5 AS FLOAT) AS single, "
        "CAST(2.25 AS DECIMAL(10,2)) AS exact, TRUE AS truth, 'Ärger' AS text, x'ff00' AS bytes, "
        "CAST('1970-01-11' AS DATE) AS day, CAST('1970-01-01 00:00:01.5' AS DATETIME(6)) AS naive, "
        "CAST('00:00:02' AS TIME) AS clock, NULL AS nothing"
    ),
}
_KINDS = {
    "small": 1,
    "large": 7_000_000_000,
    "single": 1.5,
    "exact": 2.25,
    "truth": 1,
    "text": "Ärger",
    "bytes": b"\xff\x00",
    "day": 10,
    "naive": 1_500_000,
    "zoned": 0,
    "clock": 2_000_000,
    "span_of_time": 3_000_000,
    "id": "00000000-0000-0000-0000-000000000001",
    "numbers": [1, 2],
    "json": '[1, {"a": 2}]',
    "nothing": None,
}


def test_every_type_is_a_feature(server: Any) -> None:
    ran = server.ingest(query=_TYPES[server.kind], output_config=ONE_SPLIT)
    (row,) = rows_of(ran, "all")
    assert row == {name: _KINDS[name] for name in row}
    assert {*row} >= {"small", "exact", "truth", "day", "naive", "clock", "nothing"}


def test_a_column_of_sqlite_that_turns_into_floats_is_read_again(sqlite: Any) -> None:
    sqlite.run(
        "CREATE TABLE t (n)",
        "WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r LIMIT 5000)"
        " INSERT INTO t SELECT CASE WHEN i < 4000 THEN i ELSE i + 0.5 END FROM r",
    )
    found = [
        row["n"] for row in rows_of(sqlite.ingest(query="SELECT n FROM t", output_config=ONE_SPLIT), "all")
    ]
    assert found == [float(i) if i < 4000 else i + 0.5 for i in range(5000)]


def test_a_column_of_sqlite_that_turns_into_text_is_refused(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE t (n)", "INSERT INTO t VALUES (1), ('two')")
    with pytest.raises(DataError, match="'n' has values that have no type in common.*CAST"):
        sqlite.ingest(query="SELECT n FROM t")


def test_columns_need_names_of_their_own(sqlite: Any) -> None:
    sqlite.run("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    with pytest.raises(DataError, match="two columns the name 'a'.*AS"):
        sqlite.ingest(query="SELECT a, a FROM t")


def test_bad_queries_are_one_error_without_the_password(server: Any) -> None:
    for query, said in (
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELEC 1", "SELEC"),
        ("SELECT missing FROM (SELECT 1 AS a) t", "missing"),
    ):
        with pytest.raises(UsageError, match="statement is wrong, or about a table or column") as caught:
            server.ingest(query=query)
        assert said in str(caught.value)
        _has_no_password(caught.value, server)


def test_a_statement_without_rows_is_refused_and_changes_nothing(sqlite: Any) -> None:
    filled(sqlite)
    with pytest.raises(UsageError, match="gives no rows by its nature"):
        sqlite.ingest(query="DELETE FROM trips")
    assert sqlite.ingest(query="SELECT * FROM trips").record.rows == 300


def test_a_wrong_password_is_said_without_it(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "wr@ng:word")
    with pytest.raises(StorageError, match="refused user or password") as caught:
        server.ingest(query="SELECT 1 AS a")
    assert "wr@ng" not in str(caught.value)
    assert "wr%40ng" not in str(caught.value)


def test_a_database_file_that_is_not_there_is_not_made(sqlite: Any) -> None:
    with pytest.raises(DataError, match="there is no database file"):
        sqlite.ingest(query="SELECT 1 AS a")
    assert not (sqlite.folder / "rows.db").exists()


def test_an_empty_answer_is_said(database: Any) -> None:
    filled(database)
    with pytest.raises(DataError, match="split 'train' has no rows"):
        database.ingest(query="SELECT * FROM trips WHERE id < 0")


def test_a_fingerprint_is_part_of_the_cache_key(database: Any) -> None:
    filled(database)
    query = "SELECT COUNT(*) AS n, MAX(id) AS latest FROM trips"
    first = database.ingest(query="SELECT * FROM trips", fingerprint_query=query)
    assert first.plan.fingerprint == '{"n": 300, "latest": 299}'
    database.run("INSERT INTO trips VALUES (300, 1, 'x', 1)")
    assert database.ingest(query="SELECT * FROM trips", fingerprint_query=query).plan.fingerprint == (
        '{"n": 301, "latest": 300}'
    )


def test_a_fingerprint_must_say_something(sqlite: Any) -> None:
    filled(sqlite)
    for query, said in (
        ("SELECT id FROM trips WHERE id < 0", "says nothing"),
        ("SELECT id FROM trips", "too many"),
    ):
        with pytest.raises(DataError, match=said):
            sqlite.ingest(query="SELECT * FROM trips", fingerprint_query=query)


def test_a_server_that_goes_away_in_the_middle_is_one_error(server: Any) -> None:
    server.run("CREATE TABLE t (id INT, pad VARCHAR(1000))")
    pad = "x" * 1000
    for start in range(0, 60_000, 2000):
        server.run("INSERT INTO t VALUES " + ", ".join(f"({i}, '{pad}')" for i in range(start, start + 2000)))
    source = open_source(server.url, None, str(server.folder))
    batches = source.batches([SplitQuery("all", "SELECT * FROM t")])
    next(batches)
    _end_other_connections(server)
    with pytest.raises(PenstockError, match="cannot read all") as caught:
        list(batches)
    assert isinstance(caught.value, StorageError)
    assert "with_retries" in str(caught.value)
    _has_no_password(caught.value, server)


def test_memory_does_not_grow_with_the_rows(server: Any) -> None:
    server.run("CREATE TABLE t (id INT, pad VARCHAR(200))")
    for start in range(0, 200_000, 20_000):
        values = ", ".join(f"({i}, '{i:0200d}')" for i in range(start, start + 20_000))
        server.run(f"INSERT INTO t VALUES {values}")
    source = open_source(server.url, None, str(server.folder))
    tracemalloc.start()
    try:
        rows = sum(batch.num_rows for _, batch in source.batches([SplitQuery("all", "SELECT * FROM t")]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == 200_000
    assert peak < 40 * 2**20  # all rows as Python values would be more than a hundred


def _end_other_connections(server: Any) -> None:
    if server.kind == "postgresql":
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        return
    import pymysql
    from sqlalchemy import make_url

    url = make_url(server.plain_url)
    with pymysql.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, database=url.database
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")


def _has_no_password(error: BaseException, server: Any) -> None:
    from sqlalchemy import make_url

    password = make_url(server.plain_url).password
    assert password
    assert str(password) not in str(error)
