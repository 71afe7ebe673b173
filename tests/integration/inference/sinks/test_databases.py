# SPDX-License-Identifier: Apache-2.0
"""Rows in real databases: what is made, replaced, added once, and refused."""

from __future__ import annotations

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy
from result_files import every_type, write_results

from penstock.errors import DataError, PenstockError, StorageError
from penstock.inference.sinks.sql import delivery

SUPPORT = Path(__file__).parents[3] / "support"
MANY = 100_000


def scores(*rows: tuple[str, float]) -> pa.Table:
    return pa.table({"id": [name for name, _ in rows], "score": [score for _, score in rows]})


def many(shift: float = 0.0) -> pa.Table:
    return pa.table({
        "id": pa.array([f"key-{row}" for row in range(MANY)]),
        "number": pa.array(range(MANY)),
        "score": pa.array([row / 8 + shift for row in range(MANY)]),
        "probabilities": pa.array([[0.25, 0.75]] * MANY, pa.list_(pa.float32())),
    })  # fmt: skip


def test_every_type_comes_back(place: Any) -> None:
    from penstock.inference.databases.lookup import reflected

    report = place.deliver(every_type(), key=("key",))
    assert (report.rows, report.duplicates, report.replaced) == (3, 0, 0)
    with place.engine.connect() as connection:
        table = reflected(connection, "scores")
        assert [column.name for column in table.primary_key] == ["key"]
        rows = {row.key: row._asdict() for row in connection.execute(table.select())}
        first, second, third = rows["a"], rows["ä 'b\""], rows["c"]
    assert (first["whole"], first["small"], second["whole"]) == (1, 1, -(2**53) - 1)
    assert (float(first["single"]), float(first["double"])) == (0.1, 0.1)
    assert (second["single"], second["double"]) == (None, None)
    assert (bool(first["truth"]), bool(second["truth"])) == (True, False)
    assert (bytes(first["bytes"]), bytes(second["bytes"])) == (b"\x00\xff", b"")
    assert first["day"] == datetime.date(2024, 1, 31)
    assert first["moment"] == datetime.datetime.fromisoformat("2024-01-31 12:00:00.000005")
    instant = first["instant"]
    utc = instant.astimezone(datetime.timezone.utc).replace(tzinfo=None) if instant.tzinfo else instant
    assert utc == datetime.datetime.fromisoformat("2024-01-31 11:00:00")
    assert float(first["price"]) == 1.5
    lists = [row["numbers"] for row in (first, second)]
    assert [json.loads(found) if isinstance(found, str) else found for found in lists] == [[0.1, 0.2], []]
    found = json.loads(first["found"]) if isinstance(first["found"], str) else first["found"]
    assert found == [{"label": "cat", "score": 0.9, "box": [0.0, 1.5]}]
    assert (second["key"], first["kind"]) == ("ä 'b\"", "x")
    assert set(third.values()) == {"c", None}


def test_rows_with_a_known_key_are_replaced(place: Any) -> None:
    place.deliver(scores(("a", 1.0), ("b", 2.0)), key=("id",))
    report = place.deliver(scores(("b", 20.0), ("c", 30.0)), key=("id",), run_token="run-2")
    assert (report.rows, report.duplicates, report.replaced) == (2, 0, 1)
    assert place.rows("SELECT id, score FROM scores ORDER BY id") == [("a", 1.0), ("b", 20.0), ("c", 30.0)]
    assert "1 replaced" in report.sentence


def test_delivering_again_changes_nothing(place: Any) -> None:
    for _ in range(2):
        place.deliver(scores(("a", 1.0), ("b", 2.0)), key=("id",))
    assert place.rows("SELECT COUNT(*) FROM scores") == [(2,)]


def test_the_last_of_equal_keys_wins(place: Any) -> None:
    for expected_replaced in (0, 2):
        report = place.deliver(scores(("a", 1.0), ("b", 2.0), ("a", 3.0), ("a", 4.0)), key=("id",), files=3)
        assert (report.rows, report.duplicates, report.replaced) == (4, 2, expected_replaced)
    assert "2 repeated a key" in report.sentence
    assert place.rows("SELECT id, score FROM scores ORDER BY id") == [("a", 4.0), ("b", 2.0)]


