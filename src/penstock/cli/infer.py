# SPDX-License-Identifier: Apache-2.0
"""``penstock infer``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from penstock.cli.exit_codes import OK
from penstock.cli.inference_options import Inference, InferenceOptions
from penstock.cli.inference_plan import found_models, plan_of
from penstock.cli.pipeline_options import json_option, metadata_option
from penstock.cli.stream import StreamOptions, serve_stream
from penstock.cli.walking import Walker, exit_code, outcome_of, tell
from penstock.config.run_settings import RunSettings
from penstock.errors import UsageError
from penstock.runners.session import RunRequest
from penstock.runtime.clock import new_run_id


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--beam",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="YAML with beam_pipeline_args: configs/beam/…",
)
@click.option(
    "--param", "params", metavar="NAME=VALUE", multiple=True, help="A parameter that CONFIG declares."
)
@click.option("--pipeline-root", metavar="URI", help="Where artifacts go.")
@metadata_option
@click.option("--run-id", metavar="ID", help="Id of the run; one is made from the time where none is given.")
@click.option("--resume", metavar="RUN", help="Go on with a run: what it has published is taken over.")
@click.option("--in-process", is_flag=True, help="Run everything in this process, for debuggers.")
@click.option("--dry-run", is_flag=True, help="Check everything, print what would be done, and run nothing.")
@click.option(
    "--stream", is_flag=True, help="Serve the stream of CONFIG: score what comes in, until a signal."
)
@click.option(
    "--max-files",
    type=click.IntRange(min=1),
    metavar="N",
    help="End a stream after N files, or batches of messages.",
)
@click.option(
    "--idle-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="End a stream when nothing came in for N seconds.",
)
@json_option
def infer(
    run_id: str | None,
    resume: str | None,
    in_process: bool,
    dry_run: bool,
    stream: bool,
    max_files: int | None,
    idle_seconds: float | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Predict with the graph of models in CONFIG, a YAML file.

    It runs as a pipeline of its own: models and results are recorded, and `penstock show` and `penstock lineage` tell
    of them. Exit codes: 0 done, also where a blessing kept a model back; 1 failed; 2 called wrongly, which a mistake in
    CONFIG is; 128 + n ended by signal n.
    """
    if run_id and resume:
        raise UsageError(
            "--run-id and --resume exclude each other", hint="--resume takes the id of the run to go on with"
        )
    inference = Inference.read(InferenceOptions(**options))
    for_streams = StreamOptions(max_files, idle_seconds)
    if stream:
        _refuse_with_stream(
            {"--in-process": in_process, "--dry-run": dry_run, "--resume": resume is not None}
        )
        return serve_stream(inference, for_streams, run_id=run_id, as_json=as_json)
    if for_streams.given:
        raise UsageError(f"{' and '.join(for_streams.given)} is for streams", hint="add --stream")
    if dry_run:
        plan = plan_of(inference)
        click.echo(json.dumps(plan.to_json_dict(), indent=2, ensure_ascii=False) if as_json else plan.text())
        return OK
    ir = inference.compiled()
    found_models(inference)
    request = RunRequest(
        run_id=resume or run_id or new_run_id(),
        build_parameters=inference.file.parameters,
        resume=resume is not None,
    )
    report = Walker(RunSettings(), "local", None, in_process).walk(ir, request, as_json=as_json)
    outcome = outcome_of(ir, report)
    tell(outcome, as_json=as_json)
    return exit_code(report, outcome)


def _refuse_with_stream(flags: dict[str, bool]) -> None:
    given = [name for name, value in flags.items() if value]
    if given:
        raise UsageError(
            f"--stream and {' and '.join(given)} exclude each other",
            hint="a stream runs in one process anyway, checks everything before it takes a file, and goes on where its"
            " state folder says",
        )
