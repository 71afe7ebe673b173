# SPDX-License-Identifier: Apache-2.0
"""Databases through ADBC: record batches come and go as they are, without Python values in between."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from penstock.errors import DependencyError, ParameterError
from penstock.inference.databases.url import shown

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_DRIVERS = {"postgresql": "adbc_driver_postgresql", "sqlite": "adbc_driver_sqlite"}

ADBC_DATABASES = tuple(sorted(_DRIVERS))
"""Databases that ADBC serves, as SQLAlchemy's URLs call them."""


def check_adbc(url: URL) -> None:
    """Refuses databases without an ADBC driver, or whose driver is not installed.

    Raises:
        ParameterError: Only SQLAlchemy serves that database.
        DependencyError: The driver is not installed.
    """
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ParameterError(
            f"driver cannot be 'adbc' for {url.get_backend_name()}",
            expected=f"a database of {' or '.join(ADBC_DATABASES)}",
            got=shown(url),
            hint="leave the driver out",
        )
    if importlib.util.find_spec(driver) is None:
        raise DependencyError(
            f"ADBC's driver for {url.get_backend_name()} is not installed",
            hint=f"pip install {driver.replace('_', '-')}",
        )


def connect_adbc(url: URL) -> Any:
    """Returns a connection (PEP 249, with ADBC's own methods) to a database that :func:`check_adbc` lets pass."""
    module = importlib.import_module(f"{_DRIVERS[url.get_backend_name()]}.dbapi")
    if url.get_backend_name() == "sqlite":
        return module.connect(url.database)
    return module.connect(_connection_string(url))


def _connection_string(url: URL) -> str:
    """Returns a URL in libpq's form of keywords and values, which its error messages do not repeat."""
    given = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        **url.query,
    }
    texts = {name: str(value) for name, value in given.items() if value is not None}
    escaped = {name: text.replace("\\", "\\\\").replace("'", "\\'") for name, text in texts.items()}
    return " ".join(f"{name}='{text}'" for name, text in escaped.items())
