# SPDX-License-Identifier: Apache-2.0
"""The user's code: found by path or dotted name, imported with its siblings, fenced by one error boundary.

Nothing is built or installed: the module's folder (or, inside a package, the folder above the outermost package) is
put first on ``sys.path`` for as long as a session lasts. In a worker process that is the process's life; in-process
runs leave the session after each node, which also forgets the modules, so that two nodes may have siblings of the
same name.
"""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from penstock.errors import PenstockError, UserCodeError, did_you_mean


def resolve_module_file(module_file: str, project_root: str) -> Path:
    """Returns the absolute path of a module file given absolutely or relative to the project's root.

    Raises:
        UserCodeError: There is no such file, or it may not be read.
    """
    path = Path(module_file)
    if not path.is_absolute():
        path = Path(project_root) / path
    try:
        if path.is_file():
            path.open("rb").close()
            return path.resolve()
        near = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
    except PermissionError as error:
        raise UserCodeError(
            f"module file {module_file} cannot be read",
            input=str(path),
            got=error.strerror,
            hint="check owner and mode of the file and of the folders above it",
        ) from None
    raise UserCodeError(
        f"module file {module_file} does not exist",
        expected=f"a Python file at {path}",
        got="a folder" if path.is_dir() else "no such file",
        hint=did_you_mean(path.name, near) if near else f"the folder {path.parent} holds no Python file",
    )


def resolve_function_file(dotted: str, project_root: str) -> Path | None:
    """Returns the project's file of a function's or module's dotted path, or ``None`` for an installed one."""
    folder, parts = Path(project_root), dotted.split(".")
    for end in range(len(parts), 0, -1):
        base = folder.joinpath(*parts[:end])
        for candidate in (base.with_suffix(".py"), base / "__init__.py"):
            if candidate.is_file():
                return candidate.resolve()
    return None


