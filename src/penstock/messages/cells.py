# SPDX-License-Identifier: Apache-2.0
"""What one message holds, and when it counts as set.

Reading a message field that is not set gives an empty message that knows where it came from; the first change to it
makes it a value of that field, and so on upwards. Repeated and map fields report their changes in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.messages.fields import Field


class Cells:
    """The values of one message by field name, and the place that the message would take in its parent.

    Attributes:
        values: What is set, and the empty messages and containers that were read.
        place: The parent's cells and the field in it, while this message is not yet a value of that field.
    """

    __slots__ = ("place", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.place: tuple[Cells, Field[Any, Any]] | None = None

    def touch(self) -> None:
        """Takes the message's place in its parent, because it has changed."""
        if self.place is not None:
            parent, field = self.place
            self.place = None
            parent.drop_rivals(field)
            parent.touch()

    def put(self, field: Field[Any, Any], value: Any) -> None:
        """Sets a field, unsets the other members of its oneof group."""
        self.drop(field)
        self.drop_rivals(field)
        self.values[field.name] = value
        self.touch()

    def drop(self, field: Field[Any, Any]) -> None:
        """Unsets a field; what was read from it no longer belongs to this message."""
        value = self.values.pop(field.name, None)
        if value is not None:
            field.release(value)

    def drop_rivals(self, field: Field[Any, Any]) -> None:
        """Unsets the other members of a field's oneof group."""
        for rival in field.rivals:
            self.drop(rival)
