# SPDX-License-Identifier: Apache-2.0
"""A pipeline's graph as a Beam graph. Imports Beam; only BeamDagRunner imports this."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import apache_beam as beam

from penstock.beam.pipeline import open_pipeline
from penstock.ir.document import from_json, to_json
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
from penstock.runners.ends import Ends
from penstock.runners.session import Session, library_settings
from penstock.runners.whole_node import launch_whole
from penstock.runtime import run as runs
from penstock.runtime.host import InProcessHost
from penstock.runtime.observer import Silent
from penstock.runtime.results import from_document, to_document
from penstock.runtime.run import NodeResult, Run
from penstock.runtime.temp_folder import own_temp_folder

_sessions: dict[str, Session] = {}
"""Sessions of this process, by run id: steps that run in the process of the runner use its store and workers."""


def run_graph(session: Session, beam_args: Sequence[str]) -> None:
    """Runs the session's pipeline as a Beam pipeline and waits for its end."""
    scratch = os.path.join(session.run.folder, "tmp", "graph")
    _sessions[session.run.run_id] = session
    try:
        with (
            own_temp_folder(scratch),
            open_pipeline(beam_args, what="the pipeline's graph") as pipeline,
        ):
            _build(pipeline, session.run)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        del _sessions[session.run.run_id]


def _build(pipeline: beam.Pipeline, run: Run) -> None:
    document, settings = to_json(run.ir, indent=None), library_settings()
    root = pipeline | "Start" >> beam.Create([None])
    results: dict[str, Any] = {}
    for node in run.ir.nodes:
        if node.trigger == "at_exit":
            continue
        upstream = [beam.pvalue.AsList(results[name]) for name in node.upstream]
        launched = RunNode(document, run.run_id, node.id, dict(run.parameters), settings, resume=run.resumed)
        results[node.id] = root | node.id >> beam.ParDo(launched, *upstream)


class RunNode(beam.DoFn):
    """Launches one node; the results of its upstream nodes come in as side inputs.

    Args:
        ir: The compiled pipeline, as JSON.
        run_id: The run.
        node_id: The node.
        parameters: Values of the runtime parameters.
        settings: Environment settings that change results.
        resume: Whether what the run has published already is taken over.
    """

    def __init__(
        self,
        ir: str,
        run_id: str,
        node_id: str,
        parameters: dict[str, Any],
        settings: dict[str, str],
        *,
        resume: bool,
    ) -> None:
        self._ir = ir
        self._run_id = run_id
        self._node_id = node_id
        self._parameters = parameters
        self._settings = settings
        self._resume = resume

    # Beam takes the hint of *args for that of each argument.
    @beam.typehints.decorators.no_annotations  # Beam has no types
    def process(self, _: None, *upstream: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yields how the node ended, as plain values."""
        ended = {item["node_id"]: from_document(item) for group in upstream for item in group}
        session = _sessions.get(self._run_id)
        result = self._here(session, ended) if session else self._elsewhere(ended)
        yield to_document(result)

    def _here(self, session: Session, ended: dict[str, NodeResult]) -> NodeResult:
        results = {**session.results, **ended}
        ends = Ends(session.launcher.layout, results.values())
        return launch_whole(session, self._node_id, ends, max_workers=os.cpu_count() or 1)

    def _elsewhere(self, ended: dict[str, NodeResult]) -> NodeResult:
        ir = from_json(self._ir)
        with MetadataStore.open(ConnectionConfig.from_json_dict(ir.metadata)) as store:
            run = runs.join(ir, store, self._run_id, self._parameters, resume=self._resume)
            session = Session(run, store, InProcessHost(), Silent(), settings=self._settings)
            with closing(session.recorder):
                ends = Ends(session.launcher.layout, ended.values())
                result = launch_whole(session, self._node_id, ends, max_workers=1)
                session.recorder.flush()
            return result