def test_case_tells_keys_apart(place: Any) -> None:
    place.deliver(scores(("a", 1.0), ("A", 2.0), ("ä", 3.0)), key=("id",))
    assert place.rows("SELECT COUNT(*) FROM scores") == [(3,)]


def test_a_key_of_two_columns(place: Any) -> None:
    table = pa.table({"day": [datetime.date(2024, 1, 1)] * 3, "id": [1, 2, 2], "score": [1.0, 2.0, 3.0]})
    report = place.deliver(table, key=("day", "id"))
    assert (report.duplicates, place.rows("SELECT score FROM scores ORDER BY id")) == (1, [(1.0,), (3.0,)])


def test_a_table_of_keys_alone(place: Any) -> None:
    for _ in range(2):
        report = place.deliver(pa.table({"id": [1, 2, 2]}), key=("id",))
    assert (report.replaced, place.rows("SELECT id FROM scores ORDER BY id")) == (2, [(1,), (2,)])


def test_names_are_quoted(place: Any) -> None:
    table = pa.table({"order by": ["x"], 'a"b': [1], "50%": [0.5], "c:d": [1], "Key": ["k"]})
    for _ in range(2):
        place.deliver(table, name="select", key=("Key", "order by"))
    for _ in range(2):
        place.deliver(table, name="add 100%")
    assert place.tables() == ["add 100%", "penstock_deliveries", "select"]


def test_without_a_key_rows_are_added_once_for_each_delivery(place: Any) -> None:
    rows = scores(("a", 1.0), ("a", 1.0))
    first, again, other = (place.deliver(rows, run_token=token) for token in ("run-1", "run-1", "run-2"))
    assert [report.repeated for report in (first, again, other)] == [False, True, False]
    assert "delivered before" in again.sentence
    assert place.rows("SELECT COUNT(*) FROM scores") == [(4,)]
    place.deliver(rows, name="others")
    assert place.rows("SELECT COUNT(*) FROM others") == [(2,)]


def test_two_sinks_of_a_run_may_fill_one_table(place: Any) -> None:
    for source in ("one", "other"):
        place.deliver(scores((source, 1.0)), source=source)
    assert place.rows("SELECT COUNT(*) FROM scores") == [(2,)]


def test_a_hundred_thousand_rows_and_again(place: Any) -> None:
    assert place.deliver(many(), key=("id",)).replaced == 0
    assert place.deliver(many(0.5), key=("id",)).replaced == MANY
    expected = [(MANY, MANY, MANY * (MANY - 1) / 16 + MANY / 2)]
    assert place.rows("SELECT COUNT(*), COUNT(DISTINCT id), SUM(score) FROM scores") == expected
    place.deliver(many(), name="added")
    assert place.rows("SELECT COUNT(*), SUM(number) FROM added") == [(MANY, MANY * (MANY - 1) / 2)]


def test_no_rows_make_an_empty_table(place: Any) -> None:
    place.deliver(scores(("a", 1.0)).slice(0, 0), key=("id",), files=1)
    place.deliver(scores(("a", 1.0)).slice(0, 0), name="added", files=1)
    assert (place.rows("SELECT * FROM scores"), place.rows("SELECT * FROM added")) == ([], [])


# ------------------------------------------------------------------------------------------- tables that are there


def test_a_table_of_the_users_own(place: Any) -> None:
    place.run(
        "CREATE TABLE scores (id VARCHAR(50) PRIMARY KEY, score DOUBLE PRECISION, note VARCHAR(20) DEFAULT 'none')",
        "INSERT INTO scores VALUES ('a', 1, 'mine')",
    )
    place.deliver(scores(("a", 2.0), ("b", 3.0)), key=("id",))
    assert place.rows("SELECT id, score, note FROM scores ORDER BY id") == [
        ("a", 2.0, "mine"),
        ("b", 3.0, "none"),
    ]


