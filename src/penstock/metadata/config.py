# SPDX-License-Identifier: Apache-2.0
"""Which metadata store to use: as a value, as the command line spells it, and as it stands in the IR."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from penstock.errors import MetadataError

PASSWORD_VARIABLE = "PENSTOCK_METADATA_PASSWORD"
"""Environment variable with the database password where the configuration holds none, as in an IR."""

_FORMS = "a path, sqlite:///PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_$]{1,64}")
_MYSQL_PORT = 3306
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """Connection of a metadata store; checked as it is made, since the library aborts the process on some errors.

    Attributes:
        kind: ``sqlite`` for a file on this machine; ``mysql`` for a MySQL or MariaDB server.
        filename_uri: Path of the SQLite file; a relative one counts from the directory of the process that opens it.
        host: Database server.
        port: Its TCP port.
        username: Who signs in.
        password: With what; ``${NAME}`` is what the environment variable NAME holds when a connection is made, and
            ``None`` stands for ``${PENSTOCK_METADATA_PASSWORD}``. Never printed, and never part of the JSON, where
            only the variable's name stands.
        database: Name of the database.
        lock_timeout_seconds: How long a call waits for other processes before it fails.
    """

    kind: Literal["sqlite", "mysql"]
    filename_uri: str = ""
    host: str = ""
    port: int = _MYSQL_PORT
    username: str = ""
    password: str | None = field(default=None, repr=False)
    database: str = ""
    lock_timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.lock_timeout_seconds > 0:
            raise MetadataError("lock_timeout_seconds must be positive", got=str(self.lock_timeout_seconds))
        if self.kind == "sqlite":
            _check_sqlite(self.filename_uri)
        elif self.kind == "mysql":
            _check_mysql(self)
        else:
            raise _unknown_kind(self.kind)
        if self.literal_password is not None:
            _passwords[str(self)] = self.literal_password

    @property
    def password_variable(self) -> str | None:
        """Name of the environment variable with the password; ``None`` where the password itself is given."""
        if self.password is None:
            return PASSWORD_VARIABLE
        variable = _VARIABLE.fullmatch(self.password)
        return variable[1] if variable else None

    @property
    def literal_password(self) -> str | None:
        """The password, where it is given itself."""
        return self.password if self.password_variable is None else None

    def secret(self) -> str:
        """Returns the password to sign in with.

        A compiled pipeline holds none: in the process that made the configuration, and in those forked from it, the
        password that was given there is remembered for the store.

        Raises:
            MetadataError: The environment variable that is named is not set.
        """
        variable = self.password_variable
        if variable is None:
            return self.password or ""
        if self.password is None and str(self) in _passwords:
            return _passwords[str(self)]
        if variable not in os.environ and self.password is not None:
            raise MetadataError(
                "the password of the metadata store is not there",
                input=str(self),
                expected=f"the environment variable {variable}",
                hint="set it, in every process that opens the store",
            )
        return os.environ.get(variable, "")

    @property
    def path(self) -> str:
        """Absolute path of the SQLite file."""
        return os.path.abspath(self.filename_uri)

    def __str__(self) -> str:
        """Returns the URL of the store, without the password."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.path}"
        user = f"{self.username}@" if self.username else ""
        return f"mysql://{user}{self.host}:{self.port}/{self.database}"

    def to_json_dict(self) -> dict[str, Any]:
        """Returns everything but the password, of which only a variable's name stands (see ``from_json_dict``)."""
        shared = {"kind": self.kind, "lock_timeout_seconds": self.lock_timeout_seconds}
        if self.kind == "sqlite":
            return {**shared, "filename_uri": self.filename_uri}
        server = {
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "database": self.database,
        }
        variable = self.password_variable if self.password is not None else None
        return {**shared, **server, **({"password_variable": variable} if variable else {})}

    @classmethod
    def from_json_dict(cls, data: Mapping[str, Any]) -> ConnectionConfig:
        """Rebuilds a configuration from ``to_json_dict``.

        Raises:
            MetadataError: The data describes no connection.
        """
        known = {name for name in cls.__dataclass_fields__ if name != "password"} | {"password_variable"}
        unknown = sorted(set(data) - known)
        if unknown or "kind" not in data:
            raise MetadataError(
                "this is no metadata connection",
                expected=f"kind and some of {', '.join(sorted(known - {'kind'}))}",
                got=", ".join(sorted(data)),
            )
        fields = dict(data)
        variable = fields.pop("password_variable", None)
        return cls(**fields, password=f"${{{variable}}}" if variable else None)


_passwords: dict[str, str] = {}
"""Passwords that were given in this process, by their store."""

ConnectionConfigType = ConnectionConfig
"""TFX's name of the type."""


def sqlite_metadata_connection_config(metadata_db_uri: str | os.PathLike[str]) -> ConnectionConfig:
    """Returns the connection of an SQLite file, which is made at its first use together with its folder."""
    return ConnectionConfig("sqlite", filename_uri=_plain_path(os.fspath(metadata_db_uri)))


