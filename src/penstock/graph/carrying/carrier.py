# SPDX-License-Identifier: Apache-2.0
"""Makes the source of a module of a component that is defined in a program, and of all that it uses of the program."""

from __future__ import annotations

import ast
import builtins
import gc
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import FunctionType, ModuleType
from typing import Any

from penstock.errors import PipelineError
from penstock.graph.carrying.documents import Statement, bound_names, codes_of, documents_of
from penstock.graph.carrying.literals import Literal, literal
from penstock.graph.carrying.module_text import Piece, module_name, module_text, ordered
from penstock.graph.carrying.used_names import UsedNames, used_names

_LONGEST_LITERAL = 100_000
_ENVIRONMENT = ("environ", "environb", "getenv", "getenvb")
_LITTLE_TYPES = ("enum", "functools", "operator", "typing", "typing_extensions", "types")


@dataclass(frozen=True, slots=True)
class CarriedModule:
    """A module that exists only as source.

    Attributes:
        name: Its name, which follows from the code.
        text: Its source.
        attribute: What the class is called in it.
    """

    name: str
    text: str
    attribute: str


_NOTHING = UsedNames(frozenset(), frozenset())


def carry(cls: type, project_root: str) -> CarriedModule:
    """Returns the module that stands for a class of the program: a component, a strategy, an artifact type.

    Args:
        cls: The class, whose ``__module__`` is ``__main__``.
        project_root: Folder of the project; files in it are named relative to it.

    Raises:
        PipelineError: Its source is not to be had, or it uses something of the program that cannot be carried.
    """
    namespace = _namespace_of(cls)
    attribute = name_in(namespace, cls)
    pieces = _Carrier(attribute, namespace).pieces([attribute.partition(".")[0], *_names_of_roles(cls)])
    in_order = ordered(pieces)
    return CarriedModule(module_name(in_order), module_text(attribute, in_order, project_root), attribute)


def name_in(namespace: Mapping[str, Any], cls: type) -> str:
    """Returns what a class is called in a namespace: its own name, or one that it was assigned to; else ``""``."""
    outer, _, inner = cls.__qualname__.partition(".")
    found = namespace.get(outer)
    if (attrgetter(inner)(found) if inner and found is not None else found) is cls:
        return str(cls.__qualname__)
    return next((name for name, value in list(namespace.items()) if value is cls), "")


def _namespace_of(cls: type) -> Mapping[str, Any]:
    """Returns the namespace that a class was defined in; a program that has been run as one may be gone by now."""
    for namespace in _namespaces(cls):
        if namespace.get("__name__") == "__main__" and name_in(namespace, cls):
            return namespace
    raise PipelineError(
        f"{cls.__qualname__} is no longer what its name stands for in the program",
        hint="a component that is defined in a program keeps its name: do not define another of that name",
    )


def _namespaces(cls: type) -> Iterator[Mapping[str, Any]]:
    yield vars(sys.modules["__main__"])
    callables: list[Any] = [cls, *filter(callable, vars(cls).values())]
    for unwrapped in map(inspect.unwrap, callables):
        if isinstance(unwrapped, FunctionType):
            yield unwrapped.__globals__
    yield from (holder for holder in gc.get_referrers(cls) if isinstance(holder, dict))


def _names_of_roles(cls: type) -> list[str]:
    """Returns the names of the classes that a component names as its roles by their import paths."""
    paths = [getattr(cls, role, None) for role in ("DRIVER", "EXECUTOR", "PUBLISHER")]
    own = [path.partition(":")[2] for path in paths if isinstance(path, str) and path.startswith("__main__:")]
    return [name.partition(".")[0] for name in own]


