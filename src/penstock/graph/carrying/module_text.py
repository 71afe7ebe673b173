# SPDX-License-Identifier: Apache-2.0
"""The text of a carried module: pieces of a program, in an order in which they can be run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from penstock.graph.carrying.documents import Document, Statement
from penstock.graph.carrying.used_names import UsedNames

MODULE_PREFIX = "penstock_main_"
"""How the names of carried modules begin; the rest is a digest of the code."""

ORIGIN_MARK = "# --- "
"""How the comment before a statement begins that says which file and line it comes from."""

_FUTURE = "from __future__ import annotations"


@dataclass(frozen=True, slots=True)
class Piece:
    """What makes one name of the program.

    Attributes:
        text: Source.
        names: What it uses.
        statement: Where the source comes from; ``None`` where it was made from a value.
        is_import: Whether it is an import statement.
    """

    text: str
    names: UsedNames
    statement: Statement | None = None
    is_import: bool = False


def ordered(pieces: Mapping[str, Piece]) -> list[Piece]:
    """Returns pieces so that each follows those that it needs at once; otherwise as the program has them."""
    found: dict[int, Piece] = {}

    def add(name: str, above: frozenset[str]) -> None:
        piece = pieces[name]
        for used in sorted(piece.names.at_once & pieces.keys() - above - {name}):
            add(used, above | {name})
        found.setdefault(id(piece.statement) if piece.statement is not None else id(piece), piece)

    for name in sorted(pieces, key=lambda name: _rank(name, pieces[name])):
        add(name, frozenset())
    return list(found.values())


def _rank(name: str, piece: Piece) -> tuple[int, tuple[int, int], str]:
    """Imports come first, then constants, then definitions."""
    kind = 0 if piece.is_import else 1 if piece.statement is None else 2
    return kind, piece.statement.place if piece.statement is not None else (0, 0), name


def future_annotations(pieces: list[Piece]) -> bool:
    """Says whether annotations are text in the program, and so in the module."""
    return any(p.statement is not None and p.statement.document.future_annotations for p in pieces)


def module_name(pieces: list[Piece]) -> str:
    """Returns the name of the module, which follows from its code alone, and not from where that stood."""
    code = "\n".join([_FUTURE if future_annotations(pieces) else "", *(piece.text for piece in pieces)])
    return MODULE_PREFIX + hashlib.sha256(code.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def module_text(component: str, pieces: list[Piece], project_root: str) -> str:
    """Returns the source of the module.

    Args:
        component: The component that it is made for.
        pieces: What it is made of, in order.
        project_root: Folder of the project; files in it are named relative to it.
    """
    parts = [f'"""{component}, and what it uses of the program that it was defined in."""\n\n']
    if future_annotations(pieces):
        parts.append(f"{_FUTURE}\n\n")
    parts += [piece.text for piece in pieces if piece.is_import]
    for piece in pieces:
        if piece.is_import:
            continue
        parts.append("\n\n" if piece.statement is not None else "\n")
        parts += _origin(piece, project_root)
        parts.append(piece.text)
    return "".join(parts)


def _origin(piece: Piece, project_root: str) -> Iterator[str]:
    if piece.statement is None:
        return
    document = piece.statement.document
    yield f"{ORIGIN_MARK}{_file_name(document, project_root)}, line {piece.statement.line}\n"


def _file_name(document: Document, project_root: str) -> str:
    if document.is_cell:
        return "<cell>"  # the name that a notebook gives it is another one each time
    path = os.path.abspath(document.filename)
    return os.path.relpath(path, project_root) if path.startswith(project_root + os.sep) else path
