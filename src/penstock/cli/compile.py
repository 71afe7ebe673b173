# SPDX-License-Identifier: Apache-2.0
"""``penstock compile``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from penstock.cli.pipeline_options import PipelineOptions, pipeline_options
from penstock.cli.preparation import Preparation


@click.command("compile")
@pipeline_options
@click.option(
    "--format", "form", type=click.Choice(["json", "mermaid", "dot"]), default="json", show_default=True,
    help="The IR, or a picture of the flow.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def compile_(form: str, output: Path | None, **options: Any) -> None:
    """Print the IR of the pipeline in FILE, or a picture of its flow.

    Runtime parameters stay placeholders; --param sets the default of one.
    """
    ir = Preparation(PipelineOptions(**options)).prepared().with_runtime_defaults()
    if form == "json":
        from penstock.ir.document import to_json

        text = to_json(ir)
    else:
        from penstock.ui import pictures

        text = pictures.mermaid(ir) if form == "mermaid" else pictures.dot(ir)
    if output is None:
        click.echo(text)
    else:
        from penstock import files

        files.write_atomic(str(output), text + "\n")
