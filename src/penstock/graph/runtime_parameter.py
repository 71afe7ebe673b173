# SPDX-License-Identifier: Apache-2.0
"""Parameters whose value is given when a run starts."""

from __future__ import annotations

from typing import Any

from penstock.errors import ParameterError


class RuntimeParameter:
    """A placeholder for a value that is given when a run starts, as in TFX.

    Args:
        name: Name under which the value is given (``--param NAME=VALUE``).
        ptype: ``int``, ``float``, ``str`` or ``bool``.
        default: Value where none is given; without it the run asks for one.
        description: What it means.

    Raises:
        ParameterError: The type is another one, or the default has another type.
    """

    def __init__(
        self, name: str, ptype: type = str, default: Any = None, description: str | None = None
    ) -> None:
        if ptype not in (int, float, str, bool):
            raise ParameterError(
                f"runtime parameter {name!r} has an unusable type",
                expected="int, float, str or bool",
                got=repr(ptype),
            )
        fits = isinstance(default, (ptype, int) if ptype is float else ptype)
        if default is not None and (not fits or (isinstance(default, bool) and ptype is not bool)):
            raise ParameterError(
                f"default of runtime parameter {name!r} has the wrong type",
                expected=ptype.__name__,
                got=f"{default!r} ({type(default).__name__})",
            )
        self.name = name
        self.ptype = ptype
        self.default = default
        self.description = description or ""

    def __repr__(self) -> str:
        return f"RuntimeParameter({self.name!r}, {self.ptype.__name__}, default={self.default!r})"
