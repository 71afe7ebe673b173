# SPDX-License-Identifier: Apache-2.0
"""Namespaces whose names are imported when they are first asked for (PEP 562).

A facade lists its names twice: in a table for this module, and as imports under ``TYPE_CHECKING`` for type checkers
and editors. A test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any

from penstock.errors import did_you_mean


def lazy_names(
    module: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Returns ``__getattr__``, ``__dir__`` and ``__all__`` of a facade.

    Args:
        module: The facade's ``__name__``.
        homes: Where each name comes from: the path of a module that has the name, ``module:other`` where it has
            another name there (``module:Outer.Inner`` too), ``module:`` where the name stands for the module itself.
    """

    def get(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}; {did_you_mean(name, homes)}")
        path, colon, other = home.partition(":")
        value: Any = import_module(path)
        if other or not colon:
            value = attrgetter(other or name)(value)
        setattr(sys.modules[module], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[module]), *homes})

    return get, listed, sorted(homes)


def names_of(home: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns ``__getattr__`` and ``__dir__`` of a module that has the names of another one, as another path to it.

    Args:
        home: Path of the other module, which is imported when the first name is asked for.
    """

    def get(name: str) -> Any:
        if (
            name.startswith("__") and name != "__all__"
        ):  # what else the import system asks modules for is their own
            raise AttributeError(name)
        return getattr(import_module(home), name)

    return get, lambda: dir(import_module(home))
