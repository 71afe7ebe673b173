# SPDX-License-Identifier: Apache-2.0
"""The user's function that a test names: the function itself, or the module file that defines it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from penstock.runtime import user_code
from penstock.testing.place import project_root

Function = Callable[..., Any] | str | os.PathLike[str]


@contextmanager
def opened(name: str, function: Function) -> Iterator[Callable[..., Any]]:
    """Yields the function; inside the ``with`` block its module can import what it can in a pipeline.

    Args:
        name: What the function is called by contract.
        function: The function, or the path of a module that defines one of that name, absolute or relative to the
            root of the project around the working directory.

    Raises:
        UserCodeError: The module does not exist, does not load, or lacks the function.
    """
    if callable(function):
        yield function
        return
    root = project_root()
    with user_code.session(root):
        found = user_code.load_function(
            name, module_file=os.fspath(function), project_root=root, component=name
        )
        assert found is not None  # it is required
        yield found


def with_config(function: Callable[..., Any], custom_config: Mapping[str, Any] | None) -> Callable[..., Any]:
    """Binds ``custom_config`` where the function takes it, as Transform does."""
    if "custom_config" in inspect.signature(function).parameters:
        return partial(function, custom_config=dict(custom_config or {}))
    return function