def mysql_metadata_connection_config(
    host: str, port: int, database: str, username: str, password: str
) -> ConnectionConfig:
    """Returns the connection of a MySQL or MariaDB server.

    Args:
        host: The server.
        port: Its TCP port, mostly 3306.
        database: Name of the database, which is made at its first use where the user may do so.
        username: Who signs in.
        password: With what. ``${NAME}`` takes it from an environment variable, in every process that opens the store;
            a password that stands here itself is known to this process and those forked from it only, and others take
            it from ``PENSTOCK_METADATA_PASSWORD``.
    """
    return ConnectionConfig(
        "mysql", host=host, port=port, username=username, password=password, database=database
    )


def parse(text: str) -> ConnectionConfig:
    """Reads a metadata store as the command line names it.

    Args:
        text: A path, or a URL. ``sqlite:///a/b.db`` is relative and ``sqlite:////a/b.db`` absolute, as in SQLAlchemy.

    Raises:
        MetadataError: The store is of a kind that is refused or unknown, or its URL is incomplete.
    """
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() == "file":
        return sqlite_metadata_connection_config(text)
    kind = scheme[1].lower().partition("+")[0]
    if kind in ("postgresql", "postgres"):
        raise _postgresql_refused()
    url = _split(text)
    if kind == "sqlite":
        if url.netloc or not url.path.strip("/"):
            raise MetadataError(
                "the address of an SQLite store has no path",
                expected="sqlite:///PATH",
                got=text,
                hint="three slashes",
            )
        return sqlite_metadata_connection_config(unquote(url.path[1:]))
    if kind in ("mysql", "mariadb"):
        _check_plain(url)
        return ConnectionConfig(
            "mysql",
            host=url.hostname or "",
            port=_port(url),
            username=unquote(url.username or ""),
            password=unquote(url.password) if url.password is not None else None,
            database=unquote(url.path[1:]),
        )
    raise _unknown_kind(scheme[1])


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:
        raise MetadataError(
            "the metadata store's URL cannot be read", expected=_FORMS, got=str(error)
        ) from error


def _port(url: SplitResult) -> int:
    try:
        return url.port or _MYSQL_PORT
    except ValueError as error:
        raise MetadataError("the metadata store's URL has no usable port", got=str(error)) from error


def _check_plain(url: SplitResult) -> None:
    if url.query or url.fragment or "@" in url.path:
        raise MetadataError(
            "the metadata store's URL has more than a user, a password, a host, a port and a database",
            expected=_FORMS,
            hint="in a password, write / ? # and @ as %2F %3F %23 and %40, or take it from the environment: "
            "mysql://USER:${NAME}@HOST/DATABASE",
        )


def _plain_path(text: str) -> str:
    """Returns the path in a ``file:`` URI, or the text itself."""
    if not text.startswith("file:"):
        return text
    url = urlsplit(text)
    if url.query or url.netloc not in ("", "localhost"):
        raise MetadataError(
            "a file: URI of a metadata store may hold nothing but a path", expected="file:///PATH", got=text
        )
    return unquote(url.path)


def _check_sqlite(path: str) -> None:
    if not path or "\0" in path:
        raise MetadataError("the SQLite metadata store has no usable path", expected="a path", got=repr(path))
    if path == ":memory:":
        raise MetadataError(
            "a metadata store in memory is seen by one process only, and a run has several",
            hint="give a path, in a temporary folder for instance",
        )
    scheme = _SCHEME.match(path)
    if scheme is not None and "://" in path:
        raise MetadataError(
            "an SQLite metadata store must be a file on this machine",
            expected="a local path",
            got=path,
            hint="a store that several machines share goes on MySQL or MariaDB",
        )
    if path.endswith(("/", "/.", "/..")) or path in (".", ".."):
        raise MetadataError("the path of the SQLite metadata store names no file", got=path)


def _check_mysql(config: ConnectionConfig) -> None:
    if not config.host:
        raise MetadataError("the MySQL metadata store has no host", expected=_FORMS)
    if not _DATABASE_NAME.fullmatch(config.database):
        raise MetadataError(
            "the name of the MySQL database is not usable",
            expected="letters, digits, _ and $ (the library does not quote it)",
            got=repr(config.database),
        )
    if not isinstance(config.port, int) or not 0 < config.port < 65536:
        raise MetadataError(
            "the port of the MySQL server is not usable", expected="1 to 65535", got=str(config.port)
        )
    if not config.username:
        raise MetadataError("the MySQL metadata store has no user", input=str(config), expected=_FORMS)


def _postgresql_refused() -> MetadataError:
    return MetadataError(
        "PostgreSQL is refused as a metadata store: in the ml-metadata library every string with a backslash breaks "
        "out of its SQL literal (stored SQL injection), strings end at 2.7 KB and integers at 32 bits",
        expected=_FORMS,
        hint="use SQLite, or MySQL/MariaDB for several machines",
    )


def _unknown_kind(kind: str) -> MetadataError:
    if kind in ("postgresql", "postgres"):
        return _postgresql_refused()
    return MetadataError("the metadata store is of an unknown kind", expected=_FORMS, got=kind)
