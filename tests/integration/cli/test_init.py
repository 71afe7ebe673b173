# SPDX-License-Identifier: Apache-2.0
"""``penstock init``: what a new user starts from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.project_template import TEMPLATE

Project = Any  # the fixture's class; test folders are no packages

REPOSITORY = Path(__file__).parents[3]
OWN = ("README.md.template", "pyproject.toml.template", "gitignore", "Makefile", "tests")
"""What of the template is not the same in this repository."""


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and ".penstock" not in path.parts
    }


def test_a_project_has_the_shape_of_this_one(project: Project) -> None:
    made = project("init", "my-taxi")
    assert made.code == 0
    assert "penstock run pipelines/taxi.py" in made.out
    root = project.root / "my-taxi"
    assert {entry.name for entry in root.iterdir()} == {
        ".gitignore", "Makefile", "README.md", "components", "configs", "data", "modules", "pipelines",
        "pyproject.toml", "setup.py", "tests",
    }  # fmt: skip
    assert {entry.name for entry in (root / "components/drift_gate").iterdir()} == {
        "__init__.py", "component.py", "driver.py", "executor.py", "publisher.py",
    }  # fmt: skip
    assert len((root / "data/taxi/span-1/trips.csv").read_text().splitlines()) == 7001
    assert (root / "data/taxi/span-1/trips.csv").read_bytes() == (
        REPOSITORY / "data/taxi/span-1/trips.csv"
    ).read_bytes()
    assert not [path for path, text in tree(root).items() if "{{" in text]
    assert 'name = "my-taxi"' in (root / "pyproject.toml").read_text()
    assert (root / "README.md").read_text().startswith("# my-taxi\n")
    assert {entry.name for entry in project.root.iterdir()} == {"my-taxi", "pipelines", "pyproject.toml"}


def test_its_pipeline_compiles(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project("init", "made", "--name", "taxi-trips")
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "penstock",
            "compile",
            "pipelines/taxi.py",
            "--config",
            "configs/local/taxi.yaml",
        ],
        cwd=project.root / "made",
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert f'"project_root": "{project.root / "made"}"' in ended.stdout


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(TEMPLATE).parts[0] not in OWN
    ],
    ids=lambda path: str(path.relative_to(TEMPLATE)),
)
def test_what_this_repository_has_too_is_the_same_here(path: Path) -> None:
    here = REPOSITORY / str(path.relative_to(TEMPLATE)).removesuffix(".template")
    assert path.read_bytes() == here.read_bytes(), f"cp {here} {path}"


def test_an_empty_folder_is_filled_even_the_one_that_one_stands_in(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.root / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert project("init", ".").code == 0
    assert Path("pipelines/taxi.py").is_file()
    assert os.path.samefile(".", folder)
    assert not list(project.root.glob(".penstock-init-*"))


def test_folders_above_are_made(project: Project) -> None:
    assert project("init", "a/b/c").code == 0
    assert (project.root / "a/b/c/setup.py").is_file()


def test_a_folder_with_something_in_it_is_left_alone(project: Project) -> None:
    project.write("mine/notes.txt", "mine")
    for number in range(6):
        project.write(f"mine/{number}.txt", "")
    before = tree(project.root)
    ended = project("init", "mine")
    assert ended.code == 2
    assert "is not empty" in ended.err
    assert "0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more" in ended.err
    assert tree(project.root) == before


@pytest.mark.parametrize(
    ("arguments", "told", "hint"),
    [
        (("x", "--name", "my taxi!"), "that is no name of a project", "--name my-taxi"),
        (("x", "--name", ""), "that is no name of a project", "--name my-project"),
        (("größe",), "the folder's name is no name of a project", "--name gr-e"),
        (("x", "--name", "n" * 200), "that is no name of a project", "--name nnn"),
    ],
)
def test_a_name_that_is_none_is_refused(
    project: Project, arguments: tuple[str, ...], told: str, hint: str
) -> None:
    before = tree(project.root)
    ended = project("init", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert hint in ended.err
    assert tree(project.root) == before


def test_a_file_in_the_way_is_refused(project: Project) -> None:
    project.write("taken", "")
    ended = project("init", "taken")
    assert ended.code == 2
    assert "is not a folder" in ended.err
    ended = project("init", "taken/below")
    assert ended.code == 1
    assert "a file is in the way" in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_told(project: Project) -> None:
    folder = project.root / "closed"
    folder.mkdir(mode=0o500)
    ended = project("init", "closed/made")
    assert ended.code == 1
    assert "not permitted" in ended.err


def test_nothing_is_left_where_the_data_cannot_be_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.cli.project_template._DATA", "data/absent.py")
    ended = project("init", "made")
    assert ended.code == 1
    assert "could not make the project's data" in ended.err
    assert {entry.name for entry in project.root.iterdir()} == {"pipelines", "pyproject.toml"}
