# SPDX-License-Identifier: Apache-2.0
"""``penstock doctor``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from penstock.cli.exit_codes import FAILED, OK
from penstock.doctor.examination import Examination, examine
from penstock.errors import StorageError, UsageError

_LEFT_OUT = {"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"}


@click.command()
@click.argument("files", metavar="FILE…", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--diff", "as_patch", is_flag=True, help="Print a patch that changes the imports, for `git apply`."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(files: tuple[Path, ...], as_patch: bool, as_json: bool) -> int:
    """Say what must change in pipelines and modules written for TFX; FILE may be a folder.

    They are read, not run. The exit code is 1 where something has to be changed by hand, and 0 where imports are all.
    """
    if as_patch and as_json:
        raise UsageError("--diff and --json exclude each other")
    examined = [_examined(path) for path in _python_files(files)]
    if not examined:
        raise UsageError(
            f"no Python file in {', '.join(map(str, files))}", expected="a .py file, or a folder of them"
        )
    findings = [finding for examination in examined for finding in examination.findings]
    if as_patch:
        click.echo("".join(examination.patch for examination in examined), nl=False)
    elif as_json:
        document = {
            "files": [examination.path for examination in examined],
            "findings": [dataclasses.asdict(finding) for finding in findings],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        from penstock.ui.doctor_page import doctor_text

        click.echo(doctor_text(findings, len(examined)))
    return FAILED if any(finding.kind == "change" for finding in findings) else OK


def _python_files(given: Iterable[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            found = (file for file in path.rglob("*.py") if file.is_file())
            yield from sorted(file for file in found if not _is_left_out(file.relative_to(path)))
        elif path.exists():
            yield path
        else:
            raise UsageError(f"no such file or folder: {path}", got=str(path), hint="check the path")


def _is_left_out(file: Path) -> bool:
    return any(part in _LEFT_OUT or part.startswith(".") for part in file.parts[:-1])


def _examined(path: Path) -> Examination:
    if path.suffix == ".ipynb":
        raise UsageError(
            f"{path} is a notebook",
            expected="a .py file",
            hint=f"jupyter nbconvert --to script {path.name} makes one",
        )
    # A patch is applied here, so that a path is told from here where it can be.
    name = str(
        path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path
    )
    try:
        source = path.read_bytes()
        text = source.decode("utf-8-sig")
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}", input=str(path)) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not Python: it is not UTF-8 text", got=str(error)) from error
    try:
        return examine(name, text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        raise UsageError(f"{where} is not Python: {getattr(error, 'msg', error)}") from error
