# SPDX-License-Identifier: Apache-2.0
"""A place to run light pipelines in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.ir.model import PipelineIR
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport, RunRequest
from penstock.runners.single_node import run_single_node
from penstock.runtime.run import NodeResult, node_results

SUPPORT = str(Path(__file__).parent)


class Bench:
    """A folder with a metadata store and a pipeline root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.config = sqlite_metadata_connection_config(str(folder / "metadata.db"))

    def compile(self, *nodes: BaseNode, cache: bool = True, root: Path | None = None) -> PipelineIR:
        pipeline = Pipeline("p", str(root or self.root), self.config, nodes, enable_cache=cache)
        return compile_pipeline(pipeline, project_root=SUPPORT)

    def run(self, *nodes: BaseNode, cache: bool = True, runner: Any = None, **request: Any) -> RunReport:
        return (runner or LocalDagRunner()).run_ir(self.compile(*nodes, cache=cache), RunRequest(**request))

    def run_node(self, ir: PipelineIR, node_id: str, run_id: str = "r", **parameters: Any) -> NodeResult:
        """Runs one node in this process, as a task of another scheduler."""
        return run_single_node(ir, node_id, run_id, parameters, in_process=True).result

    def store(self) -> MetadataStore:
        return MetadataStore.open(self.config)

    def recorded(self, run_id: str) -> dict[str, NodeResult]:
        with self.store() as store:
            record = store.get_run("p", run_id)
        assert record is not None
        return node_results(record)

    def state(self, run_id: str) -> str:
        with self.store() as store:
            record = store.get_run("p", run_id)
        assert record is not None
        return str(record.properties["state"])

    def executions(self, run_id: str) -> list[str]:
        """Returns the states of a run's executions, in their order."""
        with self.store() as store:
            return [execution.state for execution in store.executions_of_run("p", run_id)]


def states(report: RunReport) -> dict[str, str]:
    return {node.node_id: node.state for node in report.nodes}
