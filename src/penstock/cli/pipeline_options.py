# SPDX-License-Identifier: Apache-2.0
"""Options of the commands that take a pipeline file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """Which pipeline, and what to make it with.

    Attributes:
        file: The pipeline file.
        config: YAML file with settings, if one is given.
        params: ``name=value`` of arguments of ``create_pipeline`` and of runtime parameters.
        pipeline_root: Root URI of the artifacts, instead of the pipeline's own.
        metadata: Path or URL of the metadata store, instead of the pipeline's own.
    """

    file: Path
    config: Path | None = None
    params: tuple[str, ...] = ()
    pipeline_root: str | None = None
    metadata: str | None = None


def pipeline_options(command: F) -> F:
    """Adds FILE and the options to a command, which receives them as the fields of ``PipelineOptions``."""
    decorators = (
        click.argument("file", type=click.Path(path_type=Path)),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="YAML settings; configs/ENV/NAME.yaml lies over configs/base/NAME.yaml.",
        ),
        click.option(
            "--param",
            "params",
            metavar="NAME=VALUE",
            multiple=True,
            help="An argument of create_pipeline, or a runtime parameter. Relative paths start at the project's root.",
        ),
        click.option("--pipeline-root", metavar="URI", help="Where artifacts go."),
        metadata_option,
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def metadata_option(command: F) -> F:
    """Adds ``--metadata``."""
    decorated: F = click.option(
        "--metadata",
        metavar="PATH|URL",
        help="Metadata store: an SQLite file, or mysql://USER:${VARIABLE}@HOST/DATABASE.",
    )(command)
    return decorated


def json_option(command: F) -> F:
    """Adds ``--json``, which the command receives as ``as_json``."""
    decorated: F = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")(
        command
    )
    return decorated
