# SPDX-License-Identifier: Apache-2.0
"""Markdown documents as their readers follow them: files to write, commands to type."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
NOT_TYPED = ("make", "git", "cd", ".")
"""Commands that set up what a test has already."""

_FENCE = re.compile(r"^ *```(\w*) *$")
_FILE = re.compile(r"^`([\w./-]+\.\w+)`:$")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: What the fence says.
        text: What is in it.
        line: Number of the fence's line.
        file: The file that the line before names as the block's.
    """

    language: str
    text: str
    line: int
    file: str | None


@dataclass(frozen=True)
class Command:
    """A command in a console block.

    Attributes:
        text: What is typed.
        exit_code: What ``echo $?`` shows after it, 0 where that is not asked.
    """

    text: str
    exit_code: int = 0


def documents() -> list[Path]:
    """Returns all documents of the project."""
    folders = [path for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted([*PROJECT.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))])


def blocks(document: Path) -> Iterator[Block]:
    """Yields the fenced blocks of a document."""
    named, language, start, held = None, None, 0, []
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, start, held = fence[1], number, []
        elif language is not None and fence:
            yield Block(language, "\n".join(held) + "\n", start, named)
            named, language = None, None
        elif language is not None:
            held.append(line)
        elif line.strip():
            found = _FILE.match(line)
            named = found[1] if found else None


def commands(block: Block) -> list[Command]:
    """Returns the commands of a console block, without what only shows an exit code."""
    lines = block.text.splitlines()
    typed = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    found: list[Command] = []
    for index in typed:
        text = lines[index][2:]
        if text == "echo $?":
            found[-1] = Command(found[-1].text, int(lines[index + 1]))
        else:
            found.append(Command(text))
    return found


def prepare(folder: Path) -> Path:
    """Makes a copy of the project as a newcomer finds it, the data by reference."""
    project = folder / "project"
    folders = ("pipelines", "components", "modules", "configs", "tests/support")
    found = [path for name in folders for path in (PROJECT / name).rglob("*")]
    for path in [*found, PROJECT / "tests" / "conftest.py", PROJECT / "pyproject.toml"]:
        if path.suffix in (".py", ".yaml", ".toml"):
            copy = project / path.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (project / "data").symlink_to(PROJECT / "data")
    return project


def follow(document: Path, project: Path, heading: str = "") -> list[str]:
    """Writes a document's files and types its commands, in order; returns what each command printed.

    Args:
        document: The document.
        project: Where the reader stands.
        heading: Where the reader begins.

    Raises:
        AssertionError: A command ended with another exit code than the document says.
    """
    environment = _environment(project)
    first = document.read_text(encoding="utf-8").splitlines().index(heading) if heading else 0
    printed = []
    for block in blocks(document):
        if block.line <= first:
            continue
        if block.file is not None:
            path = project / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        for command in commands(block) if block.language == "console" else ():
            if command.text.split()[0] in NOT_TYPED:
                continue
            done = subprocess.run(
                command.text, shell=True, cwd=project, env=environment, capture_output=True, text=True
            )
            where = f"{document.name}:{block.line}: {command.text}\n{done.stdout}{done.stderr}"
            assert done.returncode == command.exit_code, where
            printed.append(done.stdout)
    return printed


def _environment(project: Path) -> Mapping[str, str]:
    """Returns an environment in which ``penstock``, ``python`` and ``pytest`` are this test's."""
    programs = project.parent / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("penstock", "pytest"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n')
        program.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path}
