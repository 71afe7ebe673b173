# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.import_utils``: classes and functions by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from penstock.errors import PipelineError
from penstock.graph.import_path import import_path
from penstock.runtime.user_code import load_function


def import_class_by_path(class_path: str) -> type[Any]:
    """Returns the class of a dotted path.

    Raises:
        PipelineError: The module or the class does not exist.
    """
    module, dot, name = class_path.rpartition(".")
    if not dot:
        raise PipelineError(f"{class_path!r} is no path of a class", expected="'package.module.Class'")
    found: type[Any] = import_path(f"{module}:{name}")
    return found


def import_func_from_module(module_path: str, fn_name: str) -> Callable[..., Any]:
    """Returns a function of a module.

    Raises:
        PipelineError: The module or the function does not exist.
    """
    found: Callable[..., Any] = import_path(f"{module_path}:{fn_name}")
    return found


def import_func_from_source(source_path: str, fn_name: str) -> Callable[..., Any]:
    """Returns a function that a Python file defines.

    Raises:
        UserCodeError: The file does not exist, does not import, or has no such function.
    """
    found = load_function(fn_name, module_file=source_path, project_root=os.getcwd())
    if found is None:
        raise PipelineError(f"{source_path} defines no {fn_name}")
    return found
