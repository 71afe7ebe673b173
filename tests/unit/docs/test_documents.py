# SPDX-License-Identifier: Apache-2.0
"""What the documents say about files, commands, options and names is so."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from documents import NOT_TYPED, PROJECT, Block, blocks, commands, documents

from penstock.cli.main import penstock
from penstock.doctor.names import key, names, verdict

README = PROJECT / "README.md"
CLI = PROJECT / "docs" / "reference" / "cli.md"
MIGRATION = PROJECT / "docs" / "how-to" / "tfx-migration.md"
GUIDES = [README, *(path for path in documents() if "docs" in path.parts and "adr" not in path.parts)]

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def all_blocks(*languages: str) -> list[tuple[Path, Block]]:
    return [(path, block) for path in documents() for block in blocks(path) if block.language in languages]


def commands_of_penstock() -> dict[str, click.Command]:
    context = click.Context(penstock)
    found = {name: penstock.get_command(context, name) for name in penstock.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options_of(command: click.Command) -> set[str]:
    declared = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {name for parameter in declared for name in parameter.opts}


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for link in _LINK.findall(_FENCED.sub("", text_of(path))):
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", [path for path in documents() if "docs" in path.parts], ids=name_of)
def test_every_document_is_in_the_index(path: Path) -> None:
    index = PROJECT / "docs" / "README.md"
    links = {(index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(text_of(index))}
    assert path == index or path in links


def test_python_in_documents_is_python() -> None:
    found = all_blocks("python")
    assert len(found) > 20
    for path, block in found:
        try:
            ast.parse(block.text)
        except SyntaxError as error:
            pytest.fail(f"{name_of(path)}:{block.line + (error.lineno or 0)}: {error.msg}")


def test_commands_in_documents_exist_and_are_called_as_they_can_be() -> None:
    known = commands_of_penstock()
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT / "Makefile"), re.MULTILINE))
    seen = 0
    for path, block in all_blocks("console"):
        for command in commands(block):
            words = shlex.split(command.text)
            where = f"{name_of(path)}:{block.line}: {command.text}"
            if words[0] == "penstock":
                assert words[1] in known, where
                try:
                    known[words[1]].make_context(words[1], words[2:])
                except click.UsageError as error:
                    pytest.fail(f"{where}: {error.format_message()}")
                seen += 1
            elif words[0] == "make":
                assert {word for word in words[1:] if "=" not in word} <= targets, where
            else:
                assert (
                    words[0] in {*NOT_TYPED, "python", "pytest", "sed", "mkdir", "cp"} or "=" in words[0]
                ), where
    assert seen > 15


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_options_that_are_named_exist(path: Path) -> None:
    known = {option for command in commands_of_penstock().values() for option in options_of(command)}
    assert set(_OPTION.findall(text_of(path))) - known - {"--help"} == set()


@pytest.mark.parametrize("name", sorted(commands_of_penstock()))
def test_the_reference_names_each_option_of_a_command(name: str) -> None:
    _, _, after = text_of(CLI).partition(f"## penstock {name}\n")
    section = after.partition("\n## ")[0]
    table = "\n".join(line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", table))
    assert named == options_of(commands_of_penstock()[name])


def test_the_picture_in_the_readme_is_what_the_command_draws() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "compile", "pipelines/taxi.py", "--format", "mermaid"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (picture,) = (block.text for block in blocks(README) if block.language == "mermaid")
    assert picture == done.stdout


def test_the_test_in_the_readme_is_one_of_the_tests() -> None:
    (path,) = re.findall(r"^`(tests/[\w/.]+)` runs", text_of(README), re.MULTILINE)
    code = text_of(PROJECT / path).partition("\n")[2]
    assert code in [block.text for block in blocks(README)]


def test_the_example_in_the_readme_is_short() -> None:
    (example,) = (block for block in blocks(README) if block.file == "pipelines/big_tips.py")
    assert sum(bool(line.strip()) for line in example.text.splitlines()) <= 30


def test_the_supported_systems_are_those_with_locks() -> None:
    rows = re.findall(r"\| ([^|]*) \| TensorFlow (2\.\d+) \|$", text_of(README), re.MULTILINE)
    promised = {family: re.findall(r"3\.(\d+)", versions) for versions, family in rows}
    locked: dict[str, list[str]] = {}
    for path in sorted(PROJECT.glob("locks/tensorflow-*.txt")):
        _, family, python = path.stem.split("-")
        locked.setdefault(family, []).append(python.removeprefix("py3"))
    assert promised == {family: [minors[0], minors[-1]] for family, minors in locked.items()}


def test_imports_that_the_migration_guide_promises_work() -> None:
    promised = re.findall(r"`((?:from|import) penstock[^`]*)`", text_of(MIGRATION))
    assert len(promised) >= 8
    for statement in promised:
        exec(statement.replace(", …", ""), {})


def test_what_the_migration_guide_says_is_missing_is_missing() -> None:
    _, _, section = text_of(MIGRATION).partition("## Not there yet\n")
    listed = re.findall(r"`((?:components|orchestration)\.[\w.]+)`", section)
    assert len(listed) >= 4
    known = {key(name.path): name for name in names().values() if name.is_public}
    assert [name for name in listed if verdict(known[name]).state != "absent"] == []
