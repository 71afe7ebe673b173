# SPDX-License-Identifier: Apache-2.0
"""How values that do not fit are reported: always with the path of the field, what fits, and what came."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.errors import ParameterError, did_you_mean

_LONGEST_REPR = 80


class UnknownFieldError(ParameterError, AttributeError):
    """A message has no field of that name; an ``AttributeError`` too, so that ``hasattr`` works."""


def show(value: object) -> str:
    """Returns a value as an error shows it: its shortened ``repr`` and its type."""
    text = repr(value)
    if len(text) > _LONGEST_REPR:
        text = f"{text[:_LONGEST_REPR]}…"
    return text if value is None else f"{text} ({type(value).__name__})"


def wrong_type(path: str, expected: str, value: object) -> ParameterError:
    """Returns the error for a value of another type than the one expected."""
    return ParameterError(f"{path} has the wrong type", input=path, expected=expected, got=show(value))


def wrong_value(path: str, expected: str, value: object, hint: str | None = None) -> ParameterError:
    """Returns the error for a value of the right type that is not allowed."""
    return ParameterError(
        f"{path} has a value that is not allowed", input=path, expected=expected, got=show(value), hint=hint
    )


def unknown_field(path: str, name: str, known: Iterable[str]) -> UnknownFieldError:
    """Returns the error for a field that does not exist."""
    return UnknownFieldError(f"{path} has no field {name!r}", input=path, hint=did_you_mean(name, known))
