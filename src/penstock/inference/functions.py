# SPDX-License-Identifier: Apache-2.0
"""The user's functions that a graph names: which they are, and whether they are there, by their source alone."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import BuiltinImporter, ModuleSpec, PathFinder
from pathlib import Path

from penstock.errors import did_you_mean
from penstock.inference.problems import Place, Problem
from penstock.inference.spec import InferenceGraph, ModelSettings, Step

PYTHON = "python:"
"""What a handler's argument starts with that stands for what is found at a dotted path."""


def named_functions(graph: InferenceGraph) -> Iterator[tuple[Place, str]]:
    """Yields each dotted path of a user's function or class in a graph, with its place."""
    for index, step in enumerate(graph.steps):
        for place, name in _of_step(step):
            yield ("steps", index, *place), name
    for model, settings in graph.models.items():
        yield from _of_model(("models", model), settings)


def _of_step(step: Step) -> Iterator[tuple[Place, str]]:
    for kind in ("function", "filter"):
        work = getattr(step, kind)
        if work is not None:
            yield (kind, "name"), work.name
    for hook in ("preprocess", "postprocess"):
        name = getattr(step.model, hook) if step.model else None
        if name is not None:
            yield ("model", hook), name


def _of_model(at: Place, settings: ModelSettings) -> Iterator[tuple[Place, str]]:
    if settings.handler is not None and "." in settings.handler:  # others are short names
        yield (*at, "handler"), settings.handler
    model_class = settings.loader_arguments.get("class")
    if isinstance(model_class, str):
        yield (*at, "loader_arguments", "class"), model_class
    for name, value in settings.handler_arguments.items():
        if isinstance(value, str) and value.startswith(PYTHON):
            yield (*at, "handler_arguments", name), value.removeprefix(PYTHON)


def function_paths(graph: InferenceGraph) -> tuple[str, ...]:
    """Returns the dotted paths of the user's functions and classes, each once, sorted."""
    return tuple(sorted({name for _, name in named_functions(graph)}))


def missing_functions(graph: InferenceGraph, project_root: str | None = None) -> list[Problem]:
    """Returns a problem for each function that cannot be there, as far as files tell.

    Args:
        graph: The graph.
        project_root: Folder of the project; the working directory where it is not given.
    """
    folders = [project_root or os.getcwd(), *sys.path]
    problems = []
    for place, name in named_functions(graph):
        found = _problem(name, folders)
        if found is not None:
            problems.append(Problem(place, *found))
    return problems


Told = tuple[str, str | None, str | None, str | None]
"""Message, what was expected, what came, what to do."""


def _problem(dotted: str, folders: Sequence[str]) -> Told | None:
    module, _, name = dotted.rpartition(".")
    if not module or not all(part.isidentifier() for part in dotted.split(".")):
        return f"{dotted!r} is not the dotted path of a function", "package.module.function", None, None
    spec = _find(module, folders)
    if spec is None:
        hint = "the project's root folder is on the path: is the file there, and its name right?"
        return f"there is no function {dotted}", f"a module {module}", "no such module", hint
    if not spec.origin or not spec.origin.endswith(".py"):
        return None  # compiled, or a folder without __init__.py
    try:
        tree = ast.parse(Path(spec.origin).read_bytes(), filename=spec.origin)
    except SyntaxError as error:
        got = f"{spec.origin}:{error.lineno} is not valid Python: {error.msg}"
        return f"the module of {dotted} cannot be read", None, got, "correct the syntax"
    except (OSError, ValueError) as error:
        return f"the module of {dotted} cannot be read", None, str(error), None
    names = _top_level_names(tree)
    if names is None or name in names or (spec.submodule_search_locations and _is_module(name, spec)):
        return None
    own = [other for other in _defined_names(tree) if not other.startswith("_")]
    return f"there is no function {dotted}", f"{name} in {spec.origin}", None, did_you_mean(name, own)


def _find(module: str, folders: Sequence[str]) -> ModuleSpec | None:
    """Finds a module without importing the packages around it."""
    path: Sequence[str] | None = folders
    spec: ModuleSpec | None = None
    for part in module.split("."):
        if path is None:
            return _as_loaded(module)
        # By the last part of its name alone: a folder without __init__.py would look for the package around it.
        spec = (BuiltinImporter.find_spec(part) if spec is None else None) or PathFinder.find_spec(part, path)
        if spec is None:
            return _as_loaded(module)
        path = spec.submodule_search_locations and list(spec.submodule_search_locations)
    return spec


def _as_loaded(module: str) -> ModuleSpec | None:
    """Finds a module that no folder has: one that is loaded, or that some import hook knows."""
    if module in sys.modules:
        return ModuleSpec(module, None)
    try:
        return importlib.util.find_spec(module) if "." not in module else None
    except (ImportError, ValueError):
        return None


def _is_module(name: str, package: ModuleSpec) -> bool:
    return PathFinder.find_spec(name, package.submodule_search_locations) is not None


def _top_level_names(tree: ast.Module) -> set[str] | None:
    """Returns the names that a module's top level binds; ``None`` where they cannot be read from it."""
    names: set[str] = set()
    for node in _statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        else:
            names.update(
                n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
    return None if names & {"*", "__getattr__"} else names


def _defined_names(tree: ast.Module) -> list[str]:
    """Returns the functions and classes that a module defines itself."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in _statements(tree.body) if isinstance(node, kinds)]


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yields the statements of a module's top level, also those inside conditions."""
    for statement in body:
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            handlers = [handler.body for handler in getattr(statement, "handlers", [])]
            for block in (*inner, *handlers):
                yield from _statements(block)
        else:
            yield statement
