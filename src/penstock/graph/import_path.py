# SPDX-License-Identifier: Apache-2.0
"""Import paths ``module:Name``, by which the IR names classes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from penstock.errors import PipelineError


def import_path(path: str) -> Any:
    """Returns what ``module:Name`` stands for.

    Raises:
        PipelineError: The module or the name does not exist.
    """
    module_name, _, qualified = path.partition(":")
    found: Any = _module(module_name, qualified)
    try:
        for part in qualified.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise PipelineError(f"module {module_name} has no {qualified}", got=str(error)) from error
    return found


def _module(name: str, wanted: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # it exists, and imports something that does not
        raise PipelineError(
            f"module {name} cannot be imported",
            expected=f"a module on the path that defines {wanted}",
            got=str(error),
            hint="the project's root folder is on the path: is the file there?",
        ) from error
