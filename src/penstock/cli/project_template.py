# SPDX-License-Identifier: Apache-2.0
"""Makes a new project out of the files that come with this package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from penstock import files
from penstock.errors import StorageError, UsageError
from penstock.runtime.staging import staging_folder
from penstock.version import __version__

TEMPLATE = Path(files.__file__).parents[1] / "project_template"
PIPELINE = "pipelines/taxi.py"

_DATA = "data/generate_taxi.py"
_FILLED = ".template"
"""What the names of files end with in which placeholders are filled."""
_HIDDEN = {"gitignore": ".gitignore"}
"""Files that a package would not carry under their own names."""
_LEFT_OUT = ("__pycache__", ".pyc")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_NAME = 100
_TOLD = 5


@dataclass(frozen=True, slots=True)
class MadeProject:
    """A project that was made: its name, and of how many files."""

    name: str
    files: int


def make_project(folder: Path, name: str | None = None) -> MadeProject:
    """Makes a project, whole or not at all.

    Args:
        folder: Where; it must not exist yet, or be empty.
        name: Name of the project; that of the folder where it is not given.

    Raises:
        UsageError: There is something in the folder, or the name is not one.
        StorageError: The folder cannot be written.
    """
    target = Path(os.path.abspath(folder))
    with files.storage_errors("look up", str(target)):
        _check_empty(target)
    project_name = _checked_name(target.name if name is None else name, is_given=name is not None)
    with staging_folder(target.parent, ".penstock-init-", doing="make a project in") as staging:
        made = staging / "project"
        with files.storage_errors("write", str(target)):
            count = _write(made, {"name": project_name, "version": __version__})
            _make_data(made)
            _put_in_place(made, target)
    return MadeProject(project_name, count)


def _check_empty(target: Path) -> None:
    if target.is_dir():
        there = sorted(entry.name for entry in target.iterdir())
        if there:
            more = f" and {len(there) - _TOLD} more" if len(there) > _TOLD else ""
            raise UsageError(
                f"{target} is not empty",
                expected="a folder that does not exist yet, or is empty",
                got=", ".join(there[:_TOLD]) + more,
                hint="name another folder; nothing that is there is ever overwritten",
            )
    elif target.exists() or target.is_symlink():
        raise UsageError(
            f"{target} is not a folder",
            expected="a folder that does not exist yet, or is empty",
            hint="name another one",
        )


def _checked_name(name: str, *, is_given: bool) -> str:
    """Returns a name that a Python project may have.

    Format: https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return name
    close = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_LONGEST_NAME].rstrip("-")
    raise UsageError(
        "that is no name of a project" if is_given else "the folder's name is no name of a project",
        expected="letters and digits of ASCII, with '.', '_' and '-' inside",
        got=repr(name),
        hint=f"--name {close or 'my-project'}",
    )


def _write(made: Path, values: Mapping[str, str]) -> int:
    count = 0
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or any(part in str(source.relative_to(TEMPLATE)) for part in _LEFT_OUT):
            continue
        relative = source.relative_to(TEMPLATE)
        content = source.read_text(encoding="utf-8")
        target = made / relative.parent / _HIDDEN.get(relative.name, relative.name.removesuffix(_FILLED))
        if relative.name.endswith(_FILLED):
            for key, value in values.items():
                content = content.replace(f"{{{{ {key} }}}}", value)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        count += 1
    return count


def _make_data(made: Path) -> None:
    """Has the project's own program make its data."""
    ended = subprocess.run(
        [sys.executable, "-B", str(made / _DATA)], capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        *_, last = ended.stderr.strip().splitlines() or ["no message"]
        raise StorageError(f"{_DATA} could not make the project's data", got=last)


def _put_in_place(made: Path, target: Path) -> None:
    """Gives the project its place; in a folder that is there, which a shell may stand in, entry by entry."""
    if not target.exists():
        made.rename(target)
        return
    for entry in sorted(made.iterdir()):
        entry.rename(target / entry.name)
