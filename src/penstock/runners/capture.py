# SPDX-License-Identifier: Apache-2.0
"""Lets the command line have the pipeline of a file that calls a runner by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from penstock.graph.pipeline import Pipeline

_caught: ContextVar[list[Pipeline] | None] = ContextVar("penstock_captured_pipelines", default=None)


@contextmanager
def capturing() -> Iterator[list[Pipeline]]:
    """Collects the pipelines that are handed to any runner inside the block, instead of running them."""
    pipelines: list[Pipeline] = []
    token = _caught.set(pipelines)
    try:
        yield pipelines
    finally:
        _caught.reset(token)


def captured(pipeline: Pipeline) -> bool:
    """Says whether the pipeline was collected, so that the runner must not run it."""
    pipelines = _caught.get()
    if pipelines is None:
        return False
    pipelines.append(pipeline)
    return True
