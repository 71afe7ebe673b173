# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import DependencyError, ParameterError
from penstock.inference.databases.url import database_url, hidden, scrubbed, shown

pytest.importorskip("sqlalchemy")


def test_a_sqlite_file_is_relative_to_the_project(tmp_path: Path) -> None:
    assert database_url("sqlite:///data/x.db", str(tmp_path)).database == str(tmp_path / "data" / "x.db")
    assert database_url("sqlite:////abs/x.db", str(tmp_path)).database == "/abs/x.db"
    assert database_url("sqlite://", str(tmp_path)).database is None


def test_variables_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "a@b:c/d %")
    monkeypatch.setenv("DB_HOST", "db.example:5433")
    url = database_url("postgresql+psycopg://user:${DB_PASSWORD}@${DB_HOST}/results", ".")
    assert (url.password, url.host, url.port, url.database) == ("a@b:c/d %", "db.example", 5433, "results")


def test_a_whole_url_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESULTS_DB", "postgresql+psycopg://u:p%40ss@h/d")
    assert database_url("${RESULTS_DB}", ".").password == "p@ss"


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("db_password", "x")
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    with pytest.raises(ParameterError, match="DB_PASSWORD is not set.*did you mean 'db_password'"):
        database_url("postgresql://u:${DB_PASSWORD}@h/d", ".")


@pytest.mark.parametrize("text", ["", "nonsense", "postgresql:/x", "://x"])
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(ParameterError, match="cannot be read|names no kind"):
        database_url(text, ".")


def test_what_is_shown_has_no_secret() -> None:
    url = database_url("mysql+pymysql://u:s3cret@h/d?ssl_key=k3y&charset=utf8mb4", ".")
    assert shown(url) == "mysql+pymysql://u:***@h/d?charset=utf8mb4&ssl_key=***"
    assert scrubbed("refused s3cret and k3y", url) == "refused *** and ***"
    assert hidden("odd://u:s3@cret@h") == "odd://u:***@h"


def test_a_database_gets_a_driver_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    assert database_url("postgresql://h/d", ".").drivername == "postgresql+psycopg"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'psycopg\[binary\]'"):
        database_url("postgresql://h/d", ".")