@pytest.mark.parametrize(
    ("server", "number"),
    [
        ("sqlite", "INTEGER PRIMARY KEY"),
        ("postgresql", "SERIAL PRIMARY KEY"),
        ("postgresql", "INTEGER GENERATED ALWAYS AS IDENTITY"),
        ("mariadb_place", "INTEGER AUTO_INCREMENT PRIMARY KEY"),
    ],
)
def test_a_table_that_numbers_its_rows(server: str, number: str, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue(server)
    place.run(f"CREATE TABLE scores (number {number}, id VARCHAR(50), score DOUBLE PRECISION)")
    place.deliver(scores(("a", 1.0), ("b", 2.0)))
    assert place.rows("SELECT number, id FROM scores ORDER BY number") == [(1, "a"), (2, "b")]


def test_a_table_whose_key_is_not_unique(place: Any) -> None:
    place.run(
        "CREATE TABLE scores (id VARCHAR(50), score DOUBLE PRECISION)",
        "INSERT INTO scores VALUES ('a', 1), ('a', 2), ('z', 3)",
    )
    report = place.deliver(scores(("a", 4.0), ("b", 5.0), ("a", 6.0)), key=("id",))
    assert (report.duplicates, report.replaced) == (1, 1)
    assert place.rows("SELECT id, score FROM scores ORDER BY id") == [("a", 6.0), ("b", 5.0), ("z", 3.0)]


def test_another_unique_column_is_no_key(place: Any) -> None:
    place.run(
        "CREATE TABLE scores (id VARCHAR(50) PRIMARY KEY, score DOUBLE PRECISION UNIQUE)",
        "INSERT INTO scores VALUES ('a', 1), ('b', 2)",
    )
    with pytest.raises(DataError, match="cannot write to table scores: the database does not take a value"):
        place.deliver(scores(("c", 2.0)), key=("id",))
    assert place.rows("SELECT id FROM scores ORDER BY id") == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("id VARCHAR(50), scor DOUBLE PRECISION", "has no column 'score'.*did you mean 'scor'"),
        (
            "id VARCHAR(50), score VARCHAR(50)",
            "has column 'score' of another type.*expected: a type for number",
        ),
        ("id INTEGER, score DOUBLE PRECISION", "has column 'id' of another type.*got: INT"),
        ("id VARCHAR(50), score DOUBLE PRECISION, run INTEGER NOT NULL", "'run', which needs a value"),
    ],
)
def test_a_table_that_does_not_fit(place: Any, columns: str, message: str) -> None:
    place.run(f"CREATE TABLE scores ({columns})")
    with pytest.raises(DataError, match=message):
        place.deliver(scores(("a", 1.0)))
    assert (place.rows("SELECT * FROM scores"), place.tables()) == ([], ["scores"])


def test_a_key_without_a_value(place: Any) -> None:
    with pytest.raises(DataError, match="row 2 has no value in the key column 'id'"):
        place.deliver(pa.table({"id": ["a", "b", None], "score": [1.0, 2.0, 3.0]}), key=("id",))
    assert "scores" not in place.tables() or place.rows("SELECT * FROM scores") == []


def test_a_value_that_the_table_cannot_hold(place: Any) -> None:
    place.run("CREATE TABLE scores (id INTEGER PRIMARY KEY, score DOUBLE PRECISION, CHECK (score < 100))")
    rows = pa.table({"id": [1, 2], "score": [1.0, 1000.0]})
    for key in ((), ("id",)):
        with pytest.raises(DataError, match="the database does not take a value"):
            place.deliver(rows, key=key)
    assert place.rows("SELECT * FROM scores") == []


# ------------------------------------------------------------------------------------------- refusals of a server


def test_a_wrong_password_is_said_at_once_and_not_shown(postgresql: Any, mariadb_place: Any) -> None:
    for server in (postgresql, mariadb_place):
        wrong = re.sub(r":[^:@/]+@", ":wr0ng-one@", server.url)
        started = time.monotonic()
        with pytest.raises(StorageError, match="the database refused user or password") as caught:
            server.deliver(scores(("a", 1.0)), url=wrong)
        assert "wr0ng" not in str(caught.value)
        assert time.monotonic() - started < 60


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_an_unknown_host(kind: str, sqlite: Any) -> None:
    with pytest.raises(StorageError, match="no such host or database"):
        sqlite.deliver(scores(("a", 1.0)), url=f"{kind}://u:p@host.invalid/d")


