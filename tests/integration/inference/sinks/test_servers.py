# SPDX-License-Identifier: Apache-2.0
"""The servers that tests start do answer."""

from __future__ import annotations

import pytest
from servers import Server


def test_redis_answers(redis_server: Server) -> None:
    redis = pytest.importorskip("redis")
    with redis.Redis(host=redis_server.host, port=redis_server.port) as client:
        client.set("a", "b")
        assert client.get("a") == b"b"


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
def test_databases_answer(fixture: str, request: pytest.FixtureRequest) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(request.getfixturevalue(fixture))
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT 1 + 1")) == 2
    engine.dispose()


def test_buckets_hold_objects(bucket: str) -> None:
    from penstock import files

    files.write_atomic(f"{bucket}/folder/name", b"content")
    assert [entry.name for entry in files.walk(f"{bucket}/folder")] == ["name"]
