# SPDX-License-Identifier: Apache-2.0
"""The run that a notebook adds to component by component, across kernels: one per pipeline name and store."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import CancelledError, MetadataError, PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import ExamplesFormat, Pipeline
from penstock.graph.system_nodes import Resolver
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.owner import Owner
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.notebook import ipython
from penstock.notebook.failure import ComponentFailedError
from penstock.notebook.live_log import following, log_of
from penstock.notebook.neighbourhood import call_of, definition_of, neighbourhood, variable_of
from penstock.notebook.result import ExecutionResult
from penstock.notebook.workers import Workers
from penstock.runners.ends import Ends
from penstock.runners.logged import Logged
from penstock.runners.session import Session, worker_environment
from penstock.runners.signals import ended_by_signals, interrupted_by_signals
from penstock.runners.whole_node import launch_whole
from penstock.runtime import run as runs
from penstock.runtime.loading import make_importable
from penstock.runtime.observer import Observer
from penstock.runtime.requirements import required_modules
from penstock.runtime.results import NodeResult, node_results
from penstock.runtime.run import Run, RunState

_DEFINED = "defined:"
_STATES: Mapping[str, RunState] = {"failed": "FAILED", "cancelled": "CANCELED"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a notebook's components run.

    Attributes:
        pipeline: Name of the pipeline.
        root: Root URI of the artifacts.
        metadata: The metadata store; ``None`` for a file in the project.
        project_root: Folder of the project: paths are relative to it, and its modules can be imported.
        examples_format: Format in which components write examples.
        in_process: Whether executors run in the notebook's own process.
    """

    pipeline: str
    root: str
    metadata: ConnectionConfig | None
    project_root: str
    examples_format: ExamplesFormat = "parquet"
    in_process: bool = False

    @property
    def run_id(self) -> str:
        """Id of the run; the same in every kernel, so that a new one goes on where the last has ended."""
        return f"notebook-{self.pipeline}"


@dataclass(frozen=True, slots=True)
class Options:
    """How one component is run."""

    enable_cache: bool = True
    beam_pipeline_args: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


