# SPDX-License-Identifier: Apache-2.0
"""One clear block per error: the user's traceback first, then what failed, what was expected, what to do."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from penstock.errors import PenstockError

_NOT_THE_USERS = (str(Path(__file__).resolve().parents[1]), os.path.dirname(os.__file__), "<")
_PARTS = re.compile(r"; (?=(?:input|expected|got|what to do): )")


def error_block(error: PenstockError, *, log_file: str | None = None) -> str:
    """Returns the text that tells an error to a user.

    Args:
        error: The error.
        log_file: Log of the node that failed, if it has one.
    """
    message = f"{error.component}: {error.message}" if error.component else error.message
    lines = [f"error: {message}"]
    told = {"input": error.input, "at": _place(error), "expected": error.expected, "got": error.got}
    for label, value in {**told, "what to do": error.hint}.items():
        if value and not (label == "input" and value in message):
            lines.append(f"  {label}: {value}")
    lines += _log(log_file, lines)
    return _after_traceback(getattr(error, "traceback", ""), lines)


def reason_block(node_id: str, reason: str, *, trace: str = "", log_file: str | None = None) -> str:
    """Returns the same for a node's failure of which only the recorded reason is left."""
    first, *rest = _parts(node_id, reason)
    lines = [f"error: {node_id}: {first}", *(f"  {part}" for part in rest)]
    lines += _log(log_file, lines)
    return _after_traceback(trace, lines)


def cause_of(node_id: str, reason: str) -> str:
    """Returns of a node's recorded reason what failed, without the node and without what was expected and came."""
    return _parts(node_id, reason)[0]


def _parts(node_id: str, reason: str) -> list[str]:
    return _PARTS.split(reason.removeprefix(f"{node_id}: "))


def _log(path: str | None, lines: Sequence[str]) -> list[str]:
    """Returns the line that names the log, unless another does."""
    return [f"  log: {path}"] if path and not any(path in line for line in lines) else []


def _after_traceback(trace: str, lines: list[str]) -> str:
    return "\n".join([*([trace.rstrip()] if trace else []), *lines])


def _place(error: PenstockError) -> str | None:
    """Returns the line of the user's code on which an error of ours came up, if there is one.

    A constructor is passed over for the line that called it: a component that refuses its arguments is right.
    """
    users = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    callers = [frame for frame in users if frame.name != "__init__"]
    frame = next(reversed(callers or users), None)
    return f"{frame.filename}:{frame.lineno}" if frame else None


def _is_users(path: str) -> bool:
    return not path.startswith(_NOT_THE_USERS) and "site-packages" not in path and path != sys.argv[0]
