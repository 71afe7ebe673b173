# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reference/tfx-compatibility.md from the code, and fails where the page would not be true.

    python scripts/tfx_compatibility.py [--check]

Each name of TFX is looked up in Penstock, and its arguments, fields and members are compared. One that is not there, or
takes something else, must be explained in `penstock.doctor.differences`; so must no name be that TFX does not have, nor
be called absent one that is there. With --check nothing is written: a page that is out of date fails too.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from penstock.doctor.differences import ABSENT, ARGUMENTS, DIFFERS, REFUSED
from penstock.doctor.names import TfxName, argument_notes, key, modules, names, ours, verdict, version

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "tfx-compatibility.md"
STATES = {"works": "Works", "differs": "Differs", "absent": "Not to be had"}
ANY_ARTIFACT = ("*args", "**kwargs")  # what TFX's artifact types pass on; nobody gives them anything
HEAD = """\
# TFX's names

What became of each name of TFX v1 ({version}, and of the source of June 2026), and of the older paths that its examples
and users import. This page is made by `python scripts/tfx_compatibility.py` from the code: every name is looked up, and
its arguments, fields and members are compared with TFX's, in their order. [`penstock doctor`](cli.md#penstock-doctor)
says the same of your files; [Come from TFX](../how-to/tfx-migration.md) tells the way.

`import penstock as tfx` takes the place of `from tfx import v1 as tfx`. Of the {public} public names {works} work as in
TFX, {differs} work and differ, {refused} can be imported and say what to use instead when they are made{absent}.
The messages of `proto` are [typed classes](../adr/0006-own-typed-messages-instead-of-generated-protobuf.md) with TFX's
fields and JSON, without protobuf's binary form.
"""


def find(path: str) -> Any:
    """Returns what a path of ours stands for.

    Raises:
        LookupError: Nothing.
    """
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
        yield from argument_mismatches(name.arguments, name.head, found)


