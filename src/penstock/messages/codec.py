# SPDX-License-Identifier: Apache-2.0
"""Typed values to plain JSON data and back, driven by type hints.

Parameters, plans and results cross processes and stand in the IR in this form. Messages have proto3's JSON form,
dataclasses are objects, members of enumerations are their names. What JSON lacks is tagged, so that it comes back
whatever the hint: ``{"$float": "NaN"}``, ``{"$bytes": "<base64>"}``, and ``{"$dict": …}`` around a mapping that looks
like a tag.

A hint may be ``int``, ``float``, ``str``, ``bool``, ``bytes`` or ``None``; a tuple, a list, a sequence (read as a
tuple) or a mapping (read as a dictionary); a union, ``Literal``, an enumeration, a dataclass, a message or a protobuf
class; ``Any`` for plain data. Of several dataclasses in a union the first one that fits is taken.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar, overload

from penstock.messages.decoding import Decoder
from penstock.messages.encoding import encode

T = TypeVar("T")


def to_jsonable(value: object, path: str = "") -> Any:
    """Returns the plain JSON data that stands for a value.

    Args:
        value: ``None``, a number, text, bytes, a list, tuple or mapping of these, a member of an enumeration, a
            dataclass, a message or a protobuf.
        path: What the value is, for errors.

    Raises:
        ParameterError: Somewhere in the value there is something else; the error names its path.
    """
    return encode(value, path or "value")


@overload
def from_jsonable(hint: type[T], data: object, path: str = "") -> T: ...
@overload
def from_jsonable(hint: Any, data: object, path: str = "") -> Any: ...
def from_jsonable(hint: Any, data: object, path: str = "") -> Any:
    """Returns the value that plain JSON data stands for.

    Args:
        hint: Type of the value; this module's docstring lists what it may be.
        data: What ``to_jsonable`` gave. Forms that a person would write are taken too: whole floats as integers,
            ``"NaN"`` as a float, base64 as bytes, an enumeration's value for its name.
        path: What the value is, for errors: ``parameters`` makes an error name ``parameters.train_args.num_steps``.

    Raises:
        ParameterError: The data does not fit the hint, or the hint has no JSON form.
    """
    return Decoder(tags=True).decode(hint, data, path or "value")


@overload
def conform(hint: type[T], value: object, path: str = "") -> T: ...
@overload
def conform(hint: Any, value: object, path: str = "") -> Any: ...
def conform(hint: Any, value: object, path: str = "") -> Any:
    """Returns a value that a user gave as its type wants it, checked all the way down.

    Lists become tuples, mappings become dataclasses and messages, names become members of enumerations, protobufs
    become messages; messages are copied. What JSON does not keep apart is kept apart: an ``EvalArgs`` is no
    ``TrainArgs``.

    Args:
        hint: Type of the value; this module's docstring lists what it may be.
        value: The value.
        path: What the value is, for errors.

    Raises:
        ParameterError: The value does not fit the hint, or the hint has no JSON form.
    """
    return Decoder(tags=False).decode(hint, value, path or "value")


def digestable(value: object) -> str:
    """Returns the canonical JSON text of a value: sorted, compact, ASCII; equal values have equal texts."""
    return json.dumps(to_jsonable(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
