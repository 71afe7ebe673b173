# SPDX-License-Identifier: Apache-2.0
"""``penstock init``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from penstock.cli.project_template import PIPELINE, make_project


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Name of the project; that of the folder where none is given.")
def init(folder: Path, name: str | None) -> None:
    """Start a project in DIR: a working pipeline with modules, a component, settings, data and tests.

    DIR must not exist yet, or be empty.
    """
    made = make_project(folder, name)
    click.echo(f"made {made.name} in {folder}: {made.files} files, and data to begin with")
    change_folder = "" if folder.resolve() == Path.cwd() else f"  cd {shlex.quote(str(folder))}\n"
    click.echo(f"go on with\n{change_folder}  penstock run {PIPELINE}")
    click.echo("that needs Penstock's extra tensorflow, and the tests need pytest; README.md tells the rest")
