# SPDX-License-Identifier: Apache-2.0
"""Enumerations with the names and numbers that TFX's have, read the way protobuf's are."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from penstock.messages.problems import wrong_value

if TYPE_CHECKING:
    from typing_extensions import Self


class ProtoEnum(enum.IntEnum):
    """Base of all enumerations.

    A member is an ``int``, as in protobuf, and prints as its number; ``PayloadFormat.Name(6)``,
    ``PayloadFormat.Value('FORMAT_TF_EXAMPLE')``, ``keys``, ``values`` and ``items`` are protobuf's.
    """

    def __str__(self) -> str:
        return str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)

    @classmethod
    def Name(cls, number: int) -> str:
        """Returns the name of a number."""
        if number not in set(cls):
            raise wrong_value(cls.__qualname__, f"one of {cls.items()}", number)
        return cls(number).name

    @classmethod
    def Value(cls, name: str) -> Self:
        """Returns the member of a name."""
        if name not in cls.__members__:
            raise wrong_value(cls.__qualname__, f"one of {cls.keys()}", name)
        return cls[name]

    @classmethod
    def keys(cls) -> list[str]:
        """Returns the names of all members."""
        return list(cls.__members__)

    @classmethod
    def values(cls) -> list[int]:
        """Returns the numbers of all members."""
        return [int(member) for member in cls]

    @classmethod
    def items(cls) -> list[tuple[str, int]]:
        """Returns the names and numbers of all members."""
        return [(member.name, int(member)) for member in cls]
