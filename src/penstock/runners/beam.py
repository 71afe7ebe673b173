# SPDX-License-Identifier: Apache-2.0
"""BeamDagRunner: runs a pipeline's graph as a Beam pipeline, one step per node."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from penstock.errors import DependencyError
from penstock.ir.model import PipelineIR
from penstock.runners.dag_runner import DagRunner
from penstock.runners.exit_handlers import with_exit_handlers
from penstock.runners.schedule import Results
from penstock.runners.session import RunReport, RunRequest, finish, open_session
from penstock.runners.signals import ended_by_signals
from penstock.runtime.observer import Observer
from penstock.runtime.run import node_results


class BeamDagRunner(DagRunner):
    """Runs the nodes of a pipeline as the steps of a Beam pipeline.

    On Beam's in-process runner (the default) nodes go one at a time, the items of a loop side by side, each executor in
    a worker process of its own as with LocalDagRunner. On another runner each node runs wherever that runner's worker
    does, which must reach the metadata store and the pipeline's root, and have the project's code.

    Args:
        beam_orchestrator_args: Beam arguments for the graph itself; they say which Beam runner walks through it. The
            components' own Beam arguments stay ``Pipeline(beam_pipeline_args=…)``.
    """

    def __init__(self, beam_orchestrator_args: Sequence[str] | None = None) -> None:
        self._args = tuple(beam_orchestrator_args or ())

    def run_ir(
        self, ir: PipelineIR, request: RunRequest | None = None, observer: Observer | None = None
    ) -> RunReport:
        """Runs a compiled pipeline and returns how it ended, failed or not."""
        try:
            with _quietly():
                from penstock.runners.beam_graph import run_graph
        except ModuleNotFoundError as error:
            raise DependencyError(
                "apache_beam is not installed", hint="pip install 'penstock[beam]'"
            ) from error
        started = time.monotonic()
        with open_session(ir, request or RunRequest(), observer=observer) as session:

            def work() -> Results:
                run_graph(session, self._args)
                session.recorder.flush()
                record = session.store.get_run(ir.name, session.run.run_id)
                elsewhere = node_results(record) if record is not None else {}
                return {**elsewhere, **session.results}

            with ended_by_signals(session):
                results = with_exit_handlers(session, work)
            return finish(session, results, started)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keeps from the terminal what Beam says, when it is imported, of optional libraries that nothing here uses."""
    root, silent = logging.getLogger(), logging.NullHandler()
    root.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        root.removeHandler(silent)
