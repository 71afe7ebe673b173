# SPDX-License-Identifier: Apache-2.0
"""Which heavy modules a node's executor will import: its component's, and those of the user's module."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from penstock.errors import PenstockError
from penstock.ir.model import NodeIR, PipelineIR
from penstock.runtime.binding import component_class
from penstock.runtime.fingerprint import code_files
from penstock.runtime.user_code import resolve_function_file, resolve_module_file


def required_modules(ir: PipelineIR, node: NodeIR) -> tuple[str, ...]:
    """Returns the third-party modules that a node's executor imports, in a stable order.

    What a user's module imports at its top level is read from its source, so that a PyTorch module's worker is
    forked with PyTorch loaded and never sees TensorFlow.
    """
    modules = dict.fromkeys(node.requires)
    for file in _user_files(ir, node):
        for path in code_files(file, ir.project_root):
            modules.update(dict.fromkeys(_third_party_imports(path, ir.project_root)))
    return tuple(modules)


def _user_files(ir: PipelineIR, node: NodeIR) -> Iterator[Path]:
    if node.kind != "component":
        return
    for name, spec in component_class(node.component).signature().parameters.items():
        value = node.parameters[name].constant if spec.user_code and name in node.parameters else None
        if not isinstance(value, str):
            continue
        try:
            if value.endswith(".py") or "/" in value:
                yield resolve_module_file(value, ir.project_root)
            elif (found := resolve_function_file(value, ir.project_root)) is not None:
                yield found
        except PenstockError:
            continue  # the executor will meet the same and explain it


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
