# SPDX-License-Identifier: Apache-2.0
"""The launcher: drive, execute, publish, for one node of one run. Every runner goes through it."""

from __future__ import annotations

import os
import shutil
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import CancelledError, PenstockError
from penstock.ir.model import NodeIR, ValueIR
from penstock.metadata.store import MetadataStore
from penstock.runtime import cache, publish, reuse, system_nodes
from penstock.runtime.binding import bind_inputs, bind_parameters
from penstock.runtime.driven import Driven
from penstock.runtime.host import ExecutorHost
from penstock.runtime.inputs import Artifacts, RunOutputs, resolve
from penstock.runtime.loading import load_declaration, load_role, make_importable
from penstock.runtime.observer import Observer, Silent, Told
from penstock.runtime.requirements import required_modules, used_libraries
from penstock.runtime.roles import DriverContext, Reuse, Skip
from penstock.runtime.run import NodeResult, Run, record_node
from penstock.runtime.task import ExecutorTask, artifacts_to_json
from penstock.runtime.user_code import user_code


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
        self._cancelled = threading.Event()
        make_importable(run.ir.project_root)

    def cancel(self) -> None:
        """Has nothing more be executed, and no pause before another attempt be waited for."""
        self._cancelled.set()

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
        if result.node_id not in self._outputs:
            self._outputs.remember(result, {})
        self._observer.node_finished(result)  # first: what happened is told even where it cannot be recorded
        if result.state != "cancelled":
            record_node(self._run, self._store, result)
        return result

    def _launch(self, node: NodeIR) -> NodeResult:
        before = reuse.published_before(self._run, self._store, node) if self._run.resumed else None
        if before is not None:
            return self._remembered(*before)
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

    def _component(self, node: NodeIR, inputs: Artifacts) -> NodeResult:
        cls = load_declaration(node.component, node.id, node.declaration)
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
        driver = load_role(cls, cls.DRIVER, node.id)
        with user_code(node.id, what=f"{type(driver).__name__}.decide"):
            decision = driver.decide(bind_inputs(cls, node.id, inputs), parameters, context)
        if isinstance(decision, Skip):
            return NodeResult(node.id, "skipped", decision.reason)
        if isinstance(decision, Reuse):
            answer = reuse.as_decided(self._run, self._store, node, values, inputs, decision)
            return self._remembered(*answer)
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
        driven = Driven(node, cls, inputs, values, decision, parts, requires)
        cached = reuse.from_cache(self._run, self._store, driven)
        return self._remembered(*cached) if cached is not None else self._execute_with_retries(driven)

    def _value(self, value: ValueIR) -> Any:
        if value.runtime_parameter is not None:
            return self._run.parameters[value.runtime_parameter]
        return value.constant

    def _execute_with_retries(self, driven: Driven) -> NodeResult:
        node = driven.node
        for remaining in range(node.max_retries, -1, -1):
            try:
                return self._execute(driven)
            except CancelledError:
                raise
            except PenstockError:
                if remaining == 0:
                    raise
                self._pause(node, node.retry_delay_seconds * 2 ** (node.max_retries - remaining))
        raise AssertionError("a node has at least one attempt")

    def _pause(self, node: NodeIR, seconds: float) -> None:
        if self._cancelled.wait(min(seconds, threading.TIMEOUT_MAX)):
            raise CancelledError("cancelled before it was tried again", component=node.id)

    def _execute(self, driven: Driven) -> NodeResult:
        node = driven.node
        if self._cancelled.is_set():
            raise CancelledError("cancelled before it ran", component=node.id)
        execution = publish.start(self._run, self._store, driven)
        told = Told(node.id, self._observer)
        scratch = os.path.join(self._run.folder, "tmp", str(execution.id))
        try:
            outputs = publish.make_outputs(self._run, driven, execution.id)
            task = self._task(driven, execution.id, outputs, scratch)
            self._observer.node_executing(node.id)
            done = self._host.execute(task, told.report)
            record = publish.describe(driven.component, task, done["result"])
            published = publish.finish(self._store, execution.id, outputs, record, done["digests"])
        except BaseException as error:
            with suppress(
                PenstockError
            ):  # what failed first is told; what is left of it, the next run sweeps
                publish.fail(self._run, self._store, node, execution.id, error)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        result = publish.result_of(node.id, execution.id, record)
        return self._remembered(replace(result, warnings=told.warnings), published)

    def _task(self, driven: Driven, execution_id: int, outputs: Artifacts, scratch: str) -> ExecutorTask:
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
            declaration=node.declaration,
        )
