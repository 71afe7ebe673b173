# SPDX-License-Identifier: Apache-2.0
"""Opens databases, and repeats work whose connection was lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from penstock.errors import DependencyError, PenstockError, StorageError, did_you_mean
from penstock.inference.databases.failures import TEMPORARY, database_error, first_line, meaning
from penstock.inference.databases.url import package_of, scrubbed, shown

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

ATTEMPTS = 5
"""How often work is tried whose connection is lost, or whose database is busy."""

_FIRST_WAIT_SECONDS = 0.5
_LOCK_SECONDS = 30
_LOG = logging.getLogger(__name__)
T = TypeVar("T")


class TryAgainError(StorageError):
    """Another process was in the way of a transaction; done again, it finds what that one has done."""


def open_engine(url: URL, *, pooled: bool = False) -> Engine:
    """Returns SQLAlchemy's engine for a database; nothing is connected yet.

    Args:
        url: The database.
        pooled: Whether a connection is kept between uses.

    Raises:
        DependencyError: The driver is not installed.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.pool import NullPool

    sqlite = url.get_backend_name() == "sqlite"
    settings: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 1} if pooled else {"poolclass": NullPool}
    if sqlite:
        settings = {"poolclass": NullPool, "connect_args": {"timeout": _LOCK_SECONDS}}
    try:
        engine = create_engine(url, hide_parameters=True, **settings)
    except NoSuchModuleError as error:
        raise DependencyError(
            f"no dialect of SQLAlchemy serves {url.drivername}://",
            input=shown(url),
            hint=did_you_mean(url.drivername, ("sqlite", "postgresql", "mysql", "mariadb"))
            + " Other databases need the package of their dialect",
        ) from error
    except ModuleNotFoundError as error:
        package = package_of(error.name or "")
        raise DependencyError(
            f"the driver of {url.drivername} is not installed",
            input=shown(url),
            got=str(error),
            hint=f"pip install '{package}'",
        ) from error
    if sqlite:
        # The driver begins transactions only before some statements, and never before one that makes a table.
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    return engine


def with_retries(
    work: Callable[[], T], *, action: str, url: URL, attempts: int = ATTEMPTS, component: str | None = None
) -> T:
    """Does work on a database; again, after a while that doubles, where its connection was lost or it was busy.

    Args:
        work: A whole transaction, which may be done again after it failed.
        action: What it does, as ``write to table scores``, for the message of an error.
        url: The database.
        attempts: How often it is tried at most.
        component: Node that the work is for.

    Raises:
        StorageError: It failed for good.
        DataError: The database does not take the values.
    """
    wait = _FIRST_WAIT_SECONDS
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except Exception as error:
            if isinstance(error, TryAgainError) and attempt < attempts:
                said = error.message
            elif isinstance(error, PenstockError) or not is_database_error(error):
                raise
            elif meaning(error) in TEMPORARY and attempt < attempts:
                said = scrubbed(first_line(error), url)
            else:
                failure = database_error(error, action, url, component)
                failure.message += f" ({attempt} attempts)" if attempt > 1 else ""
                raise failure from error
        _LOG.warning("cannot %s yet (%s); trying again in %.1f s", action, said, wait)
        time.sleep(wait)
        wait *= 2
    raise AssertionError("there is at least one attempt")


def is_database_error(error: BaseException) -> bool:
    """Says whether an error comes from SQLAlchemy or a driver below it."""
    from sqlalchemy.exc import SQLAlchemyError

    modules = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    drivers = {"psycopg", "psycopg2", "pymysql", "sqlite3", "MySQLdb", "adbc_driver_manager"}
    return isinstance(error, (SQLAlchemyError, OSError)) or bool(modules & drivers)


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
