# SPDX-License-Identifier: Apache-2.0
"""A database's URL: environment variables filled in, a driver that is installed, and no password where it is shown."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from penstock.errors import DependencyError, ParameterError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SECRET = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)
_HIDDEN = "***"

_DRIVERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "postgresql": (("psycopg", "psycopg"), ("psycopg2", "psycopg2")),
    "mysql": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb")),
    "mariadb": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb"), ("mariadbconnector", "mariadb")),
}
"""Drivers by database as SQLAlchemy calls them, with their module; the first that is installed is taken."""

_PACKAGES: Mapping[str, str] = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "pymysql",
    "MySQLdb": "mysqlclient",
    "mariadb": "mariadb",
}


def database_url(text: str, project_root: str) -> URL:
    """Returns the URL that a text stands for.

    ``${NAME}`` stands for an environment variable; in user and password its value is taken as it is, whatever
    characters it has. The file of a SQLite database is relative to the project's root. A database without a driver's
    name gets one that is installed.

    Raises:
        ParameterError: It is no URL, or a variable is not set.
        DependencyError: SQLAlchemy, or a driver for that database, is not installed.
    """
    make_url, filled = _make_url(), expanded(text)
    try:
        url = make_url(filled)
    except Exception as error:
        raise ParameterError(
            "the URL of the database cannot be read",
            input=hidden(text),
            expected="postgresql://user:${DB_PASSWORD}@host:5432/database, mysql://…, sqlite:///file.db, or "
            "another that SQLAlchemy knows",
        ) from (None if _VARIABLE.search(text) else error)
    if not url.drivername:
        raise ParameterError("the URL of the database names no kind of database", input=hidden(text))
    return _in_project(_with_driver(url), project_root)


def refuse_secrets(text: str) -> None:
    """Refuses a URL with a password in it: parameters of nodes are recorded, and shown to whoever sees a run.

    Raises:
        ParameterError: It has one that is no environment variable.
    """
    found = re.search(r"://[^/@]*?:([^@]*)@", text)
    login = found[1] if found else ""
    query = text.partition("?")[2].split("&")
    secrets = [
        login,
        *(value for name, _, value in (part.partition("=") for part in query) if _SECRET.search(name)),
    ]
    if any(secret and not _VARIABLE.fullmatch(secret) for secret in secrets):
        raise ParameterError(
            "a password stands in the URL of the database, where it would be recorded with every execution",
            input=hidden(text) if login else text.partition("?")[0],
            expected="an environment variable: postgresql://user:${DB_PASSWORD}@host/database",
            hint="set the variable where the command is started",
        )


def shown(url: URL) -> str:
    """Returns a URL as it may be printed: without password, nor what looks like a secret in its query."""
    query = {name: _HIDDEN if _SECRET.search(name) else value for name, value in url.query.items()}
    plain = url.set(query=query)
    return plain.render_as_string(hide_password=True).replace("%2A%2A%2A", _HIDDEN)


def hidden(text: str) -> str:
    """Returns the text of a URL, readable or not, without its password."""
    return re.sub(r"(://[^:/@\s]*:)(.*)(@)", rf"\1{_HIDDEN}\3", text)


def scrubbed(message: str, url: URL) -> str:
    """Returns a message without the password, should a driver have put it there."""
    secrets = [str(url.password)] if url.password else []
    secrets += [str(value) for name, value in url.query.items() if _SECRET.search(name)]
    for secret in secrets:
        for form in (secret, quote(secret, safe="")):
            message = message.replace(form, _HIDDEN)
    return message


def _make_url() -> Callable[[str], URL]:
    try:
        from sqlalchemy.engine import make_url
    except ModuleNotFoundError as error:
        raise DependencyError(
            "databases need the library SQLAlchemy", got=str(error), hint="pip install 'penstock[sql]'"
        ) from error
    return make_url


def expanded(text: str) -> str:
    """Returns the text of a URL with the values of its environment variables.

    Raises:
        ParameterError: One is not set.
    """
    start = text.find("://") + 3
    login = range(start, text.rfind("@")) if start > 2 else range(0)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = os.environ.get(name)
        if found is None:
            near = [known for known in os.environ if known.lower() == name.lower()]
            raise ParameterError(
                f"the environment variable {name} is not set",
                input=hidden(text),
                expected="its value where the URL has ${" + name + "}",
                hint=f"did you mean {near[0]!r}?" if near else "set it where the command is started",
            )
        return quote(found, safe="") if match.start() in login else found

    return _VARIABLE.sub(value, text)


def _with_driver(url: URL) -> URL:
    drivers = _DRIVERS.get(url.drivername)
    if drivers is None:
        return url
    for name, module in drivers:
        if importlib.util.find_spec(module) is not None:
            return url.set(drivername=f"{url.drivername}+{name}")
    package = _PACKAGES[drivers[0][1]]
    raise DependencyError(
        f"no driver for {url.drivername} is installed", input=shown(url), hint=f"pip install '{package}'"
    )


def package_of(module: str) -> str:
    """Returns the distribution to install for a driver's module."""
    return _PACKAGES.get(module, module)


def _in_project(url: URL, project_root: str) -> URL:
    database = url.database or ""
    if url.get_backend_name() != "sqlite" or database in ("", ":memory:") or database.startswith("file:"):
        return url
    return url.set(database=os.path.join(project_root, database))