class _Carrier:
    """Finds what a component uses of its program."""

    def __init__(self, component: str, namespace: Mapping[str, Any]) -> None:
        self._component = component
        self._namespace = namespace
        self._documents = documents_of(namespace)

    def pieces(self, names: list[str]) -> dict[str, Piece]:
        """Returns what makes each of some names and those that they use, directly or not."""
        found: dict[str, Piece] = {}
        waiting: list[tuple[str, str]] = [(name, name) for name in reversed(names)]
        while waiting:
            name, user = waiting.pop()
            if name in found or not self._is_carried(name):
                continue
            found[name] = self._piece(name, user)
            waiting += [(used, name) for used in sorted(found[name].names.all, reverse=True)]
        return found

    def _is_carried(self, name: str) -> bool:
        if name not in self._namespace:
            return False
        if name.startswith("__") and name.endswith("__"):
            return name == "__file__"
        return self._namespace[name] is not getattr(builtins, name, _NOTHING)

    def _piece(self, name: str, user: str) -> Piece:
        value = self._namespace[name]
        if isinstance(value, ModuleType):
            return self._import(name) or _import_of(name, value)
        if _is_of_program(value):
            return self._definition(name, value)
        imported = self._import(name)
        if imported is not None and _gives(imported, name, value):
            return imported
        with_others = self._import_of_all(name, value)
        if with_others is not None:
            return with_others
        found = literal(value)
        if found is not None and self._is_of_environment(name):
            return _as_written(self._assignments(name)[-1])
        statement = self._assignment(name, value)
        if found is None or (statement is not None and callable(value)):
            if statement is None:
                raise self._refused(name, value, user)
            return _as_written(statement)
        if len(found.text) > _LONGEST_LITERAL:
            raise self._refused(name, value, user)
        return _constant(name, found)

    def _statements(self, name: str, *kinds: type[ast.stmt]) -> list[Statement]:
        found = (s for document in self._documents for s in document.statements.get(name, ()))
        return [statement for statement in found if isinstance(statement.node, kinds)]

    def _import(self, name: str) -> Piece | None:
        statements = self._statements(name, ast.Import, ast.ImportFrom)
        texts = [_only(statement.node, name) for statement in statements]
        if not texts:
            return None
        if isinstance(statements[-1].node, ast.ImportFrom):
            texts = texts[-1:]
        return Piece("\n".join(dict.fromkeys(texts)) + "\n", _NOTHING, statements[-1], is_import=True)

    def _import_of_all(self, name: str, value: Any) -> Piece | None:
        """Returns the import of a name that ``from module import *`` has brought, if one has."""
        for statement in reversed(self._statements("*", ast.ImportFrom)):
            module = getattr(statement.node, "module", None) or ""
            if (
                not getattr(statement.node, "level", 0)
                and getattr(sys.modules.get(module), name, _NOTHING) is value
            ):
                return Piece(f"from {module} import {name}\n", _NOTHING, is_import=True)
        return None

    def _definition(self, name: str, value: Any) -> Piece:
        definitions = self._statements(name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assignments = self._assignments(name)
        codes = {(code.co_filename, code.co_firstlineno) for code in codes_of(value)}
        exact = [s for s in (*definitions, *assignments) if any(_covers(s, *code) for code in codes)]
        if isinstance(value, type):
            exact = exact or [s for s in definitions if _describes(s, value)] or definitions
        chosen = (exact or assignments)[-1:]
        if not chosen:
            raise PipelineError(
                f"the source of {name} is not to be had",
                component=self._component,
                got="a definition in the program that no file or cell shows",
                hint="put it into a file and import it: what is typed at a prompt, or made by exec, leaves no source",
            )
        return _as_written(chosen[0])

    def _assignments(self, name: str) -> list[Statement]:
        return self._statements(name, ast.Assign, ast.AnnAssign)

    def _is_of_environment(self, name: str, asked_by: frozenset[str] = frozenset()) -> bool:
        """Says whether a constant is made of environment variables: each process reads its own, and no file holds them.

        Passwords come that way.
        """
        if name in asked_by:
            return False
        read = [s.node.value for s in self._assignments(name)[-1:]]  # type: ignore[attr-defined]  # both kinds have one
        for node in (inner for value in read for inner in ast.walk(value)):
            if getattr(node, "attr", getattr(node, "id", "")) in _ENVIRONMENT:
                return True
            if isinstance(node, ast.Name) and self._is_of_environment(node.id, asked_by | {name}):
                return True
        return False

    def _assignment(self, name: str, value: Any) -> Statement | None:
        """Returns the assignment that made a value which may be made anew: another name, a type, an annotation."""
        statements = self._assignments(name)
        if not statements:
            return None
        made_of = statements[-1].node.value  # type: ignore[attr-defined]  # both kinds have one
        is_alias = all(isinstance(n, (ast.Name, ast.Attribute, ast.expr_context)) for n in ast.walk(made_of))
        home = type(value).__module__
        is_little = isinstance(value, type) or home in _LITTLE_TYPES or home.partition(".")[0] == "penstock"
        return statements[-1] if is_alias or is_little else None

    def _refused(self, name: str, value: Any, user: str) -> PipelineError:
        kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        return PipelineError(
            f"{user} uses the global {name!r}, which cannot be carried to another process",
            component=self._component,
            input=name,
            expected="functions, classes, modules, and constants such as numbers, texts, lists and dicts of these",
            got=f"{name} = {value!r:.60} ({kind})",
            hint=f"make {name} inside of {user}, or hand it over as a Parameter or an artifact; or move both to a "
            "module and import it",
        )


def _as_written(statement: Statement) -> Piece:
    return Piece(statement.text, used_names(statement.text), statement)


def _is_of_program(value: Any) -> bool:
    if isinstance(value, (type, FunctionType)) or hasattr(value, "__wrapped__"):
        return getattr(value, "__module__", None) == "__main__"
    return False


def _covers(statement: Statement, filename: str, line: int) -> bool:
    return statement.document.filename == filename and statement.line <= line <= (
        statement.node.end_lineno or line
    )


def _describes(statement: Statement, cls: type) -> bool:
    """Says whether all that a class statement defines is there in a class: another cell may have one of its name."""
    if not isinstance(statement.node, ast.ClassDef):
        return False
    there = {*vars(cls), *vars(cls).get("__annotations__", {})}
    body = statement.node.body
    annotated = {n.target.id for n in body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    return annotated.union(*map(bound_names, body)) <= there


def _only(node: ast.stmt, name: str) -> str:
    """Returns an import statement without what it imports besides."""
    if isinstance(node, ast.ImportFrom):
        aliases = [alias for alias in node.names if (alias.asname or alias.name) == name]
        return ast.unparse(ast.ImportFrom(module=node.module, names=aliases, level=node.level))
    assert isinstance(node, ast.Import)
    kept = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) == name]
    return ast.unparse(ast.Import(names=kept))


def _gives(piece: Piece, name: str, value: Any) -> bool:
    """Says whether a name is still what was imported."""
    assert piece.statement is not None
    node = piece.statement.node
    if not isinstance(node, ast.ImportFrom) or node.level:
        return isinstance(node, ast.Import)
    module = sys.modules.get(node.module or "")
    original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
    return getattr(module, original, None) is value


def _import_of(name: str, module: ModuleType) -> Piece:
    return Piece(f"import {module.__name__} as {name}\n", _NOTHING, is_import=True)


def _constant(name: str, found: Literal) -> Piece:
    imports = "".join(f"import {module}\n" for module in sorted(found.modules))
    return Piece(f"{imports}{name} = {found.text}\n", UsedNames(found.names, frozenset()))
