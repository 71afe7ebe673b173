# SPDX-License-Identifier: Apache-2.0
"""Which names of a file stand for what: ``tfx`` for ``tfx.v1``, ``Trainer`` for ``tfx.components.Trainer``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

Import = ast.Import | ast.ImportFrom


def imports(tree: ast.Module) -> list[Import]:
    """Returns all imports of a file, also those inside functions, in the order of their lines."""
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return sorted(found, key=lambda node: node.lineno)


def is_of_tfx(module: str | None) -> bool:
    """Says whether a module is TFX's; ``tfx_bsl`` is a library of its own."""
    return module is not None and (module == "tfx" or module.startswith("tfx."))


def bound(statement: Import) -> Iterator[tuple[str, str]]:
    """Yields the names that an import binds, each with the dotted path that it stands for."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                root = alias.name.partition(".")[0]
                yield root, root
    elif statement.module and not statement.level:
        for alias in statement.names:
            if alias.name != "*":
                yield alias.asname or alias.name, f"{statement.module}.{alias.name}"


def bindings(tree: ast.Module) -> Mapping[str, str]:
    """Returns what the names stand for that a file imports."""
    return {name: path for statement in imports(tree) for name, path in bound(statement)}


def dotted(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """Returns the path that ``a.b.c`` stands for where ``a`` is an imported name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in known:
        return None
    return ".".join([known[node.id], *reversed(parts)])


def uses(tree: ast.Module, known: Mapping[str, str]) -> Iterator[tuple[ast.expr, str]]:
    """Yields each longest ``a.b.c`` that begins with an imported name, with its path."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            below: ast.expr = node
            while isinstance(below, ast.Attribute):
                below = below.value
                inner.add(id(below))
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in inner:
            path = dotted(node, known)
            if path is not None:
                yield node, path