def test_an_unknown_database(postgresql: Any, mariadb_place: Any) -> None:
    for server in (postgresql, mariadb_place):
        with pytest.raises(StorageError, match="no such host or database|not permitted"):
            server.deliver(scores(("a", 1.0)), url=server.url.rpartition("/")[0] + "/nowhere")


def test_a_user_without_rights(postgresql: Any, mariadb_place: Any) -> None:
    postgresql.run("DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'reader'")
    mariadb_place.run("CREATE OR REPLACE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'reader'")
    database = mariadb_place.url.rpartition("/")[2]
    mariadb_place.run(f"GRANT SELECT ON {database}.* TO 'reader'@'127.0.0.1'")
    for server in (postgresql, mariadb_place):
        server.run("CREATE TABLE scores (id VARCHAR(50) PRIMARY KEY, score DOUBLE PRECISION)")
        url = re.sub(r"//[^@]+@", "//reader:reader@", server.url)
        with pytest.raises(StorageError, match="cannot write to table scores: not permitted"):
            server.deliver(scores(("a", 1.0)), url=url)
        assert server.rows("SELECT * FROM scores") == []


def test_a_database_file_that_may_not_be_written(sqlite: Any) -> None:
    sqlite.deliver(scores(("a", 1.0)))
    with pytest.raises(StorageError, match="cannot write to table scores: not permitted"):
        sqlite.deliver(
            scores(("b", 1.0)),
            url=f"sqlite:///file:{sqlite.folder}/results.db?mode=ro&uri=true",
            run_token="2",
        )


def test_a_locked_database_is_waited_for(sqlite: Any) -> None:
    sqlite.deliver(scores(("a", 1.0)), key=("id",))
    other = sqlite.engine.connect()
    other.exec_driver_sql("UPDATE scores SET score = 0")
    unlock = threading.Timer(1.0, other.rollback)
    unlock.start()
    sqlite.deliver(scores(("a", 2.0)), key=("id",))
    unlock.join()
    other.close()
    assert sqlite.rows("SELECT score FROM scores") == [(2.0,)]


# ------------------------------------------------------------------------------------------- interruptions


def started(place: Any, key: str, folder: Path) -> subprocess.Popen[str]:
    files = write_results(folder, many(), 4)
    command = [sys.executable, str(SUPPORT / "deliveries.py"), place.url, "scores", key, "run-1", *files]
    process = subprocess.Popen(command, cwd=place.folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


@pytest.mark.parametrize("key", ["id", ""], ids=["upsert", "insert"])
@pytest.mark.parametrize("delay", [0.15, 0.4, 0.8])
def test_a_killed_delivery_leaves_nothing_and_can_be_done_again(
    place: Any, key: str, delay: float, tmp_path: Path
) -> None:
    place.deliver(scores(("before", 1.0)), name="other", key=("id",))
    process = started(place, key, tmp_path / "many")
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    finished = process.wait() == 0
    assert process.stdout is not None
    process.stdout.close()
    rows = place.rows("SELECT COUNT(*) FROM scores")[0][0] if "scores" in place.tables() else 0
    assert rows in (0, MANY)
    assert rows == MANY or not finished
    place.deliver(many(), key=(key,) if key else ())
    assert place.rows("SELECT COUNT(*) FROM scores") == [(MANY,)]


def cut_connections(place: Any) -> int:
    """Ends the connections of deliveries that are under way, as a server does that shuts down; says how many."""
    if place.url.startswith("postgresql"):
        query = (
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND query LIKE 'COPY%'"
        )
        return int(place.rows(query)[0][0])
    name = place.url.rpartition("/")[2]
    with place.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID() "
            "AND info LIKE 'INSERT INTO penstock_rows%%'",
            (name,),
        ).all()
        for (number,) in found:
            connection.exec_driver_sql(f"KILL {number}")
    return len(found)


