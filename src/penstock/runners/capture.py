# SPDX-License-Identifier: Apache-2.0
"""Lets the command line have the pipeline of a file that calls a runner by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from penstock.graph.pipeline import Pipeline
from penstock.graph.run_options import RunOptions


@dataclass(frozen=True, slots=True)
class RunnerCall:
    """What was handed to a runner: a pipeline, and which part of it to run."""

    pipeline: Pipeline
    run_options: RunOptions | None = None


_caught: ContextVar[list[RunnerCall] | None] = ContextVar("penstock_captured_pipelines", default=None)


@contextmanager
def capturing() -> Iterator[list[RunnerCall]]:
    """Collects what is handed to any runner inside the block, instead of running it."""
    calls: list[RunnerCall] = []
    token = _caught.set(calls)
    try:
        yield calls
    finally:
        _caught.reset(token)


def captured(pipeline: Pipeline, run_options: RunOptions | None = None) -> bool:
    """Says whether the pipeline was collected, so that the runner must not run it."""
    calls = _caught.get()
    if calls is None:
        return False
    calls.append(RunnerCall(pipeline, run_options))
    return True
