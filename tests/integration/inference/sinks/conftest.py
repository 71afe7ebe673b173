# SPDX-License-Identifier: Apache-2.0
"""A database of each kind, and what tests ask it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from result_files import write_results

from penstock.inference.databases.connecting import open_engine
from penstock.inference.databases.url import database_url
from penstock.inference.sinks import SinkReport, deliver
from penstock.inference.spec import SinkSpec

sqlalchemy = pytest.importorskip("sqlalchemy")


@dataclass(frozen=True)
class Place:
    """A database of a test's own."""

    url: str
    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)

    @property
    def engine(self) -> Any:
        return open_engine(database_url(self.url, str(self.folder)))

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(sqlalchemy.text(statement))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sqlalchemy.text(query))]

    def tables(self) -> list[str]:
        with self.engine.connect() as connection:
            return sorted(sqlalchemy.inspect(connection).get_table_names())

    def deliver(
        self, table: pa.Table, name: str = "scores", *, files: int = 2, run_token: str = "run-1", **spec: Any
    ) -> SinkReport:
        written = write_results(self.folder / f"results-{len(list(self.folder.iterdir()))}", table, files)
        described = SinkSpec(**{"url": self.url, "table": name, **spec})
        return deliver(described, written, project_root=str(self.folder), run_token=run_token)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        url = "sqlite:///results.db"
    else:
        url = request.getfixturevalue({"postgresql": "postgres_url", "mariadb": "mariadb_url"}[request.param])
    return Place(url, tmp_path / "place")


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    return Place("sqlite:///results.db", tmp_path / "place")


@pytest.fixture
def postgresql(postgres_url: str, tmp_path: Path) -> Place:
    return Place(postgres_url, tmp_path / "place")


@pytest.fixture
def mariadb_place(mariadb_url: str, tmp_path: Path) -> Place:
    return Place(mariadb_url, tmp_path / "place")
