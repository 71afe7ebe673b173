# SPDX-License-Identifier: Apache-2.0
"""What parents, workers and the launching process say to each other: JSON documents, one a line."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

from penstock import errors
from penstock.errors import ExecutionError, PenstockError, UserCodeError

MAX_REQUEST_BYTES = 1 << 16


def send(connection: socket.socket, document: Mapping[str, Any]) -> None:
    """Sends one document."""
    connection.sendall(json.dumps(document).encode() + b"\n")


def error_to_json(error: PenstockError) -> dict[str, Any]:
    """Returns an error as plain values."""
    return {
        "class": type(error).__name__,
        "message": error.message,
        "component": error.component,
        "input": error.input,
        "expected": error.expected,
        "got": error.got,
        "hint": error.hint,
        "traceback": getattr(error, "traceback", ""),
    }


def error_from_json(document: Mapping[str, Any]) -> PenstockError:
    """Rebuilds an error; an unknown class becomes ``ExecutionError``."""
    cls = getattr(errors, document["class"], ExecutionError)
    fields = {key: document[key] for key in ("component", "input", "expected", "got", "hint")}
    if cls is UserCodeError:
        return UserCodeError(document["message"], traceback=document["traceback"], **fields)
    rebuilt: PenstockError = cls(document["message"], **fields)
    return rebuilt
