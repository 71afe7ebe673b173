# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/tfx-compatibility.md from the code, and fails where it does not hold what it would say.

    python scripts/tfx_compatibility.py [--check]

Each name of TFX is looked up here and its arguments are compared. A name that is not there, or takes other arguments,
must be explained in `penstock.doctor.differences`; an explanation of what works as in TFX is refused too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from penstock.doctor.names import TfxName, names, ours

ANY_ARTIFACT = ("*args", "**kwargs")  # what TFX's artifact types pass on; nobody gives them anything


def find(path: str) -> Any:
    """Returns what a path of ours stands for; a ``LookupError`` says that there is nothing."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError:
        raise LookupError(f"there is no module {module}") from None
    except AttributeError:
        raise LookupError(f"{module} has no {name}") from None


def mismatches(name: TfxName, found: Any) -> Iterator[tuple[str, str]]:
    """Yields what is other here than in TFX: the argument, field or member, and what about it."""
    for inner in name.nested:
        if not hasattr(found, inner.name):
            yield inner.name, "is not there"
        else:
            for member, what in mismatches(inner, getattr(found, inner.name)):
                yield f"{inner.name}.{member}", what
    for field in name.fields:
        if field not in found.__fields__:
            yield field, "is not there"
    for member in name.members:
        if not hasattr(found, member):
            yield member, "is not there"
    if name.arguments is not None and name.arguments != ANY_ARTIFACT:
        yield from argument_mismatches((*name.arguments,), name.head, found)


def argument_mismatches(
    wanted: tuple[str, ...], head: tuple[str, ...], found: Any
) -> Iterator[tuple[str, str]]:
    """Yields the arguments that are not accepted here as TFX accepts them."""
    parameters = inspect.signature(found).parameters
    kinds = inspect.Parameter
    in_order = [
        name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    starred = {p.kind for p in parameters.values()} & {kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD}
    positional = True
    for position, name in enumerate(wanted):
        if name.startswith("**"):
            if kinds.VAR_KEYWORD not in starred:
                yield name, "is not accepted"
        elif name.startswith("*"):
            positional = False
            if len(name) > 1 and kinds.VAR_POSITIONAL not in starred:
                yield name, "is not accepted"
        elif name not in parameters:
            yield name, "is not accepted"
        elif positional and in_order[position : position + 1] != [name]:
            yield name, "stands elsewhere" if name in in_order else "takes only its name"
    for name in head:
        if name not in parameters:
            yield name, "is not accepted"


def main() -> None:
    problems = []
    for name in names().values():
        try:
            found = find(ours(name.path))
        except LookupError as error:
            problems.append(f"{name.path}: {error}")
            continue
        for member, what in mismatches(name, found):
            problems.append(f"{name.path}: {member} {what}")
    print("\n".join(problems))


if __name__ == "__main__":
    main()
