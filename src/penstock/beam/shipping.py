# SPDX-License-Identifier: Apache-2.0
"""The user's code on workers that are other processes."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from apache_beam.internal.cloudpickle import register_pickle_by_value


def ship_modules(folders: Iterable[str]) -> list[str]:
    """Lets everything that was imported from below some folders travel by value to Beam's workers.

    Beam pickles importable code by name, and a worker elsewhere would not find a module that was loaded from a file of
    the user's project. Installed packages, Penstock among them, are expected to be there.

    Args:
        folders: The project's root, and folders of module files.

    Returns:
        The names of the modules.
    """
    roots = [Path(folder).resolve() for folder in folders]
    shipped = []
    for name, module in sorted(sys.modules.items()):
        if _is_users(name, module, roots):
            register_pickle_by_value(module)
            shipped.append(name)
    return shipped


def _is_users(name: str, module: ModuleType, roots: Iterable[Path]) -> bool:
    file = getattr(module, "__file__", None)
    if not file or name == "__main__" or name.partition(".")[0] == "penstock":
        return False
    path = Path(file).resolve()
    return "site-packages" not in path.parts and any(root in path.parents for root in roots)
