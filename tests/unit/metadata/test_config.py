# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.errors import MetadataError
from penstock.metadata.config import (
    ConnectionConfig,
    mysql_metadata_connection_config,
    parse,
    sqlite_metadata_connection_config,
)

MYSQL = ConnectionConfig(
    "mysql", host="db.example", port=3307, username="ann", password="s3cret/", database="runs"
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("runs/metadata.db", "runs/metadata.db"),
        ("/var/metadata.db", "/var/metadata.db"),
        ("sqlite:///runs/metadata.db", "runs/metadata.db"),
        ("sqlite:////var/my%20runs/metadata.db", "/var/my runs/metadata.db"),
        ("file:///var/metadata.db", "/var/metadata.db"),
        ("file:runs/metadata.db", "runs/metadata.db"),
        ("C:metadata", None),
        ("100%.db", "100%.db"),
    ],
)
def test_a_path_or_url_names_an_sqlite_file(text: str, path: str | None) -> None:
    if path is None:
        with pytest.raises(MetadataError, match="unknown kind"):
            parse(text)
    else:
        assert parse(text) == ConnectionConfig("sqlite", filename_uri=path)


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_a_url_names_a_mysql_server(scheme: str) -> None:
    assert parse(f"{scheme}://ann:s3cret%2F@db.example:3307/runs") == MYSQL


def test_a_mysql_url_needs_neither_port_nor_password() -> None:
    config = parse("mysql://ann@db.example/runs")
    assert (config.port, config.password) == (3306, None)


@pytest.mark.parametrize("text", ["postgresql://ann@h/db", "postgres://h/db", "postgresql+psycopg2://h/db"])
def test_postgresql_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(MetadataError, match=r"PostgreSQL is refused .*SQL injection.*2\.7 KB.*32 bits"):
        parse(text)


@pytest.mark.parametrize("kind", ["postgresql", "postgres"])
def test_postgresql_is_refused_as_a_kind_too(kind: str) -> None:
    with pytest.raises(MetadataError, match="PostgreSQL is refused"):
        ConnectionConfig(kind)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no usable path"),
        (":memory:", "one process only"),
        ("runs/", "names no file"),
        ("gs://bucket/metadata.db", "unknown kind"),
        ("grpc://host:8080", "unknown kind.*got: grpc"),
        ("sqlite://metadata.db", "has no path"),
        ("sqlite:///", "has no path"),
        ("file:///a.db?mode=ro", "nothing but a path"),
        ("mysql:///runs", "has no host"),
        ("mysql://h/my-runs", "database is not usable"),
        ("mysql://h", "database is not usable"),
        ("mysql://h:99999/runs", "no usable port"),
        ("mysql://h:x/runs", "no usable port"),
        ("mysql://h/runs", "has no user"),
        ("mysql://u:p@h/runs?ssl_ca=ca.pem", "has more than a user"),
        ("mysql://u:p/s3cret@h/runs", "has no usable port|has more than a user"),
        ("mysql://u:p@ss/s3cret@h/runs", "has more than a user.*%40"),
    ],
)
def test_what_cannot_work_is_refused_before_the_library_sees_it(text: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message) as caught:
        parse(text)
    assert "s3cret" not in str(caught.value)


def test_an_sqlite_store_is_a_local_file() -> None:
    with pytest.raises(MetadataError, match="file on this machine"):
        sqlite_metadata_connection_config("s3://bucket/metadata.db")


def test_tfx_names_make_the_same_configurations() -> None:
    assert sqlite_metadata_connection_config(Path("/a/b.db")) == ConnectionConfig(
        "sqlite", filename_uri="/a/b.db"
    )
    made = mysql_metadata_connection_config(
        host="db.example", port=3307, username="ann", password="s3cret/", database="runs"
    )
    assert made == MYSQL


def test_a_password_is_never_printed() -> None:
    document = json.dumps(MYSQL.to_json_dict())
    assert "s3cret" not in f"{MYSQL!r} {MYSQL} {document}"
    assert str(MYSQL) == "mysql://ann@db.example:3307/runs"


def test_json_round_trip() -> None:
    config = ConnectionConfig("sqlite", filename_uri="m.db", lock_timeout_seconds=3.5)
    assert ConnectionConfig.from_json_dict(json.loads(json.dumps(config.to_json_dict()))) == config
    again = ConnectionConfig.from_json_dict(MYSQL.to_json_dict())
    assert again == ConnectionConfig("mysql", host="db.example", port=3307, username="ann", database="runs")


def test_the_name_of_a_variable_stands_for_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "from the environment")
    config = parse("mysql://ann:${DB_PASSWORD}@other.example/runs")
    assert config == mysql_metadata_connection_config("other.example", 3306, "runs", "ann", "${DB_PASSWORD}")
    document = json.loads(json.dumps(config.to_json_dict()))
    assert document["password_variable"] == "DB_PASSWORD"
    again = ConnectionConfig.from_json_dict(document)
    assert again == config
    assert again.secret() == "from the environment"
    monkeypatch.delenv("DB_PASSWORD")
    with pytest.raises(MetadataError, match="password .* is not there.*variable DB_PASSWORD"):
        again.secret()


def test_a_password_of_this_process_is_found_again_by_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_METADATA_PASSWORD", "of another store")
    config = mysql_metadata_connection_config("only.here", 3306, "runs", "ann", "given")
    assert config.secret() == "given"
    assert ConnectionConfig.from_json_dict(config.to_json_dict()).secret() == "given"
    other = ConnectionConfig("mysql", host="else.where", username="ann", database="runs")
    assert other.secret() == "of another store"
    monkeypatch.delenv("PENSTOCK_METADATA_PASSWORD")
    assert other.secret() == ""


@pytest.mark.parametrize(
    "data", [{}, {"kind": "sqlite", "filename_uri": "a", "password": "x"}, {"kind": "sqlite", "a": 1}]
)
def test_json_of_something_else_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(MetadataError, match="no metadata connection"):
        ConnectionConfig.from_json_dict(data)


def test_the_path_is_absolute() -> None:
    assert ConnectionConfig("sqlite", filename_uri="m.db").path == str(Path.cwd() / "m.db")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_lock_timeout_is_positive(seconds: float) -> None:
    with pytest.raises(MetadataError, match="must be positive"):
        ConnectionConfig("sqlite", filename_uri="m.db", lock_timeout_seconds=seconds)
