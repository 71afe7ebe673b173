# SPDX-License-Identifier: Apache-2.0
"""What a database's error means: whether to try again, and how to say it in one sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from penstock.errors import DataError, PenstockError, StorageError, UsageError
from penstock.inference.databases.url import scrubbed, shown

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Meaning = Literal[
    "lost", "busy", "login", "denied", "unknown", "file", "full", "values", "statement", "other"
]
"""``lost``: no connection, or no longer; ``busy``: locked, or chosen to give way; ``login``: wrong user or password;
``denied``: not permitted; ``unknown``: no such host or database; ``file``: no file of SQLite; ``full``: no space;
``values``: rows that do not fit; ``statement``: SQL that is wrong, or about what is not there.
"""

TEMPORARY: frozenset[Meaning] = frozenset({"lost", "busy"})
"""What another attempt may cure."""

# PostgreSQL's SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES: tuple[tuple[str, Meaning], ...] = (
    ("08", "lost"),
    ("57P0", "lost"),
    ("40", "busy"),
    ("55P03", "busy"),
    ("42P07", "busy"),  # another process has just made the same table
    ("28", "login"),
    ("42501", "denied"),
    ("3F000", "denied"),  # no schema that the user may write to
    ("3D000", "unknown"),
    ("53100", "full"),
    ("53300", "busy"),
    ("22", "values"),
    ("23", "values"),
    ("42", "statement"),
)
# MySQL's and MariaDB's: https://mariadb.com/kb/en/mariadb-error-code-reference/
_NUMBERS: dict[int, Meaning] = {
    **dict.fromkeys((1040, 1050, 1203, 1205, 1213, 1226), "busy"),
    **dict.fromkeys(
        (1053, 1077, 1152, 1153, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2014), "lost"
    ),
    **dict.fromkeys((1045, 1698), "login"),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1290, 1370), "denied"),
    **dict.fromkeys((1049, 2005), "unknown"),
    **dict.fromkeys((1021, 1041, 1114), "full"),
    **dict.fromkeys((1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 1452, 4025), "values"),
    **dict.fromkeys((1051, 1052, 1054, 1064, 1109, 1146, 1149, 1305), "statement"),
}
_TEXTS: tuple[tuple[str, Meaning], ...] = (
    (r"(password )?authentication failed|role .* does not exist|no password supplied", "login"),
    (
        r"could not translate host name|failed to resolve host|name resolution|no address associated",
        "unknown",
    ),
    (r"name or service not known|nodename nor servname", "unknown"),
    (r"database .* does not exist", "unknown"),
    (r"unable to open database file", "file"),
    (r"database (table )?is locked|too many (clients|connections)|starting up|shutting down", "busy"),
    (r"disk is full|no space left|disk full", "full"),
    (r"readonly database|read-only|permission denied|access denied|not authorized", "denied"),
    (r"connection refused|connection reset|broken pipe|timed? ?out|closed the connection", "lost"),
    (
        r"connection .*(lost|closed)|terminating connection|can't connect|gone away|consuming input failed",
        "lost",
    ),
    (r"constraint|out of range|cannot be null|invalid input syntax|datatype mismatch", "values"),
    (r"no such (table|column|function)|syntax error|unrecognized token|incomplete input", "statement"),
)

_SENTENCES: dict[Meaning, tuple[type[PenstockError], str, str | None]] = {
    "lost": (
        StorageError,
        "the connection was lost or refused",
        "check that the server runs and can be reached",
    ),
    "busy": (StorageError, "the database is busy with others", "run again when they have finished"),
    "login": (StorageError, "the database refused user or password", "check both in the URL and its ${NAME}"),
    "denied": (StorageError, "not permitted", "grant that user the right, or name another user in the URL"),
    "unknown": (
        StorageError,
        "there is no such host or database",
        "check host, port and database in the URL",
    ),
    "file": (
        StorageError,
        "there is no database file that can be opened",
        "check the path in the URL: is its folder there, and is it a file?",
    ),
    "full": (StorageError, "the disk of the database is full", "free space there and run again"),
    "values": (DataError, "the database does not take a value", "compare the rows with the table's columns"),
    "statement": (
        UsageError,
        "the statement is wrong, or about a table or column that is not there",
        "try it in a client of the database",
    ),
    "other": (StorageError, "the database refused", None),
}


def meaning(error: BaseException) -> Meaning:
    """Returns what an error of SQLAlchemy, or of a driver, means."""
    original = getattr(error, "orig", None) or error
    number = original.args[0] if getattr(original, "args", ()) else None
    if isinstance(number, int) and number in _NUMBERS:
        # A host that cannot be resolved comes as "cannot connect", which another attempt could cure.
        by_text = _by_text(str(original))
        return "unknown" if _NUMBERS[number] == "lost" and by_text == "unknown" else _NUMBERS[number]
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if isinstance(state, str) and state.strip("0"):  # MySQL's say less than its numbers
        for prefix, found in _STATES:
            if state.startswith(prefix):
                return found
    found_in_text = _by_text(str(original))
    if found_in_text == "other" and getattr(error, "connection_invalidated", False):
        return "lost"
    return found_in_text


def database_error(
    error: BaseException, action: str, url: URL, component: str | None = None
) -> PenstockError:
    """Says an error as one of ours.

    Args:
        error: What SQLAlchemy or a driver has raised.
        action: What failed, as ``write to table scores``.
        url: The database; its password is never shown.
        component: Node that the work is for.
    """
    kind, cause, hint = _SENTENCES[meaning(error)]
    return kind(
        f"cannot {action}: {cause}",
        component=component,
        input=shown(url),
        got=scrubbed(first_line(error), url),
        hint=hint,
    )


def first_line(error: BaseException) -> str:
    """Returns what the driver said, without the statement and its values."""
    original = getattr(error, "orig", None) or error
    arguments: tuple[object, ...] = getattr(original, "args", ())
    text = str(arguments[1]) if len(arguments) > 1 and isinstance(arguments[0], int) else str(original)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return (lines[0] if lines else type(original).__name__)[:500]


def _by_text(text: str) -> Meaning:
    for pattern, found in _TEXTS:
        if re.search(pattern, text, re.IGNORECASE):
            return found
    return "other"
