# SPDX-License-Identifier: Apache-2.0
"""What Python files import, read from their source without running anything.

Import statements are followed to the project's own files: those below the file's folder, its outermost package or the
project's root. Installed packages are not followed.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from penstock import files
from penstock.runtime.user_code import module_name


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name.

    Attributes:
        level: Number of leading dots.
        name: Dotted name; what is imported from a module is its last part.
        at_top: Whether the statement stands at the top level of its file, so that importing the file runs it.
    """

    level: int
    name: str
    at_top: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a file from its content: its SHA-256 and what it imports."""

    digest: bytes
    imports: tuple[Import, ...]


_State = tuple[int, int, int, float] | None

_TICK_NANOSECONDS = 200_000_000
"""Two changes of a file within less than this may leave it with the same times."""

_known: dict[bytes, Source] = {}
_read: dict[Path, tuple[_State, Source]] = {}


def read_source(path: Path) -> Source:
    """Reads a file; one that has not changed is not read again, and content that was met before not parsed again.

    Of what is no Python only the digest is known.

    Raises:
        StorageError: It cannot be read.
    """
    state = _state_of(str(path))
    read = _read.get(path)
    if read is None or read[0] != state:
        with files.storage_errors("read", str(path)):
            content = path.read_bytes()
        digest = hashlib.sha256(content).digest()
        if digest not in _known:
            _known[digest] = Source(digest, tuple(_imports(content)))
        read = _read[path] = (state, _known[digest])
    return read[1]


def code_files(starts: Iterable[Path], project_root: str) -> tuple[Path, ...]:
    """Returns Python files and the project's files that they import, directly or not, sorted.

    What was found before is returned again while none of the files, and of the folders that were looked into, has
    changed.
    """
    return _follow(starts, project_root).files


def libraries_of(starts: Iterable[Path], project_root: str, *, at_top: bool) -> tuple[str, ...]:
    """Returns the installed libraries that Python files, and the project's files that they import, import.

    What was found before is returned again as by ``code_files``, though a library may have been installed since.

    Args:
        starts: The files.
        project_root: Root of their project.
        at_top: Whether only what importing the files imports counts.

    Raises:
        StorageError: One of them cannot be read.
    """
    followed = _follow(starts, project_root)
    if at_top not in followed.libraries:
        found = (third_party(path, project_root, at_top=at_top) for path in followed.files)
        followed.libraries[at_top] = tuple(dict.fromkeys(name for names in found for name in names))
    return followed.libraries[at_top]


def _follow(starts: Iterable[Path], project_root: str) -> _Followed:
    key = (tuple(starts), project_root)
    known = _found.get(key)
    if known is None or known.state != _state(known.watched):
        known = _found[key] = _followed(*key)
    return known


@dataclass(frozen=True, slots=True)
class _Followed:
    files: tuple[Path, ...]
    watched: tuple[str, ...]
    state: tuple[_State, ...]
    libraries: dict[bool, tuple[str, ...]] = field(default_factory=dict)


_found: dict[tuple[tuple[Path, ...], str], _Followed] = {}


def _state(paths: Iterable[str]) -> tuple[_State, ...]:
    return tuple(_state_of(path) for path in paths)


def _state_of(path: str) -> _State:
    """Returns what changes with the content of a file or folder; of one that has just changed, nothing that recurs."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    just_now = time.time_ns() - found.st_ctime_ns < _TICK_NANOSECONDS
    return (found.st_ctime_ns, found.st_mtime_ns, found.st_size, float("nan") if just_now else found.st_ino)


def _followed(starts: Iterable[Path], project_root: str) -> _Followed:
    waiting = [start.resolve() for start in starts]
    folders = _roots(waiting, project_root)
    before = {str(folder): _state_of(str(folder)) for folder in folders}

    def watch(path: Path) -> None:
        if str(path) not in before:
            before[str(path)] = _state_of(str(path))

    roots = {root: _names(root) for root in folders}
    found: set[Path] = set()
    met: set[Path] = set()
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        watch(current.parent)
        watch(current)
        new = set(_imported(current, roots, watch)) - met
        met |= new
        waiting.extend(path.resolve() for path in new)
    return _Followed(tuple(sorted(found)), tuple(before), tuple(before.values()))


