# SPDX-License-Identifier: Apache-2.0
"""Names a class of the user's so that another process finds it, and finds it there."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penstock.errors import DataError, ParameterError


def import_paths(cls: type, otherwise: str = "") -> tuple[str, ...]:
    """Returns the dotted paths under which another process may find a class, the most specific first.

    A module file may be imported by its name alone while its folder is on ``sys.path``, as a training's module is; seen
    from the project's root, where a worker stands, it has its folder's name before its own.

    Args:
        cls: The class.
        otherwise: What else the user could do, for the error.

    Raises:
        ParameterError: It has none: it was defined in a script, a notebook or a function.
    """
    if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
        raise ParameterError(
            f"the class {cls.__qualname__} of the model cannot be imported by others",
            input="model",
            expected="a class at the top of a module of the project",
            got=f"one in {'a script' if cls.__module__ == '__main__' else 'a function'}",
            hint=f"move it into a module, for instance modules/networks.py{otherwise}",
        )
    found = [cls.__module__]
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file and "site-packages" not in Path(file).parts:
        found += _seen_from_folders(Path(file).resolve())
    ordered = sorted(dict.fromkeys(found), key=lambda name: -name.count("."))
    return tuple(
        f"{module}.{cls.__qualname__}" for module in ordered if not module.startswith("penstock_user_code")
    )


def _seen_from_folders(file: Path) -> list[str]:
    names = []
    for entry in sys.path:
        folder = Path(entry or ".").resolve()
        if folder in file.parents:
            parts = file.relative_to(folder).with_suffix("").parts
            if all(part.isidentifier() for part in parts):
                names.append(".".join(parts))
    return names


def import_class(paths: Sequence[str], uri: str, otherwise: str = "") -> Any:
    """Returns the class that is found under one of these dotted paths.

    Raises:
        DataError: It is found under none.
    """
    reasons = []
    for path in paths:
        module, _, name = path.rpartition(".")
        try:
            return _attribute(module, name)
        except Exception as error:  # importing runs the user's module
            reasons.append(f"{path}: {type(error).__name__}: {error}")
    raise DataError(
        f"the class of the model at {uri} cannot be imported",
        input=uri,
        expected=" or ".join(paths),
        got="; ".join(reasons),
        hint=f"run in the project that has it, where it still has that name{otherwise}",
    )


def _attribute(module: str, name: str) -> Any:
    """Imports a module, or an outer class, and returns what it holds."""
    try:
        holder: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        outer, _, inner = module.rpartition(".")
        if error.name != module or not outer:
            raise
        try:
            holder = _attribute(outer, inner)
        except AttributeError:
            raise error from None
    return getattr(holder, name)
