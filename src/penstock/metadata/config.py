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
        password: With what; ``None`` takes it from the environment, see ``PASSWORD_VARIABLE``. Never printed, and
            never part of the JSON.
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
        """Returns everything but the password (see ``from_json_dict``)."""
        shared = {"kind": self.kind, "lock_timeout_seconds": self.lock_timeout_seconds}
        if self.kind == "sqlite":
            return {**shared, "filename_uri": self.filename_uri}
        return {
            **shared,
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "database": self.database,
        }

    @classmethod
    def from_json_dict(cls, data: Mapping[str, Any]) -> ConnectionConfig:
        """Rebuilds a configuration from ``to_json_dict``.

        Raises:
            MetadataError: The data describes no connection.
        """
        known = {name for name in cls.__dataclass_fields__ if name != "password"}
        unknown = sorted(set(data) - known)
        if unknown or "kind" not in data:
            raise MetadataError(
                "this is no metadata connection",
                expected=f"kind and some of {', '.join(sorted(known - {'kind'}))}",
                got=", ".join(sorted(data)),
            )
        return cls(**data)


ConnectionConfigType = ConnectionConfig
"""TFX's name of the type."""


def sqlite_metadata_connection_config(metadata_db_uri: str | os.PathLike[str]) -> ConnectionConfig:
    """Returns the connection of an SQLite file, which is made at its first use together with its folder."""
    return ConnectionConfig("sqlite", filename_uri=_plain_path(os.fspath(metadata_db_uri)))


def mysql_metadata_connection_config(
    host: str, port: int, database: str, username: str, password: str
) -> ConnectionConfig:
    """Returns the connection of a MySQL or MariaDB server."""
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