def argument_mismatches(wanted: Sequence[str], head: Sequence[str], found: Any) -> Iterator[tuple[str, str]]:
    """Yields the arguments that are not taken here as TFX takes them."""
    parameters = inspect.signature(found).parameters
    kinds = inspect.Parameter
    in_order = [
        name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    starred = {p.kind for p in parameters.values()} & {kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD}
    if len(starred) == 2:  # hands everything on
        return
    positional = True
    for position, name in enumerate(wanted):
        if name.startswith("**"):
            if kinds.VAR_KEYWORD not in starred:
                yield name, "is not taken"
        elif name.startswith("*"):
            positional = False
            if len(name) > 1 and kinds.VAR_POSITIONAL not in starred:
                yield name, "is not taken"
        elif name not in parameters:
            yield name, "is not taken"
        elif positional and in_order[position : position + 1] != [name]:
            yield name, "stands elsewhere" if name in in_order else "is taken by name alone"
    for name in head:
        if name not in parameters:
            yield name, "is not taken"


def problems() -> Iterator[str]:
    """Yields what is not explained, and what is explained wrongly."""
    for name in names().values():
        told = verdict(name)
        try:
            found = find(ours(name.path))
        except LookupError as error:
            if told.state != "absent" or told.importable:
                yield f"{name.path}: {error}, and nothing explains it"
            continue
        if not told.importable:
            yield f"{name.path}: it is called absent, and is there"
        notes = argument_notes(name)
        for member, what in mismatches(name, found):
            if member not in notes:
                yield f"{name.path}: {member} {what}, and nothing explains it"
    yield from strange_explanations()


def strange_explanations() -> Iterator[str]:
    """Yields explanations of what TFX does not have."""
    known = {key(name.path) for name in names().values()} | {key(module) for module in modules()}
    for table in (REFUSED, ABSENT, DIFFERS, ARGUMENTS):
        for path in sorted(set(table) - known):
            yield f"{path}: it is explained, and TFX has no such name"
    for path, notes in ARGUMENTS.items():
        takes = {part for name in names().values() if key(name.path) == path for part in parts(name)}
        for argument in sorted(set(notes) - takes):
            yield f"{path}({argument}): it is explained, and TFX has no such argument, field or member"


def parts(name: TfxName) -> Iterator[str]:
    """Yields the arguments, fields and members of a name."""
    yield from (*(name.arguments or ()), *name.head, *name.fields, *name.members)
    for inner in name.nested:
        yield inner.name
        yield from (f"{inner.name}.{part}" for part in parts(inner))


def page() -> str:
    """Returns the page."""
    public = [name for name in names().values() if name.is_public]
    states = [verdict(name) for name in public]
    refused = [v for v in states if v.state == "absent" and v.importable]
    gone = [v for v in states if not v.importable]
    head = HEAD.format(
        version=version(),
        public=len(public),
        works=sum(v.state == "works" for v in states),
        differs=sum(v.state == "differs" for v in states),
        refused=len(refused),
        absent=f", {len(gone)} are not there" if gone else "",
    )
    sections = [
        head,
        section("What differs", "how", [n for n in public if verdict(n).state == "differs"]),
        section(
            "What is not to be had",
            "what to use instead",
            [n for n in public if verdict(n).state == "absent"],
        ),
        arguments_section(),
        "## All public names\n",
        *(public_module(module) for module in modules() if module.startswith("tfx.v1")),
        "",
        older_section(),
    ]
    return "\n".join(sections)


def section(title: str, column: str, members: Sequence[TfxName]) -> str:
    """Returns a table of names with what is said of them; those of which the same is said share a row."""
    said: dict[str, list[str]] = {}
    for name in members:
        said.setdefault(verdict(name).text, []).append(f"`{key(name.path)}`")
    rows = [f"| {', '.join(listed)} | {text} |" for text, listed in said.items()]
    return "\n".join([f"## {title}\n", f"| name | {column} |", "|---|---|", *rows, ""])


def arguments_section() -> str:
    """Returns the table of arguments that are taken otherwise."""
    rows = [
        f"| `{path}` | `{argument}` | {note.text} |"
        for path, notes in ARGUMENTS.items()
        for argument, note in notes.items()
    ]
    text = "All others are taken as TFX takes them, at the same place.\n"
    return "\n".join(
        ["## Arguments, fields and members\n", text, "| of | which | |", "|---|---|---|", *rows, ""]
    )


def public_module(module: str) -> str:
    """Returns what became of the names of a module of TFX v1."""
    members = modules()[module]
    lines = [f"- **{key(module) if module != 'tfx.v1' else 'tfx'}**"]
    for state, title in STATES.items():
        listed = [f"`{name.name}`" for name in members if verdict(name).state == state]
        if listed:
            lines.append(f"{title}: {', '.join(listed)}.")
    return " ".join(lines)


def older_section() -> str:
    """Returns the table of the older paths."""
    rows = [older_row(module) for module in modules() if not module.startswith("tfx.v1")]
    text = """\
`from tfx.dsl.io import fileio` is `from penstock.dsl.io import fileio`, and so on: the path is the same with `penstock`
in the place of `tfx`. What is a public name too differs as told above.
"""
    return "\n".join(
        ["## Older paths\n", text, "| below `tfx` | here | not here |", "|---|---|---|", *rows, ""]
    )


def older_row(module: str) -> str:
    """Returns the row of an older module: the names that it has here, and what is said of the others."""
    here = [name for name in modules()[module] if verdict(name).state != "absent"]
    said: dict[str, list[str]] = {}
    for name in modules()[module]:
        told = verdict(name)
        if told.state == "absent":
            said.setdefault("above" if name.public else told.text, []).append(f"`{name.name}`")
        elif told.state == "differs" and name.public is None:
            said.setdefault(told.text, []).append(f"`{name.name}` differs")
    others = "<br>".join(f"{', '.join(listed)}: {text}" for text, listed in said.items())
    return f"| `{key(module)}` | {', '.join(f'`{name.name}`' for name in here)} | {others} |"


def main() -> None:
    """Writes the page, or says why it cannot be written."""
    found = list(problems())
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            found.append(f"{PAGE.name} is out of date; python {Path(__file__).name} writes it")
    elif not found:
        PAGE.write_text(text, encoding="utf-8")
    if found:
        print("\n".join(found), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
