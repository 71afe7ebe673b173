# SPDX-License-Identifier: Apache-2.0
"""A database of each kind that QueryBasedExampleGen reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from component_runs import Ran, run_component
from servers.fixtures import mariadb as mariadb
from servers.fixtures import mariadb_url as mariadb_url
from servers.fixtures import postgres as postgres
from servers.fixtures import postgres_url as postgres_url

from penstock.components.query_based_example_gen.component import QueryBasedExampleGen
from penstock.inference.databases.connecting import open_engine
from penstock.inference.databases.url import database_url

sqlalchemy = pytest.importorskip("sqlalchemy")


@dataclass(frozen=True)
class Database:
    """A database of a test's own.

    Attributes:
        kind: ``sqlite``, ``postgresql`` or ``mariadb``.
        plain_url: Its URL with the password.
        url: The same with an environment variable instead.
        folder: The project's root.
    """

    kind: str
    plain_url: str
    url: str
    folder: Path

    def run(self, *statements: str) -> None:
        """Runs statements in one transaction."""
        with open_engine(database_url(self.plain_url, str(self.folder))).begin() as connection:
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)

    def ingest(self, **arguments: Any) -> Ran:
        """Makes examples from queries of this database."""
        component = QueryBasedExampleGen(url=self.url, **arguments)
        return run_component(QueryBasedExampleGen, self.folder, **component.exec_properties)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    return _database(request, request.param, tmp_path, monkeypatch)


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    return _database(request, request.param, tmp_path, monkeypatch)


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    return _database(request, "sqlite", tmp_path, monkeypatch)


@pytest.fixture
def postgresql(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    return _database(request, "postgresql", tmp_path, monkeypatch)


def _database(
    request: pytest.FixtureRequest, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    if kind == "sqlite":
        return Database(kind, "sqlite:///rows.db", "sqlite:///rows.db", folder)
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}[kind]
    server = request.getfixturevalue("postgres" if kind == "postgresql" else kind)
    plain = sqlalchemy.make_url(request.getfixturevalue(fixture))
    monkeypatch.setenv("DB_PASSWORD", server.password)
    url = f"{plain.drivername}://{plain.username}:${{DB_PASSWORD}}@{plain.host}:{plain.port}/{plain.database}"
    return Database(kind, plain.render_as_string(hide_password=False), url, folder)