def module_name(path: Path) -> tuple[str, Path]:
    """Returns the dotted name of a module file and the folder that must be on ``sys.path`` for it."""
    parts = [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def load_module(path: Path, component: str | None = None) -> ModuleType:
    """Imports the module at ``path`` under its natural name.

    Raises:
        UserCodeError: It has a syntax error, or raised while it was imported.
    """
    name, folder = module_name(path)
    loaded = sys.modules.get(name)
    if loaded is not None:
        if getattr(loaded, "__file__", None) and Path(str(loaded.__file__)).resolve() == path:
            return loaded
        name = f"penstock_user_code.{name}"
    _put_first(folder)
    if folder != path.parent:
        _put_first(path.parent)
    with user_code(component, what=f"importing {path.name}", file=str(path)):
        if "." not in name:
            importlib.invalidate_caches()
            return _import_as(name, path)
        if name.startswith("penstock_user_code."):
            return _import_as(name.replace(".", "_"), path)
        return importlib.import_module(name)


def _put_first(folder: Path) -> None:
    entry = str(folder)
    if sys.path[:1] != [entry]:
        sys.path[:] = [entry, *(other for other in sys.path if other != entry)]


def _import_as(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserCodeError(f"{path} cannot be imported", expected="a Python source file ending in .py")
    if b"\0" in path.read_bytes():  # what Python itself says from 3.11.4 on; before, it is a ValueError
        raise SyntaxError("source code string cannot contain null bytes", (str(path), None, None, None))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def load_function(
    name: str,
    *,
    module_file: str | None,
    function_path: str | None = None,
    project_root: str,
    component: str | None = None,
    required: bool = True,
) -> Callable[..., Any] | None:
    """Returns a function of the user's.

    Args:
        name: What the function is called by contract (``run_fn``); used with ``module_file``.
        module_file: Path of a Python file that defines it, absolute or relative to the project's root.
        function_path: Dotted path of the function, as another way to name it.
        project_root: Folder of the project.
        component: Node that asks, for the error.
        required: Whether a module without the function is an error; otherwise ``None`` is returned.

    Raises:
        UserCodeError: The file does not exist, does not import, or lacks the function.
    """
    if function_path:
        module, attribute = _by_dotted_path(function_path, project_root, component)
    elif module_file:
        module, attribute = load_module(resolve_module_file(module_file, project_root), component), name
    else:
        if not required:
            return None
        raise UserCodeError(
            f"no module is given for {name}",
            component=component,
            expected="module_file, or the function's dotted path",
        )
    function = getattr(module, attribute, None)
    if function is None and not required:
        return None
    if not callable(function):
        public = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UserCodeError(
            f"{module.__file__} defines no function {attribute}()",
            component=component,
            expected=f"def {attribute}(...)",
            got="no such name" if function is None else f"{attribute} = {function!r:.60}",
            hint=did_you_mean(attribute, public) if public else f"define {attribute} in that file",
        )
    result: Callable[..., Any] = function
    return result


def _by_dotted_path(dotted: str, project_root: str, component: str | None) -> tuple[ModuleType, str]:
    module_path, _, attribute = dotted.rpartition(".")
    if not module_path:
        raise UserCodeError(
            f"{dotted!r} is not a dotted path of a function",
            component=component,
            expected="'package.module.function'",
        )
    _put_first(Path(project_root))
    with user_code(component, what=f"importing {module_path}", file=None):
        return importlib.import_module(module_path), attribute


def enter(project_root: str) -> None:
    """Lets user code of a project be imported, in a process that runs no other: nothing is taken back."""
    _put_first(Path(project_root))


@contextmanager
def session(project_root: str) -> Iterator[None]:
    """Keeps what user code does to ``sys.path`` and ``sys.modules`` inside the ``with`` block.

    Modules that were imported inside the block from below the project's root, or from a folder that user code put on
    ``sys.path``, are forgotten at its end.
    """
    path_before = list(sys.path)
    modules_before = set(sys.modules)
    _put_first(Path(project_root))
    try:
        yield
    finally:
        added = [Path(entry).resolve() for entry in sys.path if entry not in path_before]
        roots = [*added, Path(project_root).resolve()]
        sys.path[:] = path_before
        imported = set(sys.modules) - modules_before
        # First all, then delete: a folder that is a package finds its path through its parent.
        theirs = [
            name for name in imported if any(_belongs(place, roots) for place in _places(sys.modules[name]))
        ]
        for name in theirs:
            del sys.modules[name]


def _places(module: ModuleType) -> list[Path]:
    """Returns the file of a module, or the folders of a package that has none."""
    known = getattr(module, "__dict__", {})  # asking a lazy module for an attribute would load it
    file = known.get("__file__")
    return [Path(place).resolve() for place in ([file] if file else known.get("__path__") or ())]


def _belongs(file: Path, roots: list[Path]) -> bool:
    return "site-packages" not in file.parts and any(root in file.parents for root in roots)


@contextmanager
def user_code(component: str | None, *, what: str, file: str | None = None) -> Iterator[None]:
    """Turns whatever the user's code raises inside into one ``UserCodeError``.

    The error's traceback starts in the user's file; Penstock's own errors pass through and learn the component.

    Args:
        component: Node whose code this is.
        what: What the code was doing (``"run_fn"``).
        file: The user's file, if known.
    """
    try:
        yield
    except PenstockError as error:
        if component:
            error.with_component(component)
        raise
    except SyntaxError as error:
        where = f"{error.filename or file}:{error.lineno}" if error.lineno else file or error.filename
        raise UserCodeError(
            f"{what} failed: {where} is not valid Python: {error.msg}",
            component=component,
            got=(error.text or "").strip() or None,
            hint="correct the syntax and run again",
            traceback=_what_was_raised(error),
        ) from error
    except ImportError as error:
        raise UserCodeError(
            f"{what} failed: {error}",
            component=component,
            input=file,
            hint=_import_hint(error),
            traceback=user_traceback(error, file),
        ) from error
    except MemoryError as error:
        raise UserCodeError(
            f"{what} ran out of memory",
            component=component,
            input=file,
            hint="read the data in batches, or give the machine more memory",
            traceback=user_traceback(error, file),
        ) from error
    except SystemExit as error:
        raise UserCodeError(
            f"{what} ended the process with exit code {error.code}",
            component=component,
            input=file,
            hint="raise an exception instead of calling exit()",
            traceback=user_traceback(error, file),
        ) from error
    except (KeyboardInterrupt, GeneratorExit):
        raise  # not the user's code: the person at the keyboard, or whoever needs no more of a generator
    except BaseException as error:
        told = _first_line(error)
        raise UserCodeError(
            f"{what} raised {type(error).__name__}: {told}",
            component=component,
            input=file,
            hint="free space, or put pipeline_root on a larger disk, and run again"
            if _NO_SPACE in told
            else None,
            traceback=user_traceback(error, file),
        ) from error


_NO_SPACE = os.strerror(errno.ENOSPC)
"""What Python, and libraries that write files by themselves, say where a disk is full."""


def _first_line(error: BaseException) -> str:
    try:
        lines = _printable(str(error)).strip().splitlines()
    except Exception as another:  # an error may fail to tell what it is
        return f"(its text cannot be made: {type(another).__name__})"
    return lines[0][:500] if lines else "(no message)"


def _printable(text: str) -> str:
    """Returns text that can be written and stored anywhere; what is not Unicode stands as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _what_was_raised(error: BaseException) -> str:
    return _printable("".join(traceback.format_exception_only(type(error), error)))


def user_traceback(error: BaseException, file: str | None) -> str:
    """Formats a traceback without the frames above the user's own code.

    Args:
        error: What was raised.
        file: The user's file. Without it, or where it is not in the traceback (the call itself failed), frames of
            Penstock and the import system are left out.
    """
    frames = traceback.extract_tb(error.__traceback__)
    for place in dict.fromkeys((file, None)):
        start = next((i for i, frame in enumerate(frames) if _is_users(frame.filename, place)), None)
        if start is not None:
            shown = "".join(traceback.format_list(frames[start:]))
            return _printable(f"Traceback (most recent call last):\n{shown}") + _what_was_raised(error)
    return _what_was_raised(error)


_OWN_FOLDER = str(Path(__file__).resolve().parents[1])


def _is_users(filename: str, file: str | None) -> bool:
    if filename.startswith("<frozen") or filename == importlib.__file__:
        return False
    if file is not None:
        return Path(filename).resolve().parent == Path(file).resolve().parent
    return not filename.startswith(_OWN_FOLDER)


def _import_hint(error: ImportError) -> str:
    if (error.name or "").partition(".")[0] == "penstock":
        return "docs/reference/tfx-compatibility.md lists the modules and names of TFX that Penstock has"
    return (
        "modules beside the file, its sub-packages and the project's folders can be imported; "
        "anything else must be installed"
    )
