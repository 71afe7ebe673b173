# SPDX-License-Identifier: Apache-2.0
"""The launcher: drive, execute, publish, for one node of one run. Every runner goes through it."""

from __future__ import annotations

import os
import shutil
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import CancelledError, PenstockError
from penstock.graph.component import BaseComponent
from penstock.ir.model import NodeIR, ValueIR
from penstock.metadata.records import ExecutionRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime import cache, publish, system_nodes
from penstock.runtime.binding import bind_inputs, bind_parameters
from penstock.runtime.host import ExecutorHost
from penstock.runtime.inputs import Artifacts, RunOutputs, latest_finished, next_attempt, resolve
from penstock.runtime.loading import load, load_declaration, make_importable
from penstock.runtime.observer import Observer, Silent, Told
from penstock.runtime.requirements import required_modules, used_libraries
from penstock.runtime.roles import DriverContext, Reuse, Skip
from penstock.runtime.roles import Run as RunDecision
from penstock.runtime.run import NodeResult, Run, record_node
from penstock.runtime.task import ExecutorTask, artifacts_to_json
from penstock.runtime.user_code import user_code


@dataclass(frozen=True, slots=True)
class _Driven:
    """A component node on its way: resolved, decided, not yet executed."""

    node: NodeIR
    component: type[BaseComponent]
    inputs: Artifacts
    values: Mapping[str, Any]
    decision: RunDecision[Any]
    parts: Mapping[str, Any]
    requires: tuple[str, ...]

    @property
    def key(self) -> str:
        return cache.cache_key(self.parts)


