# SPDX-License-Identifier: Apache-2.0
"""Servers as fixtures, one of each kind a session, started when wanted; a ``conftest.py`` imports those it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from urllib.parse import quote
from uuid import uuid4

import pytest

from servers import MissingProgramError, Server, running_mariadb, running_postgres, running_redis, running_s3
from servers.s3 import environment


def _server(start: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    try:
        with start() as server:
            yield server
    except (MissingProgramError, ModuleNotFoundError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    yield from _server(running_postgres)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    yield from _server(running_mariadb)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    yield from _server(running_redis)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    yield from _server(running_s3)


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """A database that is empty when the test starts."""
    import psycopg

    login = {
        "host": postgres.host,
        "port": postgres.port,
        "user": postgres.user,
        "password": postgres.password,
    }
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]  # mixed values
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        # One for each test would be a thousand files each.
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    password = quote(postgres.password, safe="")
    return f"postgresql+psycopg://{postgres.user}:{password}@{postgres.host}:{postgres.port}/postgres"


@pytest.fixture
def mariadb_url(mariadb: Server) -> str:
    """A database of the test's own."""
    import pymysql

    name = f"test_{uuid4().hex[:12]}"
    with pymysql.connect(
        host=mariadb.host, port=mariadb.port, user=mariadb.user, password=mariadb.password
    ) as connection:
        connection.cursor().execute(f"CREATE DATABASE {name}")
    password = quote(mariadb.password, safe="")
    return f"mysql+pymysql://{mariadb.user}:{password}@{mariadb.host}:{mariadb.port}/{name}"


@pytest.fixture
def bucket(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of the test's own, as ``s3://name``."""
    s3fs = pytest.importorskip("s3fs")
    for name, value in environment(s3_server).items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"test-{uuid4().hex[:12]}"
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}"
