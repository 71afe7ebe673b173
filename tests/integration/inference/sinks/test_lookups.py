# SPDX-License-Identifier: Apache-2.0
"""Rows are found again by key in the databases that sinks write to."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow as pa
import pytest
from result_files import every_type

from penstock.errors import StorageError
from penstock.inference.databases.lookup import Database

ROWS = 3000


def items() -> pa.Table:
    return pa.table(
        {"id": pa.array(range(ROWS)), "name": [f"item {row}" for row in range(ROWS)], "weight": [0.1] * ROWS}
    )


def test_rows_come_with_their_types(place: Any) -> None:
    place.deliver(items(), name="items", key=("id",))
    database = Database(place.url, str(place.folder))
    found = database.fetch("items", "id", pa.array([2999, 7, 7, None, 12345]), ["name", "weight"])
    assert sorted(found.to_pylist(), key=lambda row: row["id"]) == [
        {"id": 7, "name": "item 7", "weight": 0.1},
        {"id": 2999, "name": "item 2999", "weight": 0.1},
    ]
    assert found.schema.types == [pa.int64(), pa.string(), pa.float64()]
    assert database.fetch("items", "id", pa.array(range(ROWS))).num_rows == ROWS
    database.close()


def test_every_type_is_read(place: Any) -> None:
    place.deliver(every_type(), name="types", key=("key",))
    database = Database(place.url, str(place.folder))
    by_key = {row["key"]: row for row in database.fetch("types", "key", ["a", "c"]).to_pylist()}
    first = by_key["a"]
    assert (first["whole"], first["double"], bool(first["truth"]), first["bytes"]) == (
        1,
        0.1,
        True,
        b"\x00\xff",
    )
    assert str(first["day"]) == "2024-01-31"
    assert first["moment"].isoformat() == "2024-01-31T12:00:00.000005"
    assert first["instant"].isoformat().startswith("2024-01-31T11:00:00")
    assert float(first["price"]) == 1.5
    assert '"label"' in first["found"]
    assert set(by_key["c"].values()) == {"c", None}
    database.close()


@pytest.mark.parametrize("server", ["postgresql", "mariadb_place"])
def test_a_connection_that_was_lost_meanwhile_is_made_again(
    server: str, request: pytest.FixtureRequest
) -> None:
    place = request.getfixturevalue(server)
    place.deliver(items(), name="items", key=("id",))
    database = Database(place.url)
    assert database.fetch("items", "id", [1]).num_rows == 1
    if server == "postgresql":
        place.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    else:
        name = place.url.rpartition("/")[2]
        query = f"SELECT id FROM information_schema.processlist WHERE db = '{name}' AND id <> CONNECTION_ID()"
        with place.engine.connect() as connection:
            for (number,) in connection.exec_driver_sql(query).all():
                connection.exec_driver_sql(f"KILL {number}")
    assert database.fetch("items", "id", [2]).num_rows == 1
    database.close()


def test_several_threads_may_ask(place: Any) -> None:
    place.deliver(items(), name="items", key=("id",))
    database = Database(place.url, str(place.folder))
    found: list[int] = []

    def ask(first: int) -> None:
        found.append(database.fetch("items", "id", pa.array(range(first, first + 500))).num_rows)

    threads = [threading.Thread(target=ask, args=(500 * index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [500] * 6
    database.close()


def test_a_server_that_is_not_there(sqlite: Any) -> None:
    with pytest.raises(
        StorageError, match=r"cannot read table items: .*lost or refused \(2 attempts\)"
    ) as caught:
        Database("postgresql://u:s3cret@127.0.0.1:1/d", attempts=2).fetch("items", "id", [1])
    assert "s3cret" not in str(caught.value)
