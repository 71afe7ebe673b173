# SPDX-License-Identifier: Apache-2.0
"""The source of a program: its file, or the cells of a notebook, and the statements that bind its names."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement at the top level of a program.

    Attributes:
        node: The parsed statement.
        text: Its source, decorators included, without indentation.
        line: Number of its first line.
        document: Where it stands.
    """

    node: ast.stmt
    text: str
    line: int
    document: Document

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among all statements of the program."""
        return self.document.order, self.line


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or one cell.

    Attributes:
        filename: Name that Python knows it by.
        order: Its place among the documents.
        future_annotations: Whether annotations are text in it.
        statements: The statements that bind a name, by name, in order.
    """

    filename: str
    order: int
    future_annotations: bool = False
    statements: dict[str, list[Statement]] = field(default_factory=dict)

    @property
    def is_cell(self) -> bool:
        """Whether it is no file that lasts: a cell, or a line of an interactive session."""
        return _is_cell(self.filename)


def _is_cell(filename: str) -> bool:
    """Says whether source that is kept for tracebacks is that of a cell: it has no file, or one of the kernel's."""
    entry: Any = linecache.cache.get(filename)
    without_time = entry is not None and len(entry) == 4 and entry[1] is None
    return (
        without_time or filename.startswith("<") or "ipykernel_" in filename or not os.path.exists(filename)
    )


def documents_of(namespace: Mapping[str, Any]) -> list[Document]:
    """Returns the documents that a program's namespace was made by, as far as their source is known."""
    filenames = dict.fromkeys([*_file(namespace), *_cells(), *_of_functions(namespace)])
    found = (_document(filename, order) for order, filename in enumerate(filenames))
    return [document for document in found if document is not None]


def _file(namespace: Mapping[str, Any]) -> list[str]:
    file = namespace.get("__file__")
    return [file] if isinstance(file, str) else []


def _cells() -> list[str]:
    """Returns the names of the cells that ran, which IPython and Python's own prompt keep for tracebacks."""
    kept = [name for name, entry in list(linecache.cache.items()) if len(entry) == 4]
    return [name for name in kept if _is_cell(name) and "attrs generated" not in name]


def _of_functions(namespace: Mapping[str, Any]) -> Iterator[str]:
    for value in list(namespace.values()):
        if getattr(value, "__module__", None) == "__main__":
            for code in codes_of(value):
                yield code.co_filename


def codes_of(value: Any) -> list[CodeType]:
    """Returns the code of a function, of what a decorator has wrapped, or of a class's methods."""
    wrapped = inspect.unwrap(value) if callable(value) else value
    if isinstance(wrapped, FunctionType):
        return [wrapped.__code__]
    if isinstance(wrapped, type):
        methods = (inspect.unwrap(method) for method in vars(wrapped).values() if callable(method))
        return [m.__code__ for m in methods if isinstance(m, FunctionType) and m.__module__ == "__main__"]
    return []


def _document(filename: str, order: int) -> Document | None:
    return _parsed(filename, order, "".join(linecache.getlines(filename)))


@lru_cache(maxsize=256)
def _parsed(filename: str, order: int, text: str) -> Document | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    if not tree.body:
        return None
    lines = text.splitlines(keepends=True)
    future = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )
    document = Document(filename, order, future)
    for node in _top_level(tree.body):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        text = _unindented(lines[first - 1 : node.end_lineno], node.col_offset)
        for name in bound_names(node):
            document.statements.setdefault(name, []).append(Statement(node, text, first, document))
    return document


def _unindented(lines: list[str], columns: int) -> str:
    if not columns:
        return "".join(lines).rstrip() + "\n"
    cut = [line[columns:] if not line[:columns].strip() else line for line in lines]
    return "".join(cut).rstrip() + "\n"


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields statements, those in the branches of ``if``, ``try`` and ``with`` included."""
    for node in body:
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            for inner in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(node, inner, []))
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)
        else:
            yield node


def bound_names(node: ast.stmt) -> list[str]:
    """Returns the names that a statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]