class Launcher:
    """Launches the nodes of one run.

    Args:
        run: The run.
        store: The metadata store.
        host: Where executors run.
        observer: Is told how the run goes.
        settings: Environment settings that change results, by name; part of every cache key of a node with
            requirements.
    """

    def __init__(
        self,
        run: Run,
        store: MetadataStore,
        host: ExecutorHost,
        observer: Observer | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._run = run
        self._store = store
        self._host = host
        self._observer = observer or Silent()
        self._settings = dict(settings or {})
        self._outputs = RunOutputs(run, store)
        make_importable(run.ir.project_root)

    def run_node(self, node_id: str) -> NodeResult:
        """Drives, executes and publishes one node.

        Failures are results, not exceptions: the run goes on with nodes that do not depend on this one.
        """
        node = self._run.ir.node(node_id)
        started = time.monotonic()
        self._observer.node_started(node_id)
        try:
            result = self._launch(node)
        except CancelledError as error:
            result = NodeResult(node_id, "cancelled", reason=str(error.message))
        except PenstockError as error:
            error.with_component(node_id)
            result = NodeResult(node_id, "failed", str(error), traceback=getattr(error, "traceback", ""))
        except Exception as error:  # a defect of ours is one node's failure too
            what = "".join(traceback.format_exception_only(type(error), error)).strip()
            reason = f"{node_id}: Penstock failed unexpectedly: {what}"
            result = NodeResult(node_id, "failed", reason, traceback=traceback.format_exc())
        result = replace(result, seconds=round(time.monotonic() - started, 3))
        if result.state != "cancelled":
            record_node(self._run, self._store, result)
        if result.node_id not in self._outputs:
            self._outputs.remember(result, {})
        self._observer.node_finished(result)
        return result

    def _launch(self, node: NodeIR) -> NodeResult:
        if self._run.resumed:
            resumed = self._resumed(node)
            if resumed is not None:
                return resumed
        if node.kind == "importer":
            return self._remembered(*system_nodes.run_importer(node, self._run, self._store))
        resolved: Artifacts | Skip = {} if node.kind == "resolver" else resolve(node, self._outputs)
        if isinstance(resolved, Skip):
            return NodeResult(node.id, "skipped", resolved.reason)
        if node.kind == "resolver":
            return self._remembered(*system_nodes.run_resolver(node, self._run, self._store))
        return self._component(node, resolved)

    def _remembered(self, result: NodeResult, outputs: Mapping[str, Sequence[Artifact]]) -> NodeResult:
        self._outputs.remember(result, outputs)
        return result

    def _resumed(self, node: NodeIR) -> NodeResult | None:
        execution_id = latest_finished(self._store, self._run, node)
        if execution_id is None:
            return None
        (execution,) = self._store.executions([execution_id])
        outputs = publish.existing_outputs(self._store, execution)
        if outputs is None:
            return None
        return self._remembered(
            publish.cached_result(node.id, execution, "published by this run before"), outputs
        )

    def _component(self, node: NodeIR, inputs: Artifacts) -> NodeResult:
        cls = load_declaration(node.component, node.id)
        values = {name: self._value(value) for name, value in node.parameters.items()}
        parameters = bind_parameters(cls, values)
        context = DriverContext(
            pipeline=self._run.ir.name,
            run_id=self._run.run_id,
            node_id=node.id,
            pipeline_root=self._run.ir.root,
            project_root=self._run.ir.project_root,
            examples_format=self._run.ir.examples_format,
            store=self._store,
        )
        driver = load(cls.DRIVER, node.id)
        with user_code(node.id, what=f"{driver.__name__}.decide"):
            decision = driver().decide(bind_inputs(cls, node.id, inputs), parameters, context)
        if isinstance(decision, Skip):
            return NodeResult(node.id, "skipped", decision.reason)
        if isinstance(decision, Reuse):
            return self._reuse(node, values, inputs, decision)
        inputs = {**inputs, **{key: list(group) for key, group in decision.inputs.items()}}
        requires = required_modules(self._run.ir, node, self._run.parameters)
        parts = cache.cache_parts(
            self._run.ir,
            node,
            cls,
            inputs=inputs,
            parameters=values,
            decision=decision,
            libraries=used_libraries(self._run.ir, node, self._run.parameters),
            settings=self._settings,
        )
        driven = _Driven(node, cls, inputs, values, decision, parts, requires)
        return self._from_cache(driven) or self._execute_with_retries(driven)

    def _value(self, value: ValueIR) -> Any:
        if value.runtime_parameter is not None:
            return self._run.parameters[value.runtime_parameter]
        return value.constant

    def _reuse(
        self, node: NodeIR, values: Mapping[str, Any], inputs: Artifacts, decision: Reuse
    ) -> NodeResult:
        (earlier,) = self._store.executions([decision.execution_id])
        outputs = self._store.outputs_of(earlier.id)
        new = publish.new_execution(
            self._run,
            node,
            next_attempt(self._store, self._run, node),
            values,
            inputs,
            None,
            earlier.properties,
        )
        execution = self._store.record_cached(new, publish.ids(outputs))
        return self._cached(node, execution, earlier, decision.reason, outputs)

    def _from_cache(self, driven: _Driven) -> NodeResult | None:
        if not driven.node.enable_cache:
            return None
        found = publish.find_cached(self._store, driven.key)
        if found is None:
            return None
        earlier, outputs = found
        new = publish.new_execution(
            self._run,
            driven.node,
            next_attempt(self._store, self._run, driven.node),
            driven.values,
            driven.inputs,
            driven.key,
            earlier.properties,
        )
        execution = self._store.record_cached(new, publish.ids(outputs))
        return self._cached(driven.node, execution, earlier, f"same as execution {earlier.id}", outputs)

    def _cached(
        self, node: NodeIR, execution: ExecutionRecord, earlier: ExecutionRecord, reason: str, outputs: Any
    ) -> NodeResult:
        result = replace(publish.cached_result(node.id, earlier, reason), execution_id=execution.id)
        self._outputs.remember(result, outputs)
        return result

    def _execute_with_retries(self, driven: _Driven) -> NodeResult:
        node = driven.node
        for remaining in range(node.max_retries, -1, -1):
            try:
                return self._execute(driven)
            except CancelledError:
                raise
            except PenstockError:
                if remaining == 0:
                    raise
                time.sleep(node.retry_delay_seconds * 2 ** (node.max_retries - remaining))
        raise AssertionError("a node has at least one attempt")

    def _execute(self, driven: _Driven) -> NodeResult:
        node = driven.node
        attempt = next_attempt(self._store, self._run, node)
        execution = publish.start(self._run, self._store, driven.node, attempt, driven, driven.key)
        outputs: Artifacts = {}
        told = Told(node.id, self._observer)
        scratch = os.path.join(self._run.folder, "tmp", str(execution.id))
        try:
            outputs = publish.make_outputs(self._run, node, driven.component, execution.id, driven.decision)
            task = self._task(driven, execution.id, outputs, scratch)
            self._observer.node_executing(node.id)
            done = self._host.execute(task, told.report)
            record = publish.describe(driven.component, task, done["result"])
            published = publish.finish(self._store, execution.id, outputs, record, done["digests"])
        except BaseException as error:
            publish.fail(self._store, execution.id, outputs, error)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        result = replace(publish.result_of(node.id, execution.id, record), warnings=told.warnings)
        self._outputs.remember(result, published)
        return result

    def _task(self, driven: _Driven, execution_id: int, outputs: Artifacts, scratch: str) -> ExecutorTask:
        ir, node = self._run.ir, driven.node
        return ExecutorTask(
            component=node.component,
            pipeline=ir.name,
            run_id=self._run.run_id,
            node_id=node.id,
            execution_id=execution_id,
            project_root=ir.project_root,
            temp_dir=scratch,
            log_file=self._run.log_file(node.id),
            inputs=artifacts_to_json(driven.inputs),
            outputs=artifacts_to_json(outputs),
            parameters=dict(driven.values),
            plan=publish.plan_json(driven.decision),
            requires=driven.requires,
            examples_format=ir.examples_format,
            beam_pipeline_args=node.beam_pipeline_args,
            timeout_seconds=node.timeout_seconds,
            environment=self._settings,
        )
