# SPDX-License-Identifier: Apache-2.0
"""Which heavy modules a node's executor will import: its component's, and those of the user's module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from penstock.errors import PenstockError, StorageError
from penstock.graph.class_style import code_modules
from penstock.graph.component import BaseComponent
from penstock.ir.model import NodeIR, PipelineIR, ValueIR
from penstock.runtime.fingerprint import component_files
from penstock.runtime.imports import imported_by_source, libraries_of, third_party_of_source
from penstock.runtime.loading import load_declaration
from penstock.runtime.sources import source_of
from penstock.runtime.user_code import resolve_function_file, resolve_module_file


def required_modules(ir: PipelineIR, node: NodeIR, run_values: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the third-party modules that a node's executor imports, in a stable order.

    What a user's module, or the component itself where it is not Penstock's, imports at its top level is read from its
    source, so that the module's worker is forked from a parent that has loaded it. Where something cannot be found or
    read, nothing is said of it here: the node itself meets the same, and explains it.

    Args:
        ir: The compiled pipeline.
        node: The node.
        run_values: Values of the runtime parameters.
    """
    starts = _user_files(ir, node, run_values)
    imported = [
        *_third_party(starts, ir.project_root, at_top=True),
        *_of_component(node, ir.project_root, at_top=True),
    ]
    return tuple(dict.fromkeys([*node.requires, *imported]))


def used_libraries(ir: PipelineIR, node: NodeIR, run_values: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the third-party modules that a node's result depends on, sorted.

    To those that ``required_modules`` returns it adds what the user's code imports elsewhere than at its top level, and
    what the component itself imports where it is not Penstock's. The arguments are the same.
    """
    starts = _user_files(ir, node, run_values)
    imported = {
        *_third_party(starts, ir.project_root, at_top=False),
        *_of_component(node, ir.project_root, at_top=False),
    }
    return tuple(sorted({*node.requires, *imported}))


def _of_component(node: NodeIR, project_root: str, *, at_top: bool) -> Iterator[str]:
    cls = _declaration(node)
    if cls is None:
        return
    starts = list(component_files(cls))
    for module in code_modules(cls):
        source = source_of(module)
        if source is not None:
            yield from third_party_of_source(source, project_root, at_top=at_top)
            starts += imported_by_source(source, project_root)
    yield from _third_party(starts, project_root, at_top=at_top)


def _third_party(starts: Sequence[Path], project_root: str, *, at_top: bool) -> tuple[str, ...]:
    try:
        return libraries_of(starts, project_root, at_top=at_top)
    except StorageError:
        return ()


def _user_files(ir: PipelineIR, node: NodeIR, run_values: Mapping[str, Any]) -> list[Path]:
    found = []
    cls = _declaration(node)
    for name, spec in cls.signature().parameters.items() if cls is not None else ():
        given = node.parameters.get(name, ValueIR())
        runtime_parameter = given.runtime_parameter
        value = given.constant if runtime_parameter is None else run_values.get(runtime_parameter)
        for name_of_code in user_names(value) if spec.user_code else ():
            with suppress(PenstockError):
                found.append(user_file(name_of_code, ir.project_root))
    return [file for file in found if file is not None]


def user_names(value: Any) -> tuple[str, ...]:
    """Returns the module files and dotted paths that a parameter of user code names: one, several, or none."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value or ())


def _declaration(node: NodeIR) -> type[BaseComponent] | None:
    if node.kind != "component":
        return None
    try:
        return load_declaration(node.component, node.id, node.declaration)
    except PenstockError:
        return None


def user_file(value: str, project_root: str) -> Path | None:
    """Returns the file of a module file or of a function's dotted path.

    ``None`` where that is installed, or a URI, which only a component of TFX's can read.

    Raises:
        UserCodeError: The module file does not exist.
    """
    if "://" in value:
        return None
    resolve = resolve_module_file if is_module_file(value) else resolve_function_file
    return resolve(value, project_root)


def is_module_file(value: str) -> bool:
    """Says whether a parameter that names the user's code names a file, and not a function by its dotted path."""
    return value.endswith(".py") or "/" in value