@pytest.mark.parametrize("server", ["postgresql", "mariadb_place"])
def test_a_connection_that_is_lost_half_way_is_made_again(
    server: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    place = request.getfixturevalue(server)
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(place.deliver(many(), key=("id",), files=4))
        except PenstockError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    cut = 0
    while not cut and thread.is_alive():
        cut = cut_connections(place)
    thread.join()
    assert cut == 1
    assert outcome[0].rows == MANY
    assert "trying again" in caplog.text
    assert place.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM scores") == [(MANY, MANY)]


def test_a_connection_that_is_lost_again_and_again_fails_with_nothing_visible(postgresql: Any) -> None:
    stop = threading.Event()

    def cut_always() -> None:
        while not stop.is_set():
            cut_connections(postgresql)

    for number in range(5):  # where the machine is busy, a delivery may slip between two cuts
        with postgresql.engine.begin() as connection:
            connection.execute(sqlalchemy.text("DROP TABLE IF EXISTS scores"))
        postgresql.deliver(scores(("before", float(number))), key=("id",))
        stop.clear()
        thread = threading.Thread(target=cut_always)
        thread.start()
        try:
            postgresql.deliver(many().select(["id", "score"]), key=("id",), options={"attempts": 2})
        except StorageError as error:
            failure = error
            break
        finally:
            stop.set()
            thread.join()
    assert "the connection was lost or refused (2 attempts)" in str(failure)
    assert postgresql.rows("SELECT id, score FROM scores") == [("before", float(number))]


def test_two_deliveries_of_the_same_rows_at_once_add_them_once(place: Any, tmp_path: Path) -> None:
    processes = [started(place, "", tmp_path / f"many-{index}") for index in range(2)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert place.rows("SELECT COUNT(*) FROM scores") == [(MANY,)]


def test_memory_does_not_grow_with_rows(sqlite: Any, tmp_path: Path) -> None:
    peaks = []
    for files in (1, 4):
        paths = write_results(tmp_path / f"many-{files}", pa.concat_tables([many()] * files), files)
        code = (
            "import resource, sys; from penstock.inference.sinks import deliver; "
            "from penstock.inference.spec import SinkSpec\n"
            f"deliver(SinkSpec(url='sqlite:///m{files}.db', table='t'), sys.argv[1:], project_root={str(tmp_path)!r}, "
            "run_token='r')\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 40, peaks
    assert os.path.getsize(tmp_path / "m4.db") > 2 * os.path.getsize(tmp_path / "m1.db")


# ------------------------------------------------------------------------------------------- other databases


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every database be one that only SQLAlchemy knows."""
    monkeypatch.setattr(delivery, "_FAST_DRIVERS", frozenset())


@pytest.mark.usefixtures("plainly")
def test_any_database_replaces_rows(place: Any) -> None:
    place.deliver(scores(("a", 1.0), ("b", 2.0), ("b", 3.0)), key=("id",), files=3)
    report = place.deliver(scores(("b", 20.0), ("c", 30.0)), key=("id",))
    assert (report.rows, report.duplicates, report.replaced) == (2, None, None)
    assert place.rows("SELECT id, score FROM scores ORDER BY id") == [("a", 1.0), ("b", 20.0), ("c", 30.0)]
    assert [place.deliver(scores(("a", 1.0)), name="added").repeated for _ in range(2)] == [False, True]


@pytest.mark.usefixtures("plainly")
def test_any_database_takes_every_type_as_the_fast_ones_do(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.deliver(every_type(), name="plain", key=("key",))
    monkeypatch.undo()
    place.deliver(every_type(), name="fast", key=("key",))
    for columns in ("single, whole, truth", "day, moment, instant", "price, kind"):
        fast, plain = (
            sorted(place.rows(f"SELECT {columns} FROM {name}"), key=str) for name in ("fast", "plain")
        )
        assert fast == plain
    with place.engine.connect() as connection:
        for column in ("numbers", "found"):
            fast, plain = (
                sorted(
                    str(row[0]).replace(" ", "")
                    for row in connection.exec_driver_sql(f"SELECT {column} FROM {name}")
                )
                for name in ("fast", "plain")
            )
            assert fast == plain
