# SPDX-License-Identifier: Apache-2.0
"""A pipeline file: Python that defines ``create_pipeline(...) -> Pipeline``, or that only calls a runner.

The nearest folder above the file that holds ``pyproject.toml``, ``setup.py`` or ``.git`` is the project's root (else
the file's own folder). It goes first on ``sys.path``, the file's folder next, here and in the processes that are
started from here; the file is imported under its dotted name below the root, so that workers find what it defines.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import logging
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from penstock.errors import UsageError, UserCodeError, did_you_mean
from penstock.graph.pipeline import Pipeline
from penstock.runners.capture import RunnerCall, capturing
from penstock.runtime.user_code import load_module, user_code

_LOG = logging.getLogger(__name__)

CREATE = "create_pipeline"
_SQLITE = b"SQLite format 3"
_ROOT_MARKS = ("pyproject.toml", "setup.py", ".git")


@dataclass(frozen=True, slots=True)
class PipelineFile:
    """A pipeline file that was found and whose source is valid Python.

    Attributes:
        path: The file, absolute.
        project_root: Root of its project, absolute.
        defines_create_pipeline: Whether it has a ``create_pipeline`` at its top level.
        is_program: Whether it does something when it is run as a program.
    """

    path: Path
    project_root: Path
    defines_create_pipeline: bool
    is_program: bool

    def create_pipeline(self) -> Callable[..., Pipeline]:
        """Imports the file and returns its ``create_pipeline``.

        Raises:
            UserCodeError: The file raised, or its ``create_pipeline`` is no function.
        """
        with capturing():
            module = self._import()
        function = getattr(module, CREATE, None)
        if not callable(function):
            raise UserCodeError(
                f"{CREATE} of {self.path} is not a function",
                expected=f"def {CREATE}(...) -> Pipeline",
                got=repr(function),
            )
        created: Callable[..., Pipeline] = function
        return created

    def _import(self) -> ModuleType:
        parts = self.path.relative_to(self.project_root).with_suffix("").parts
        name = ".".join(parts)
        with user_code(None, what=f"importing {self.path.name}", file=str(self.path)):
            if all(part.isidentifier() for part in parts) and _file_of(name) == self.path:
                importlib.invalidate_caches()
                return importlib.import_module(name)
        return load_module(self.path)

    def runner_call(self) -> RunnerCall:
        """Runs the file as a program and returns what it hands to a runner, which does not run it.

        Raises:
            UserCodeError: The file raised before it called a runner, or called none, or several times.
        """
        with capturing() as calls:
            try:
                self._run_as_program()
            except UserCodeError:
                # What the file does after the runner's call is not about the pipeline, and had no result to go on with.
                if not calls:
                    raise
        if len(calls) == 1:
            return calls[0]
        got = "no call of a runner" if not calls else f"{len(calls)} calls of a runner"
        raise UserCodeError(
            f"{self.path} is not a pipeline file",
            expected=f"def {CREATE}(...) -> Pipeline, or one call of a runner's run(pipeline)",
            got=got,
        )

    def _run_as_program(self) -> None:
        arguments = sys.argv
        sys.argv = [str(self.path)]
        try:
            with user_code(None, what=f"running {self.path.name}", file=str(self.path)):
                try:
                    runpy.run_path(str(self.path), run_name="__main__")
                except SystemExit as error:
                    if error.code not in (None, 0):
                        raise
        finally:
            sys.argv = arguments


def _file_of(module: str) -> Path | None:
    """Returns the file that a dotted name stands for; another distribution may have taken the name."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).resolve() if spec and spec.origin else None


def find_project_root(start: Path) -> Path | None:
    """Returns the nearest folder, ``start`` or above, that holds a project; ``None`` where none does."""
    folder = start.resolve()
    return next(
        (f for f in (folder, *folder.parents) if any((f / mark).exists() for mark in _ROOT_MARKS)), None
    )


def open_pipeline_file(path: Path) -> PipelineFile:
    """Finds a pipeline file, checks its syntax and puts its project on ``sys.path``.

    Raises:
        UsageError: There is no such file, it holds no text, or its path cannot be recorded.
        UserCodeError: It is not valid Python.
    """
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise UsageError(
            f"there is no pipeline file {path}",
            expected="a Python file",
            got="a folder" if path.is_dir() else None,
            hint=did_you_mean(path.name, near) if near else None,
        )
    path = path.resolve()
    _check_text(path)
    source = path.read_bytes()
    if b"\0" in source:
        raise UsageError(
            f"{path.name} is no pipeline file",
            expected="a Python file",
            got="a metadata store" if source.startswith(_SQLITE) else "no text",
            hint=f"--metadata {path.name} names the store" if source.startswith(_SQLITE) else None,
        )
    with user_code(None, what=f"reading {path.name}", file=str(path)):
        tree = ast.parse(source, filename=str(path))
    creates = CREATE in _top_level_names(tree)
    if creates and _sets_exit_handler(tree):
        _LOG.warning(
            "%s sets an exit handler on a runner, which is not called where there is a create_pipeline: "
            "give it to Pipeline(exit_handler=…)",
            path,
        )
    root = find_project_root(path.parent) or path.parent
    _put_on_path(root, path.parent)
    return PipelineFile(path, root, creates, _has_main(tree))


def _check_text(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(
            "the path of the pipeline file is not UTF-8, and cannot be recorded",
            got=ascii(str(path)),
            hint="rename the folder or file whose name has been made in another encoding",
        ) from None


def _put_on_path(*folders: Path) -> None:
    """Puts folders first on ``sys.path``, and on that of Python processes to come."""
    entries = list(dict.fromkeys(map(str, folders)))
    sys.path[:] = [*entries, *(entry for entry in sys.path if entry not in entries)]
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join([*entries, *(e for e in inherited if e and e not in entries)])


def _top_level_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.Assign):
            names.update(target.id for target in statement.targets if isinstance(target, ast.Name))
    return names


def _sets_exit_handler(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "set_exit_handler" for node in ast.walk(tree))


def _has_main(tree: ast.Module) -> bool:
    """Says whether a file has an ``if __name__ == "__main__":`` at its top level."""
    tests = (statement.test for statement in tree.body if isinstance(statement, ast.If))
    return any(isinstance(n, ast.Name) and n.id == "__name__" for test in tests for n in ast.walk(test))
