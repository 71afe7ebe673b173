# SPDX-License-Identifier: Apache-2.0
"""Which heavy modules a node's executor will import: its component's, and those of the user's module."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from penstock.errors import PenstockError
from penstock.graph.signature import ParameterSpec
from penstock.ir.model import NodeIR, PipelineIR, ValueIR
from penstock.runtime.fingerprint import code_files
from penstock.runtime.loading import load_declaration
from penstock.runtime.user_code import resolve_function_file, resolve_module_file


def required_modules(ir: PipelineIR, node: NodeIR, run_values: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the third-party modules that a node's executor imports, in a stable order.

    What a user's module imports at its top level is read from its source, so that the module's worker is forked from
    a parent that has loaded it. Where something cannot be found or read, nothing is said of it here: the node itself
    meets the same, and explains it.

    Args:
        ir: The compiled pipeline.
        node: The node.
        run_values: Values of the runtime parameters.
    """
    modules = dict.fromkeys(node.requires)
    for file in _user_files(ir, node, run_values):
        with suppress(OSError):
            for path in code_files(file, ir.project_root):
                modules.update(dict.fromkeys(_third_party_imports(path, ir.project_root)))
    return tuple(modules)


def _user_files(ir: PipelineIR, node: NodeIR, run_values: Mapping[str, Any]) -> Iterator[Path]:
    for name, spec in _parameters(node).items():
        given = node.parameters.get(name, ValueIR())
        runtime_parameter = given.runtime_parameter
        value = given.constant if runtime_parameter is None else run_values.get(runtime_parameter)
        if not spec.user_code or not isinstance(value, str):
            continue
        with suppress(PenstockError):
            if is_file_path(value):
                yield resolve_module_file(value, ir.project_root)
            elif (found := resolve_function_file(value, ir.project_root)) is not None:
                yield found


def _parameters(node: NodeIR) -> Mapping[str, ParameterSpec]:
    if node.kind != "component":
        return {}
    try:
        return load_declaration(node.component, node.id).signature().parameters
    except PenstockError:
        return {}


def is_file_path(value: str) -> bool:
    """Says whether a parameter that names the user's code names a file, and not a function by its dotted path."""
    return value.endswith(".py") or "/" in value


def _third_party_imports(path: Path, project_root: str) -> Iterator[str]:
    try:
        body = ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError):
        return
    for statement in body:
        names = []
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            names = [statement.module or ""]
        for name in names:
            top = name.partition(".")[0]
            if _is_third_party(top, path.parent, Path(project_root)):
                yield top


def _is_third_party(module: str, *own_folders: Path) -> bool:
    if not module or module in sys.stdlib_module_names or module in ("penstock", "tfx", "__future__"):
        return False
    if any((folder / f"{module}.py").exists() or (folder / module).is_dir() for folder in own_folders):
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
