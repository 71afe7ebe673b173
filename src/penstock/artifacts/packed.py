# SPDX-License-Identifier: Apache-2.0
"""Protobufs in properties of artifacts: packed as ``google.protobuf.Any`` is, in plain data.

Neither the metadata store nor a process that reads an artifact needs the message's class.
"""

from __future__ import annotations

import base64
from typing import Any

from penstock.errors import DataError, DependencyError, ParameterError

_PREFIX = "type.googleapis.com/"
_KEYS = {"type_url", "value"}


def is_packed(value: object) -> bool:
    """Says whether plain data is a packed protobuf."""
    if not isinstance(value, dict) or value.keys() != _KEYS or not isinstance(value["value"], str):
        return False
    try:
        base64.b64decode(value["value"], validate=True)
    except ValueError:
        return False
    return str(value["type_url"]).startswith(_PREFIX)


def is_message(value: object) -> bool:
    """Says whether a value is a protobuf."""
    return (
        not isinstance(value, type) and hasattr(value, "DESCRIPTOR") and hasattr(value, "SerializeToString")
    )


def packed(message: Any) -> dict[str, Any]:
    """Returns a protobuf as plain data: the URL of its type, and its bytes in base64.

    Raises:
        ParameterError: It is none.
    """
    if is_packed(message):
        return dict(message)
    if not is_message(message):
        raise ParameterError(
            "a property of a protobuf type takes a protobuf",
            got=f"{message!r:.80} ({type(message).__name__})",
        )
    content = base64.b64encode(message.SerializeToString(deterministic=True)).decode("ascii")
    return {"type_url": _PREFIX + message.DESCRIPTOR.full_name, "value": content}


def unpacked(data: Any) -> Any:
    """Returns the protobuf that plain data stands for.

    Raises:
        DataError: The module that defines its class has not been imported.
        DependencyError: protobuf is not installed.
    """
    try:
        from google.protobuf import symbol_database
    except ModuleNotFoundError as error:
        raise DependencyError(
            "protobuf is not installed", hint="pip install 'penstock[tensorflow]'"
        ) from error
    name = str(data["type_url"]).removeprefix(_PREFIX)
    try:
        message = symbol_database.Default().GetSymbol(name)()
    except KeyError:
        raise DataError(
            f"a property holds a protobuf {name}, which is not known here",
            hint="import the module that defines it first",
        ) from None
    message.ParseFromString(base64.b64decode(data["value"]))
    return message