def third_party(path: Path, project_root: str, *, at_top: bool) -> Iterator[str]:
    """Yields the top-level names of the installed libraries that a file imports.

    Args:
        path: The file.
        project_root: Root of its project.
        at_top: Whether only what importing the file imports counts.
    """
    for item in read_source(path).imports:
        top = item.name.partition(".")[0]
        wanted = item.level == 0 and (item.at_top or not at_top)
        if wanted and _is_third_party(top, path.parent, Path(project_root)):
            yield top


def imported_by_source(text: str, project_root: str) -> tuple[Path, ...]:
    """Returns the project's files that source imports which stands in no file, sorted."""
    root = Path(project_root).resolve()
    entries = (Path(entry).resolve() for entry in sys.path if entry)
    folders = dict.fromkeys([root, *(entry for entry in entries if root in entry.parents)])
    found: set[Path] = set()
    for item in _imports(text.encode()):
        for folder in folders:
            found.update(_module_files(folder, item.name.split(".")))
    return tuple(sorted(path.resolve() for path in found))


def third_party_of_source(text: str, project_root: str, *, at_top: bool) -> Iterator[str]:
    """Yields the installed libraries that source imports which stands in no file; see ``third_party``."""
    for item in _imports(text.encode()):
        top = item.name.partition(".")[0]
        if (item.at_top or not at_top) and _is_third_party(top, Path(project_root)):
            yield top


def _is_third_party(module: str, *own_folders: Path) -> bool:
    if not module or module in sys.stdlib_module_names or module in ("penstock", "tfx"):
        return False
    if any((folder / f"{module}.py").exists() or (folder / module).is_dir() for folder in own_folders):
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _imports(content: bytes) -> Iterator[Import]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return
    top = {id(statement) for statement in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(0, alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = f"{node.module}." if node.module else ""
            yield from (Import(node.level, prefix + alias.name, id(node) in top) for alias in node.names)


def _roots(paths: Iterable[Path], project_root: str) -> tuple[Path, ...]:
    folders: list[Path] = []
    for path in paths:
        folders += [path.parent, module_name(path)[1]]
    return tuple(dict.fromkeys([*folders, Path(project_root).resolve()]))


def _names(folder: Path) -> frozenset[str]:
    """Returns the names of what could be imported from a folder: most imports are of something else."""
    try:
        return frozenset(name.removesuffix(".py") for name in os.listdir(folder))
    except OSError:
        return frozenset()


def _imported(
    path: Path, roots: Mapping[Path, frozenset[str]], watch: Callable[[Path], None]
) -> Iterator[Path]:
    for item in read_source(path).imports:
        parts = item.name.split(".")
        if 0 < item.level <= len(path.parents):
            yield from _module_files(path.parents[item.level - 1], parts, watch)
            continue
        for root, names in roots.items():
            if parts[0] in names:
                yield from _module_files(root, parts, watch)


def _module_files(
    root: Path, parts: list[str], watch: Callable[[Path], None] = lambda _: None
) -> Iterator[Path]:
    """Yields the package files on the way to a module, and the module's file.

    Args:
        root: Folder from which it is imported.
        parts: Its dotted name.
        watch: Is given each folder before it is looked into: what comes into it later may be found then.
    """
    folder = root
    watch(folder)
    for index, part in enumerate(parts):
        module = folder / f"{part}.py"
        if module.is_file() and "site-packages" not in module.parts:
            yield module
            return
        folder = folder / part
        watch(folder)
        init = folder / "__init__.py"
        if init.is_file() and "site-packages" not in init.parts:
            yield init
        elif not folder.is_dir() or index == len(parts) - 1:
            return
