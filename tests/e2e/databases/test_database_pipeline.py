# SPDX-License-Identifier: Apache-2.0
"""From a database to a schema with ``penstock run``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from servers import Server

from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

sqlalchemy = pytest.importorskip("sqlalchemy")
pytestmark = [pytest.mark.e2e, pytest.mark.tensorflow]

PIPELINE = """
import penstock as tfx


def create_pipeline(url: str, fingerprint_query: str = "", examples_only: bool = False):
    trips = tfx.components.QueryBasedExampleGen(
        query="SELECT id, fare, company FROM trips",
        url=url,
        fingerprint_query=fingerprint_query or None,
    )
    statistics = tfx.components.StatisticsGen(examples=trips.outputs["examples"])
    schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"])
    return tfx.dsl.Pipeline(
        "trips",
        "root",
        tfx.orchestration.metadata.sqlite_metadata_connection_config("metadata.db"),
        [trips] if examples_only else [trips, statistics, schema],
        enable_cache=True,
    )
"""
FINGERPRINT = "SELECT COUNT(*) AS n, MAX(id) AS latest FROM trips"


def filled(url: str) -> Any:
    """Makes the table and returns what runs statements in the database."""
    engine = sqlalchemy.create_engine(url)

    def execute(statement: str) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)

    execute("CREATE TABLE trips (id INT, fare DOUBLE PRECISION, company VARCHAR(20))")
    rows = (f"({i}, {i / 4}, 'company {i % 5}')" for i in range(500))
    execute(f"INSERT INTO trips VALUES {', '.join(rows)}")
    return execute


def run(project: Path, url: str, *arguments: str, code: int = 0, **environment: str) -> dict[str, str]:
    """Runs the pipeline; returns how each node ended."""
    (project / "pipeline.py").write_text(PIPELINE)
    command = [sys.executable, "-m", "penstock", "run", "pipeline.py", "--param", f"url={url}", *arguments]
    done = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    with MetadataStore.open(sqlite_metadata_connection_config(str(project / "metadata.db"))) as store:
        (record,) = store.list_runs("trips", limit=1)
        return {
            execution.node_id: execution.state
            for execution in store.executions_of_run("trips", record.run_id)
        } | {"said": done.stdout + done.stderr}


def test_data_of_a_server_become_a_schema(mariadb: Server, mariadb_url: str, tmp_path: Path) -> None:
    filled(mariadb_url)
    url = sqlalchemy.make_url(mariadb_url)
    shown = f"mysql://{url.username}:${{DB_PASSWORD}}@{url.host}:{url.port}/{url.database}"
    ended = run(tmp_path, shown, DB_PASSWORD=mariadb.password)
    assert ended["SchemaGen"] == "COMPLETE"
    (schema,) = tmp_path.glob("root/SchemaGen/schema/*/schema.pbtxt")
    text = schema.read_text()
    for name, kind in (("id", "INT"), ("fare", "FLOAT"), ("company", "BYTES")):
        assert f'name: "{name}"' in text
        assert f"type: {kind}" in text
    everything = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert mariadb.password not in everything + ended["said"]


def test_a_wrong_password_ends_the_run_with_one_error(
    mariadb: Server, mariadb_url: str, tmp_path: Path
) -> None:
    url = sqlalchemy.make_url(mariadb_url)
    shown = f"mysql://{url.username}:${{DB_PASSWORD}}@{url.host}:{url.port}/{url.database}"
    ended = run(tmp_path, shown, code=1, DB_PASSWORD="not this one")
    assert "the database refused user or password" in ended["said"]
    assert "not this one" not in ended["said"]
    assert "Traceback" not in ended["said"]


def test_without_a_fingerprint_each_run_reads_and_the_same_data_are_cached_after_it(tmp_path: Path) -> None:
    filled(f"sqlite:///{tmp_path}/rows.db")
    first = run(tmp_path, "sqlite:///rows.db")
    second = run(tmp_path, "sqlite:///rows.db")
    assert {first[node] for node in ("QueryBasedExampleGen", "StatisticsGen", "SchemaGen")} == {"COMPLETE"}
    assert second["QueryBasedExampleGen"] == "COMPLETE"
    assert {second["StatisticsGen"], second["SchemaGen"]} == {"CACHED"}


def test_with_a_fingerprint_only_other_data_are_read(tmp_path: Path) -> None:
    execute = filled(f"sqlite:///{tmp_path}/rows.db")
    arguments = (
        "sqlite:///rows.db",
        "--param",
        f"fingerprint_query={FINGERPRINT}",
        "--param",
        "examples_only=true",
    )
    assert run(tmp_path, *arguments)["QueryBasedExampleGen"] == "COMPLETE"
    assert run(tmp_path, *arguments)["QueryBasedExampleGen"] == "CACHED"
    execute("INSERT INTO trips VALUES (500, 1.5, 'new')")
    assert run(tmp_path, *arguments)["QueryBasedExampleGen"] == "COMPLETE"
    with MetadataStore.open(sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))) as store:
        examples = next(store.newest_artifacts("Examples"))
    assert json.loads(str(examples.custom_properties["input_fingerprint"])) == {"n": 501, "latest": 500}
    assert sum(examples.custom_properties["rows"].values()) == 501  # type: ignore[union-attr]  # a mapping
