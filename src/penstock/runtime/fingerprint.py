# SPDX-License-Identifier: Apache-2.0
"""Fingerprints of code: what a node would execute, by content.

The import statements of a file are followed, without running anything, to the project's own files: those below the
file's folder, its outermost package or the project's root. Installed packages are not followed; their versions are a
part of the cache key of their own.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

from penstock.runtime.user_code import module_name
from penstock.version import __version__

_OWN_PACKAGE = Path(__file__).resolve().parents[1]


def code_files(file: Path, project_root: str) -> tuple[Path, ...]:
    """Returns a Python file and the project's files that it imports, directly or not, sorted."""
    roots = _roots(file, project_root)
    found: set[Path] = set()
    waiting = [file.resolve()]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        waiting.extend(path for path in _imported(current, roots) if path not in found)
    return tuple(sorted(found))


def fingerprint_of_file(file: Path, project_root: str) -> str:
    """Returns the SHA-256 (hex) of a file's code and of the project's code that it imports.

    Files are named relative to the folder that they are imported from, so that another checkout gives the same.
    """
    root = Path(project_root).resolve()
    base = module_name(file.resolve())[1]
    digest = hashlib.sha256()
    for path in code_files(file, project_root):
        digest.update(_relative(path, base, root).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _relative(path: Path, base: Path, root: Path) -> str:
    for folder in (base, root):
        if folder in path.parents:
            return path.relative_to(folder).as_posix()
    return path.name


def fingerprint_of_component(import_path: str, project_root: str) -> str:
    """Returns a fingerprint of a component's own code.

    A component of Penstock is known by Penstock's version and the files of its folder; any other by the files of its
    folder and what they import of the project.
    """
    spec = importlib.util.find_spec(import_path.partition(":")[0])
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return f"{import_path}@{__version__}"
    file = Path(spec.origin).resolve()
    if _OWN_PACKAGE in file.parents:
        return _own_component(file.parent)
    digest = hashlib.sha256()
    single = file.name not in ("component.py", "__init__.py")
    for path in [file] if single else sorted(file.parent.glob("*.py")):
        digest.update(fingerprint_of_file(path, project_root).encode())
    return digest.hexdigest()


@cache
def _own_component(folder: Path) -> str:
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def library_versions(modules: Iterable[str]) -> dict[str, str]:
    """Returns the installed version of the distribution behind each top-level module, where there is one."""
    versions = {}
    for module in modules:
        top = module.partition(".")[0]
        if top == "penstock":
            continue
        distribution = _distribution(top)
        if distribution:
            versions[distribution] = version(distribution)
    return versions


@cache
def _distribution(module: str) -> str | None:
    for name in (module.replace("_", "-"), module):
        try:
            version(name)
        except PackageNotFoundError:
            continue
        return name
    known = packages_distributions().get(module)
    return known[0] if known else None


def _roots(file: Path, project_root: str) -> tuple[Path, ...]:
    _, above = module_name(file.resolve())
    return tuple(dict.fromkeys((file.resolve().parent, above, Path(project_root).resolve())))


@cache
def _imports(path: Path, mtime_ns: int) -> tuple[tuple[int, str], ...]:  # noqa: ARG001  the time only keys the memory
    """Returns what a file imports, as (number of leading dots, dotted name)."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            found += [(node.level, prefix + alias.name) for alias in node.names]
    return tuple(found)


def _imported(path: Path, roots: tuple[Path, ...]) -> Iterator[Path]:
    for level, name in _imports(path, path.stat().st_mtime_ns):
        package = path.parents[level - 1] if 0 < level <= len(path.parents) else None
        for root in roots if package is None else (package,):
            yield from _module_files(root, name.split("."))


def _module_files(root: Path, parts: list[str]) -> Iterator[Path]:
    """Yields the package files on the way to a module, and the module's file."""
    folder = root
    for index, part in enumerate(parts):
        module = folder / f"{part}.py"
        if module.is_file() and "site-packages" not in module.parts:
            yield module.resolve()
            return
        folder = folder / part
        init = folder / "__init__.py"
        if init.is_file() and "site-packages" not in init.parts:
            yield init.resolve()
        elif not folder.is_dir() or index == len(parts) - 1:
            return