class NotebookRun:
    """Runs components one at a time and knows what has been run.

    Args:
        settings: Where they run.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workers = Workers(in_process=settings.in_process)
        self._ran: dict[str, BaseNode] = {}

    def launch(self, component: BaseNode, options: Options) -> ExecutionResult:
        """Runs one component; what it takes from others is what these have made last in this run.

        Raises:
            PipelineError: A component that it takes something from has not been run, or not as it is defined now.
            ComponentFailedError: It failed.
            CancelledError: It was interrupted.
        """
        ir = self._compiled(component, options)
        with self._store(ir) as store:
            known = store.get_run(ir.name, self.settings.run_id)
            run = runs.join(ir, store, self.settings.run_id, options.parameters)
            self._check_upstream(component, run)
            log_file = run.log_file(component.id)
            _take_up(run, store, known, options)
            with self._session(run, store, component) as session, following(log_file) as log:
                result = self._launched(component, session)
                runs.end(run, store, _STATES.get(result.state, "COMPLETE"))
            _raise_for(result, run)
            store.update_run(run.record, {_DEFINED + component.id: definition_of(ir, ir.node(component.id))})
            self._ran[component.id] = component
            _hand_out(component, store, result)
        return ExecutionResult(component, result, log_of(log))

    def components(self) -> list[BaseNode]:
        """Returns the components that have been run here, as they are defined now, in the order of their first run."""
        return list(self._ran.values())

    def artifacts_of_store(self, component: BaseNode) -> bool:
        """Gives a component's channels what an earlier kernel has made by the same definition; says whether it has."""
        ir = self._compiled(component, Options())
        with self._store(ir) as store:
            record = store.get_run(ir.name, self.settings.run_id)
            if record is None or self._why_not(component, ir, record):
                return False
            _hand_out(component, store, node_results(record)[component.id])
        return True

    def _compiled(self, component: BaseNode, options: Options) -> PipelineIR:
        settings = self.settings
        pipeline = Pipeline(
            settings.pipeline,
            settings.root,
            settings.metadata,
            neighbourhood(component),
            enable_cache=options.enable_cache,
            beam_pipeline_args=options.beam_pipeline_args,
            examples_format=settings.examples_format,
        )
        return compile_pipeline(pipeline, project_root=settings.project_root)

    @contextmanager
    def _store(self, ir: PipelineIR) -> Iterator[MetadataStore]:
        with MetadataStore.open(ConnectionConfig.from_json_dict(ir.metadata)) as store:
            yield store

    def _check_upstream(self, component: BaseNode, run: Run) -> None:
        if isinstance(component, Resolver):  # it chooses from the history, whatever that holds
            return
        for upstream in component.upstream_nodes:
            why = None if upstream.implicit else self._why_not(upstream, run.ir, run.record)
            if why is not None:
                raise PipelineError(
                    f"it waits for {upstream.id}, which {why}",
                    component=component.id,
                    hint=self._advice(component, upstream),
                )

    def _why_not(self, node: BaseNode, ir: PipelineIR, record: RunRecord) -> str | None:
        """Returns why nothing can be taken from a node, ``None`` where something can."""
        result = node_results(record).get(node.id)
        if result is None:
            return "has not been run yet"
        if not result.has_outputs and result.state != "skipped":
            return f"{result.state} when it was last run"
        if self._ran.get(node.id) is node:
            return None
        if record.properties.get(_DEFINED + node.id) != definition_of(ir, ir.node(node.id)):
            return "is not as it was when it was last run"
        return None

    def _advice(self, component: BaseNode, upstream: BaseNode) -> str:
        """Returns what to do about an upstream node of which nothing can be taken."""
        newer = self._ran.get(upstream.id)
        name = variable_of(newer) if newer is not None and newer is not upstream else None
        if (
            name is not None and variable_of(upstream) is None
        ):  # defined again since; the component knows the old one
            return f"make {component.id} again, from what {name} is now"
        if name is not None:
            return (
                f"{call_of(upstream)} first; where it is not {name}, give it an id of its own: .with_id('…')"
            )
        return f"{call_of(upstream)} first"

    @contextmanager
    def _session(self, run: Run, store: MetadataStore, component: BaseNode) -> Iterator[Session]:
        """Makes a session; a run that is left by an exception is recorded as failed."""
        observer: Observer = _Quiet() if ipython.is_there() else Logged()
        make_importable(run.ir.project_root)
        requires = required_modules(run.ir, run.ir.node(component.id), run.parameters)
        host = self.workers.host(requires, worker_environment(run.ir))
        session = Session(run, store, host, observer)
        try:
            yield session
        except BaseException:
            self.workers.close()
            with suppress(MetadataError):
                runs.end(run, store, "FAILED")
            raise
        finally:
            session.recorder.close()

    def _launched(self, component: BaseNode, session: Session) -> NodeResult:
        interruptible: AbstractContextManager[None] = (
            interrupted_by_signals() if self.settings.in_process else ended_by_signals(session)
        )
        with interruptible:
            ends = Ends(session.launcher.layout)
            at_a_time = 1 if self.settings.in_process else os.cpu_count() or 1
            for upstream in _implicit(component):
                ends.note(launch_whole(session, upstream.id, ends, max_workers=at_a_time))
            result = launch_whole(session, component.id, ends, max_workers=at_a_time)
            session.recorder.flush()
        if session.cancelled:
            self.workers.close()
        return result


def _take_up(run: Run, store: MetadataStore, known: RunRecord | None, options: Options) -> None:
    """Records that the run goes on in this process, and the parameters that it has been given so far."""
    text = known.properties.get("parameters") if known is not None else None
    given = {**(json.loads(text) if isinstance(text, str) and text else {}), **options.parameters}
    properties = {"state": "RUNNING", "finished": "", "owner": Owner.current().to_text()}
    store.update_run(run.record, {**properties, "parameters": json.dumps(given, sort_keys=True)})


def _raise_for(result: NodeResult, run: Run) -> None:
    if result.state == "cancelled":
        raise CancelledError("it was interrupted", component=result.node_id)
    for failed in result.failures or ((result,) if result.state == "not run" else ()):
        log_file = run.log_file(failed.node_id, failed.item)
        raise ComponentFailedError(failed, log_file if os.path.exists(log_file) else None)


def _implicit(component: BaseNode) -> Sequence[BaseNode]:
    """Returns the nodes that no one runs by hand, such as those of resolver functions, in the order to run them."""
    found: list[BaseNode] = []
    for upstream in component.upstream_nodes:
        if upstream.implicit:
            found += [*_implicit(upstream), upstream]
    return list({id(node): node for node in found}.values())


def _hand_out(component: BaseNode, store: MetadataStore, result: NodeResult) -> None:
    """Gives the channels of a component what it has made: in a loop, what it has made of all items."""
    ended = [one for one in result.items or (result,) if one.has_outputs and one.execution_id is not None]
    made = [store.outputs_of(one.execution_id) for one in ended if one.execution_id is not None]
    for key, channel in component.outputs.items():
        channel.set_artifacts(artifact for outputs in made for artifact in outputs.get(key, ()))


class _Quiet(Logged):
    """Leaves failures to the exception that the notebook shows."""

    def node_finished(self, result: NodeResult) -> None:
        """Logs how the node has ended, unless it failed."""
        if result.state != "failed":
            super().node_finished(result)
