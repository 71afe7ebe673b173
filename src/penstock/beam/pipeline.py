# SPDX-License-Identifier: Apache-2.0
"""Opens a Beam pipeline on the right runner and lets its errors come out as they went in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.runners.portability.portable_runner import JobServiceHandle

from penstock.beam.arguments import is_in_process, without_runner
from penstock.beam.corrections import spare_ipython
from penstock.errors import ExecutionError, PenstockError


@contextmanager
def open_pipeline(
    beam_pipeline_args: Sequence[str] = (), *, component: str | None = None, what: str = "the Beam pipeline"
) -> Iterator[beam.Pipeline]:
    """Yields a pipeline that runs to its end when the ``with`` block is left.

    Args:
        beam_pipeline_args: Arguments of the pipeline and the node. Where they name no runner, or Beam's
            ``DirectRunner``, the pipeline runs in this process; ``--direct_*`` are kept.
        component: Node that the work is for.
        what: What the pipeline does, as the subject of an error ("analysing the data").

    Raises:
        PenstockError: As it was raised inside the pipeline, without what Beam adds to it.
        ExecutionError: The pipeline failed otherwise.
    """
    try:
        with make_pipeline(beam_pipeline_args) as pipeline:
            yield pipeline
    except Exception as error:
        ours = _penstock_error(error)
        if ours is not None:
            raise (ours.with_component(component) if component else ours) from error
        raise ExecutionError(
            f"{what} failed: {_told(error)}",
            component=component,
            got=type(error).__name__,
            hint="the node's log has the whole traceback",
        ) from error


@contextmanager
def lent_pipeline(beam_pipeline_args: Sequence[str] = (), *, component: str) -> Iterator[beam.Pipeline]:
    """Yields a pipeline to code that may run it by itself, as ``with pipeline:`` does; otherwise it is run at the end.

    Args:
        beam_pipeline_args: As ``open_pipeline`` takes them.
        component: Node that the work is for.

    Raises:
        PenstockError: As it was raised inside the pipeline, without what Beam adds to it. Any other error comes out as
            Beam has raised it.
    """
    pipeline = make_pipeline(beam_pipeline_args)
    started: list[object] = []
    run = pipeline.run

    def noted_run(*args: object, **kwargs: object) -> object:
        started.append(run(*args, **kwargs))
        return started[-1]

    pipeline.run = noted_run
    try:
        yield pipeline
        if not started and pipeline.transforms_stack[0].parts:
            pipeline.run()
        for result in started:
            result.wait_until_finish()  # type: ignore[attr-defined]  # the runner's result
    except Exception as error:
        ours = _penstock_error(error)
        if ours is None or ours is error:
            raise
        raise ours.with_component(component) from error


def make_pipeline(beam_pipeline_args: Sequence[str] = ()) -> beam.Pipeline:
    """Returns a pipeline on the runner that the arguments name; in this process where they name none."""
    spare_ipython()
    if not is_in_process(beam_pipeline_args):
        return beam.Pipeline(options=PipelineOptions(list(beam_pipeline_args)))
    arguments = without_runner(beam_pipeline_args)
    return beam.Pipeline(runner=_in_process_runner(tuple(arguments)), options=PipelineOptions(arguments))


def _in_process_runner(arguments: tuple[str, ...]) -> fn_runner.FnApiRunner:
    # Named by its name alone, the runner hands no options to the processes of --direct_running_mode=multi_processing.
    provision = beam_provision_api_pb2.ProvisionInfo()
    provision.CopyFrom(_provision(arguments))
    return fn_runner.FnApiRunner(provision_info=fn_runner.ExtendedProvisionInfo(provision))


@lru_cache(maxsize=16)
def _provision(arguments: tuple[str, ...]) -> beam_provision_api_pb2.ProvisionInfo:
    """Returns what the runner tells its workers; kept, because a stream makes a pipeline for every few rows."""
    options = PipelineOptions(list(arguments)).get_all_options()
    return beam_provision_api_pb2.ProvisionInfo(
        retrieval_token="unused", pipeline_options=JobServiceHandle.encode_pipeline_options(options)
    )


_RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit): ")
"""How the last line of a traceback begins."""


def _penstock_error(error: BaseException) -> PenstockError | None:
    """Finds our error among those that Beam wrapped around it."""
    seen: set[int] = set()
    current: BaseException | None = error
    found: PenstockError | None = None
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, PenstockError):
            found = current
        current = current.__cause__ or current.__context__
    return found


def _told(error: BaseException) -> str:
    """Returns what an error says in a line; of one that a worker elsewhere has raised, there is only its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.match(line)]
    return (raised[-1] if raised else lines[0])[:500] if lines else "(no message)"
