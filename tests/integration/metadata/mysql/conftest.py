# SPDX-License-Identifier: Apache-2.0
"""Stores on a real MariaDB server; where there is none, these tests are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from metadata_recorder import Recorder, mysql_config
from servers import Server
from servers.fixtures import mariadb as mariadb

from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore

Sql = Callable[..., "list[tuple[object, ...]]"]
_FILLED = (
    "Artifact",
    "ArtifactProperty",
    "Association",
    "Attribution",
    "Context",
    "ContextProperty",
    "Event",
)
_FILLED += ("EventPath", "Execution", "ExecutionProperty", "ParentContext")


@pytest.fixture
def sql(mariadb: Server) -> Iterator[Sql]:
    """Runs a statement as the user that may do everything."""
    import pymysql

    login = {"host": mariadb.host, "port": mariadb.port, "user": mariadb.user, "password": mariadb.password}
    with closing(pymysql.connect(**login, autocommit=True)) as connection:

        def run(statement: str, *arguments: object) -> list[tuple[object, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments or None)
                return list(cursor.fetchall())

        yield run


@pytest.fixture
def config(mariadb: Server, sql: Sql) -> Iterator[ConnectionConfig]:
    """A store of the test's own, in a database that does not exist yet."""
    name = f"store_{uuid4().hex[:12]}"
    yield mysql_config(mariadb, name)
    sql(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture(scope="session")
def shared(mariadb: Server) -> ConnectionConfig:
    """One store for all tests that want nothing but an empty one: making the tables takes the server a second."""
    config = mysql_config(mariadb, f"shared_{uuid4().hex[:12]}")
    MetadataStore.open(config).close()
    return config


@pytest.fixture
def store(shared: ConnectionConfig, sql: Sql) -> Iterator[MetadataStore]:
    for table in _FILLED:
        sql(f"TRUNCATE TABLE {shared.database}.{table}")
    sql(f"DELETE FROM {shared.database}.TypeProperty")
    sql(f"DELETE FROM {shared.database}.Type WHERE name NOT LIKE 'mlmd.%'")
    with MetadataStore.open(shared) as opened:
        yield opened


@pytest.fixture
def recorder(store: MetadataStore) -> Recorder:
    return Recorder(store)
