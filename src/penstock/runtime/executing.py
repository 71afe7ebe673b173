# SPDX-License-Identifier: Apache-2.0
"""Executes a node whose driver has said that it runs: start, execute, finish, again after a failure."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from penstock.artifacts.artifact import Artifact
from penstock.errors import CancelledError, PenstockError
from penstock.graph.class_style import executor_path
from penstock.ir.model import NodeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime import publish
from penstock.runtime.divided_outputs import as_divided
from penstock.runtime.driven import Driven
from penstock.runtime.host import ExecutorHost
from penstock.runtime.items import instance_name, item_label
from penstock.runtime.observer import Observer, Told
from penstock.runtime.outputs import Artifacts
from penstock.runtime.results import NodeResult
from penstock.runtime.run import Run
from penstock.runtime.task import ExecutorTask, artifacts_to_json


class Executing:
    """Executes the nodes of one run.

    Args:
        run: The run.
        store: The metadata store.
        host: Where executors run.
        observer: Is told how it goes.
        settings: Environment settings that change results, by name.
    """

    def __init__(
        self,
        run: Run,
        store: MetadataStore,
        host: ExecutorHost,
        observer: Observer,
        settings: Mapping[str, str],
    ) -> None:
        self._run = run
        self._store = store
        self._host = host
        self._observer = observer
        self._settings = settings
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Has nothing more be executed, and no pause before another attempt be waited for."""
        self._cancelled.set()

    def execute(self, driven: Driven) -> tuple[NodeResult, Mapping[str, Sequence[Artifact]]]:
        """Executes a node, again as often as it may be, and publishes it; returns its result and its outputs.

        Raises:
            PenstockError: The last attempt failed.
        """
        node = driven.node
        for remaining in range(node.max_retries, -1, -1):
            try:
                return self._attempt(driven)
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

    def _attempt(self, driven: Driven) -> tuple[NodeResult, Mapping[str, Sequence[Artifact]]]:
        node, item = driven.node, item_label(driven.item)
        if self._cancelled.is_set():
            raise CancelledError("cancelled before it ran", component=instance_name(node.id, item))
        execution = publish.start(self._run, self._store, driven)
        told = Told(node.id, self._observer, item)
        scratch = os.path.join(self._run.folder, "tmp", str(execution.id))
        try:
            outputs = publish.make_outputs(self._run, driven, execution.id)
            task = self._task(driven, execution.id, outputs, scratch)
            self._observer.node_executing(node.id, item)
            done = self._host.execute(task, told.report)
            record = publish.describe(driven.component, task, done["result"])
            made, digests = as_divided(outputs, record, done["digests"])
            published = publish.finish(self._store, execution.id, made, record, digests)
        except BaseException as error:
            # What failed first is told; what is left of it, the next run sweeps.
            with suppress(PenstockError):
                publish.fail(self._run, self._store, node, execution.id, error)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        result = publish.result_of(node.id, execution.id, record)
        return replace(result, warnings=told.warnings), published

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
            log_file=self._run.log_file(node.id, item_label(driven.item)),
            inputs=artifacts_to_json(driven.inputs),
            outputs=artifacts_to_json(outputs),
            parameters=dict(driven.values),
            plan=publish.plan_json(driven.decision),
            requires=driven.requires,
            examples_format=ir.examples_format,
            beam_pipeline_args=driven.beam_pipeline_args,
            timeout_seconds=node.timeout_seconds,
            environment=self._settings,
            declaration=node.declaration,
            code=str(driven.parts.get("code", "")),
            sources={**ir.sources_of(node.component), **ir.sources_of(executor_path(node.declaration))},
        )
