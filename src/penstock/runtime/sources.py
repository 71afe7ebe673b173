# SPDX-License-Identifier: Apache-2.0
"""Makes the modules importable that exist only as source in the IR: what was defined in a program or a notebook.

A traceback shows them as the user wrote them, in the file and lines that they come from, as far as that file is there
and has not been changed; else the same lines come from the carried source.
"""

from __future__ import annotations

import ast
import importlib
import linecache
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

from penstock.graph.carrying.module_text import ORIGIN_MARK

_ORIGIN = re.compile(rf"^{re.escape(ORIGIN_MARK)}(?P<file>.*), line (?P<line>\d+)$")


_FUTURE_ANNOTATIONS = importlib.import_module("__future__").annotations.compiler_flag


@dataclass(frozen=True, slots=True)
class _Carried:
    text: str
    project_root: str


_carried: dict[str, _Carried] = {}


def install(sources: Mapping[str, str], project_root: str) -> None:
    """Makes modules importable in this process.

    Args:
        sources: Their source, by name (``PipelineIR.sources``).
        project_root: Folder of the project, which files in them are relative to.
    """
    for name, text in sources.items():
        _carried[name] = _Carried(text, project_root)
    if sources and _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)


def source_of(module: str) -> str | None:
    """Returns the source of a module that was installed so; ``None`` of any other."""
    carried = _carried.get(module)
    return carried.text if carried is not None else None


class _Finder:
    """Finds and runs the modules that were installed."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in _carried else None  # type: ignore[arg-type]  # a loader by its methods

    def create_module(self, _: ModuleSpec) -> None:
        """Leaves it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        carried = _carried[module.__name__]
        for code in _codes(module.__name__, carried):
            exec(code, module.__dict__)

    def get_source(self, name: str) -> str | None:
        return source_of(name)


_FINDER = _Finder()


def _codes(name: str, carried: _Carried) -> Iterator[CodeType]:
    """Yields the code of each statement, which knows the file and line that it comes from."""
    lines = carried.text.splitlines(keepends=True)
    tree = ast.parse(carried.text)
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    flags = _FUTURE_ANNOTATIONS if future else 0
    own_file = f"<{name}>"
    linecache.cache[own_file] = (len(carried.text), None, lines, own_file)
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        origin = _ORIGIN.match(lines[first - 2].rstrip("\n")) if first > 1 else None
        file = own_file
        if origin is not None:
            line = int(origin["line"])
            file = _file(name, origin["file"], carried.project_root, line)
            _show(file, line, lines[first - 1 : node.end_lineno])
            ast.increment_lineno(node, line - first)
        module = ast.Module([node], type_ignores=[])
        yield compile(module, file, "exec", flags=flags, dont_inherit=True)


def _file(module: str, file: str, project_root: str, line: int) -> str:
    if file.startswith("<"):
        return f"<cell of {module}, line {line}>"
    return os.path.join(project_root, file)


def _show(file: str, first: int, lines: list[str]) -> None:
    """Has tracebacks show the carried lines, where the file has others by now or is not there."""
    there = linecache.getlines(file)
    wanted = [line.strip() for line in lines]
    if [line.strip() for line in there[first - 1 : first - 1 + len(lines)]] == wanted:
        return
    known = linecache.cache.get(file)
    shown = list(there) if known is not None and len(known) == 4 and known[1] is None else []
    shown += ["\n"] * (first - 1 + len(lines) - len(shown))
    shown[first - 1 : first - 1 + len(lines)] = lines
    linecache.cache[file] = (sum(map(len, shown)), None, shown, file)
