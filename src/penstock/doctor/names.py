# SPDX-License-Identifier: Apache-2.0
"""TFX's names, and what became of each of them here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from penstock.doctor.differences import ABSENT, ARGUMENTS, DIFFERS, REFUSED, ArgumentNote
from penstock.errors import did_you_mean

State = Literal["works", "differs", "absent"]


@dataclass(frozen=True, slots=True)
class TfxName:
    """A name of TFX.

    Attributes:
        module: The module of TFX that has it.
        name: The name.
        kind: ``class``, ``function``, ``message``, ``enum`` or ``value``.
        arguments: Arguments in order, ``*`` before those that only take a name; ``None`` where none are known.
        head: Arguments that TFX's newest source has more, before the others.
        fields: Fields of a message.
        members: Members of an enumeration.
        nested: What is declared inside a message.
        public: The path in ``tfx.v1`` of the same thing; ``None`` where it has none.
    """

    module: str
    name: str
    kind: str
    arguments: tuple[str, ...] | None = None
    head: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    nested: tuple[TfxName, ...] = ()
    public: str | None = None

    @property
    def path(self) -> str:
        """Dotted path in TFX."""
        return f"{self.module}.{self.name}"

    @property
    def is_public(self) -> bool:
        """Whether it is part of ``tfx.v1``."""
        return self.module.startswith("tfx.v1")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a name.

    Attributes:
        state: Whether it works as in TFX, differs, or is not to be had.
        text: How it differs, or why it is absent and what to use instead; empty where it works.
        importable: Whether the name can be imported all the same.
    """

    state: State
    text: str = ""
    importable: bool = True


def ours(path: str) -> str:
    """Returns the path here of a path in TFX: ``tfx.v1.dsl`` and ``tfx.dsl`` are ``penstock.dsl``."""
    below = path.removeprefix("tfx").removeprefix(".v1")
    return f"penstock{below}"


def key(path: str) -> str:
    """Returns the key of a path in the tables of differences: it without ``tfx`` and ``v1``."""
    return ours(path).removeprefix("penstock.")


@cache
def names() -> Mapping[str, TfxName]:
    """Returns TFX's names by path, public ones first."""
    document = _document()
    found: dict[str, TfxName] = {}
    for part in ("public", "older"):
        for module, members in document[part].items():
            for name, fact in members.items():
                read = _name(module, name, fact, found)
                found[read.path] = read
    return found


@cache
def modules() -> Mapping[str, tuple[TfxName, ...]]:
    """Returns TFX's names by module."""
    found: dict[str, list[TfxName]] = {}
    for name in names().values():
        found.setdefault(name.module, []).append(name)
    return {module: tuple(members) for module, members in found.items()}


def version() -> str:
    """Returns the version of TFX that the names are of."""
    return str(_document()["version"])


def verdict(name: TfxName) -> Verdict:
    """Returns what became of a name."""
    for path in _paths(name):
        if path in REFUSED:
            return Verdict("absent", REFUSED[path])
        if path in ABSENT:
            return Verdict("absent", ABSENT[path], importable=False)
        if path in DIFFERS:
            return Verdict("differs", DIFFERS[path])
    return Verdict("works")


def in_tfx(path: str) -> str:
    """Returns the path in TFX of a name that was imported from Penstock, whose paths are the same; any other as it is.

    ``penstock`` itself stands for ``tfx.v1``. What only Penstock has stays what it is.
    """
    if path == "penstock":
        return "tfx.v1"
    if not path.startswith("penstock."):
        return path
    below = path.removeprefix("penstock.")
    candidates = [f"tfx.{below}"] if below.startswith("v1") else [f"tfx.v1.{below}", f"tfx.{below}"]
    for candidate in candidates:
        if candidate in names() or any(m == candidate or m.startswith(f"{candidate}.") for m in modules()):
            return candidate
    return path


def argument_notes(name: TfxName) -> Mapping[str, ArgumentNote]:
    """Returns what is said of single arguments, fields or members of a name."""
    found: dict[str, ArgumentNote] = {}
    for path in _paths(name):
        found.update(ARGUMENTS.get(path, {}))
    return found


def unlisted(path: str) -> str:
    """Says what to do about a path of TFX that is not among its names."""
    if path.startswith(("tfx.examples", "tfx.tools", "tfx.benchmarks", "tfx.experimental")):
        return "TFX's examples and tools are not part of Penstock; copy what you use into your project."
    module, _, name = path.rpartition(".")
    if module.startswith("tfx.v1") and module in modules():
        return f"TFX {version()} does not have it either; {_nearest(name, module)}"
    if module in modules():
        return f"Not among what Penstock has of {module}; {_nearest(name, module)}"
    return "This is inside TFX and not here; docs/reference/tfx-compatibility.md lists the modules that are."


def _nearest(name: str, module: str) -> str:
    known = [member.name for member in modules()[module] if verdict(member).importable]
    return did_you_mean(name, known)


def _paths(name: TfxName) -> Iterator[str]:
    """Yields the keys under which something may be said of a name; the nearest first."""
    yield key(name.path)
    if name.public is not None:
        yield key(name.public)
    yield key(name.module)
    if name.public is not None:
        yield key(name.public.rpartition(".")[0])


def _name(module: str, name: str, fact: Mapping[str, Any], known: Mapping[str, TfxName]) -> TfxName:
    public = fact.get("same_as")
    if public is not None:
        same = known[public]
        return TfxName(
            module, name, same.kind, same.arguments, same.head, same.fields, same.members, same.nested, public
        )
    arguments = fact.get("arguments")
    return TfxName(
        module,
        name,
        fact["kind"],
        None if arguments is None else tuple(arguments),
        tuple(_document()["head"].get(f"{module}.{name}", ())),
        tuple(fact.get("fields", ())),
        tuple(fact.get("members", ())),
        tuple(_name(f"{module}.{name}", inner, of, known) for inner, of in fact.get("nested", {}).items()),
    )


@cache
def _document() -> Mapping[str, Any]:
    text = files("penstock.doctor").joinpath("tfx.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
