# SPDX-License-Identifier: Apache-2.0
"""Which global names a statement uses, and when: as it is run, or when the function that it defines is called."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsedNames:
    """Global names that a statement uses.

    Attributes:
        at_once: Those that must be there when it is run: decorators, defaults, annotations, bases.
        later: Those that the function, or the methods, use when they are called.
    """

    at_once: frozenset[str]
    later: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.at_once | self.later


def used_names(text: str) -> UsedNames:
    """Returns the global names that the source of a statement uses."""
    table = symtable.symtable(text, "<carried>", "exec")
    at_once = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    later: set[str] = set()
    for child in table.get_children():
        _collect(child, at_once, later)
    at_once.update(_in_text_annotations(ast.parse(text)))
    return UsedNames(frozenset(at_once), frozenset(later))


def _collect(table: symtable.SymbolTable, at_once: set[str], later: set[str]) -> None:
    into = later if isinstance(table, symtable.Function) else at_once
    for symbol in table.get_symbols():
        # In the body of a class, `Outputs = Outputs` takes the global one.
        if symbol.is_global() or (isinstance(table, symtable.Class) and symbol.is_referenced()):
            into.add(symbol.get_name())
    for child in table.get_children():
        _collect(child, into, later)


def _in_text_annotations(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            annotation = getattr(node, field, None)
            for constant in ast.walk(annotation) if isinstance(annotation, ast.AST) else ():
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                    yield from _names_in(constant.value)


def _names_in(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
