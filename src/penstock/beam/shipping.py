# SPDX-License-Identifier: Apache-2.0
"""The user's code on workers that are other processes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from apache_beam.internal.cloudpickle import (
    list_registry_pickle_by_value,
    register_pickle_by_value,
    unregister_pickle_by_value,
)


@contextmanager
def shipped_modules(folders: Iterable[str], modules: Iterable[str] = ()) -> Iterator[list[str]]:
    """Lets what was imported from below some folders travel by value to Beam's workers, inside the ``with`` block.

    Beam pickles importable code by name, and a worker elsewhere would not find a module that was loaded from a file of
    the user's project. Installed packages, Penstock among them, are expected to be there.

    Args:
        folders: The project's root, and folders of module files.
        modules: Names of further modules, that are in no file.

    Yields:
        The names of the modules.
    """
    roots = [Path(folder).resolve() for folder in folders]
    known = list_registry_pickle_by_value()
    named = set(modules)
    users = [
        (name, module)
        for name, module in sorted(sys.modules.items())
        if name in named or _is_users(name, module, roots)
    ]
    new = [(name, module) for name, module in users if name not in known]
    for _, module in new:
        register_pickle_by_value(module)
    try:
        yield [name for name, _ in users]
    finally:
        for _, module in new:
            unregister_pickle_by_value(module)


def _is_users(name: str, module: ModuleType, roots: Iterable[Path]) -> bool:
    file = getattr(module, "__file__", None)
    if not file or name == "__main__" or name.partition(".")[0] == "penstock":
        return False
    path = Path(file).resolve()
    return "site-packages" not in path.parts and any(root in path.parents for root in roots)
