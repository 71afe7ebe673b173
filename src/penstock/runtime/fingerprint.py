# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of code: what a node would execute, by content.

The project's files are followed through their import statements. Installed packages are not; their versions are a
part of the cache key of their own.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from penstock.graph.class_style import code_modules
from penstock.graph.component import BaseComponent
from penstock.runtime.imports import code_files, imported_by_source, read_source
from penstock.runtime.sources import source_of
from penstock.runtime.user_code import module_name
from penstock.version import __version__

_OWN_PACKAGE = Path(__file__).resolve().parents[1]
_OWN_COMPONENTS = _OWN_PACKAGE / "components"
_FILES_OF_A_FOLDER = ("component.py", "driver.py", "executor.py", "publisher.py", "__init__.py")


def fingerprint_of_file(file: Path, project_root: str) -> str:
    """Returns the SHA-256 (hex) of a file's code and of the project's code that it imports."""
    return _fingerprint([file.resolve()], project_root)


def fingerprint_of_component(cls: type[BaseComponent], project_root: str) -> str:
    """Returns a fingerprint of the code of a component's declaration and of its roles, wherever these are.

    Of Penstock's own code it has the version, and the files of the component's folder; of any other the files in whose
    folder a declaration or a role of a usual name stands, or that file alone, and what they import of the project.
    """
    digest = hashlib.sha256(__version__.encode())
    own: set[Path] = set()
    others: set[Path] = set()
    for module in code_modules(cls):
        file, source = _file_of(module), source_of(module)
        if source is not None:
            others.update(imported_by_source(source, project_root))
        if file is None:
            digest.update(module.encode() + b"\0")  # of a carried module, that names its code
        elif _OWN_PACKAGE in file.parents:
            own.add(file.parent)
        else:
            others.update(file.parent.glob("*.py") if file.name in _FILES_OF_A_FOLDER else [file])
    for folder in sorted(own):
        if _OWN_COMPONENTS in folder.parents:
            digest.update(_own_component(folder))
    if others:
        digest.update(_fingerprint(others, project_root).encode())
    return digest.hexdigest()


def component_files(cls: type[BaseComponent]) -> tuple[Path, ...]:
    """Returns the files of a component's declaration, roles and executor class that are not Penstock's own."""
    found = {
        file
        for file in map(_file_of, code_modules(cls))
        if file is not None and _OWN_PACKAGE not in file.parents
    }
    return tuple(sorted(found))


def _fingerprint(starts: Iterable[Path], project_root: str) -> str:
    """Names files relative to the folder that they are imported from, so that another checkout gives the same."""
    starts = sorted(starts)
    folders = dict.fromkeys([*(module_name(start)[1] for start in starts), Path(project_root).resolve()])
    digest = hashlib.sha256()
    for path in code_files(starts, project_root):
        digest.update(_relative(path, folders).encode("utf-8", "surrogateescape") + b"\0")
        digest.update(read_source(path).digest)
    return digest.hexdigest()


def _relative(path: Path, folders: Iterable[Path]) -> str:
    for folder in folders:
        if folder in path.parents:
            return path.relative_to(folder).as_posix()
    return path.name


def _file_of(module: str) -> Path | None:
    """Returns the source file of a module, ``None`` where it has none that can be found."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return _resolved(spec.origin)


@cache
def _resolved(path: str) -> Path:
    return Path(path).resolve()


@cache
def _own_component(folder: Path) -> bytes:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()
