# SPDX-License-Identifier: Apache-2.0
"""The launcher: drive, execute, publish, for one node of one run. Every runner goes through it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from penstock.artifacts.artifact import Artifact
from penstock.errors import CancelledError, PenstockError
from penstock.ir.model import NodeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime import cache, partial_run, reuse, sources, system_nodes
from penstock.runtime.binding import bind_inputs, bind_parameters
from penstock.runtime.driven import Driven
from penstock.runtime.executing import Executing
from penstock.runtime.final_status import recorded_status
from penstock.runtime.host import ExecutorHost
from penstock.runtime.inputs import resolve
from penstock.runtime.items import Item, instance_name, item_label
from penstock.runtime.layout import Layout
from penstock.runtime.loading import load_declaration, load_role, make_importable
from penstock.runtime.node_values import NodeValues, check_values, node_values
from penstock.runtime.observer import Observer, Silent
from penstock.runtime.outputs import Artifacts, RunOutputs
from penstock.runtime.requirements import required_modules, used_libraries
from penstock.runtime.results import Recorder
from penstock.runtime.roles import DriverContext, Reuse, Skip
from penstock.runtime.run import NodeResult, Run, record_node
from penstock.runtime.scopes import Scopes
from penstock.runtime.user_code import user_code

Ended = tuple[NodeResult, Mapping[str, Sequence[Artifact]]]


class Launcher:
    """Launches the nodes of one run.

    Args:
        run: The run.
        store: The metadata store.
        host: Where executors run.
        observer: Is told how the run goes.
        settings: Environment settings that change results, by name; part of every cache key of a node with
            requirements.
        recorder: Records how nodes end; without one, each is recorded at once.
        status: Says how the run has ended so far, for exit handlers; what is recorded on it where it is not given.
        warnings: What is odd about nodes, by id, as is known before they run.

    Attributes:
        layout: The run's pipeline.
        scopes: What its conditions and loops say.
        errors: What made nodes fail, by name, of which their results have only the text.
    """

    def __init__(
        self,
        run: Run,
        store: MetadataStore,
        host: ExecutorHost,
        observer: Observer | None = None,
        settings: Mapping[str, str] | None = None,
        *,
        recorder: Recorder | None = None,
        status: Callable[[], str] | None = None,
        warnings: Mapping[str, str] | None = None,
    ) -> None:
        self._run = run
        self._store = store
        self._observer = observer or Silent()
        self._settings = dict(settings or {})
        self._recorder = recorder
        self._status = status or (lambda: recorded_status(run, store))
        self._warnings = dict(warnings or {})
        self._outputs = RunOutputs(run, store)
        self._executing = Executing(run, store, host, self._observer, self._settings)
        self.errors: dict[str, PenstockError] = {}
        self.layout = Layout(run.ir)
        self.scopes = Scopes(run, store, self.layout, self._outputs)
        make_importable(run.ir.project_root)
        sources.install(run.ir.sources, run.ir.project_root)

    def cancel(self) -> None:
        """Has nothing more be executed, and no pause before another attempt be waited for."""
        self._executing.cancel()

    def run_node(self, node_id: str, item: Item = ()) -> NodeResult:
        """Drives, executes and publishes one node, of one item where it stands in loops.

        Failures are results, not exceptions: the run goes on with nodes that do not depend on this one.
        """
        node, label = self.layout.node(node_id), item_label(item)
        started = time.monotonic()
        self._observer.node_started(node_id, label)
        outputs: Mapping[str, Sequence[Artifact]] = {}
        try:
            result, outputs = self._launch(node, item)
        except CancelledError as error:
            result = NodeResult(node_id, "cancelled", reason=str(error.message))
        except PenstockError as error:
            name = instance_name(node_id, item)
            error.component = name if error.component in (None, node_id) else error.component
            self.errors[name] = error
            result = NodeResult(node_id, "failed", str(error), traceback=getattr(error, "traceback", ""))
        except Exception as error:  # a defect of ours is one node's failure too
            what = "".join(traceback.format_exception_only(type(error), error)).strip()
            reason = f"{node_id}: Penstock failed unexpectedly: {what}"
            result = NodeResult(node_id, "failed", reason, traceback=traceback.format_exc())
        known = self._warnings.get(node_id)
        result = replace(
            result,
            seconds=round(time.monotonic() - started, 3),
            item=label,
            warnings=(known, *result.warnings) if known else result.warnings,
        )
        self._outputs.remember(result, outputs)
        self.tell(result)
        return result

    def tell(self, result: NodeResult) -> None:
        """Tells and records how a node, or its work on an item, has ended."""
        self._observer.node_finished(result)  # first: what happened is told even where it cannot be recorded
        if self._recorder is not None:
            self._recorder.note(result)
        else:
            record_node(self._run, self._store, result)

    def _launch(self, node: NodeIR, item: Item) -> Ended:
        settled = partial_run.settled(self._run, self._store, node, item)
        if settled is not None:
            return settled
        closed = self.scopes.closed(node.scope, item)
        if closed is not None:
            return _skipped(node, closed)
        # What runs however others end is run again: they may have ended otherwise now.
        if self._run.resumed and node.trigger == "all_succeeded":
            before = reuse.published_before(self._run, self._store, node, item)
            if before is not None:
                return before
        inputs: Artifacts | Skip = {} if node.kind == "resolver" else resolve(node, item, self.scopes)
        if isinstance(inputs, Skip):
            return _skipped(node, inputs)
        values = node_values(node, item, inputs, self._run, self.scopes, self._status)
        if isinstance(values, Skip):
            return _skipped(node, values)
        if node.kind == "importer":
            return system_nodes.run_importer(node, self._run, self._store, item, values)
        if node.kind == "resolver":
            return system_nodes.run_resolver(node, self._run, self._store, item, values, self.scopes)
        return self._component(node, item, inputs, values)

    def _component(self, node: NodeIR, item: Item, inputs: Artifacts, values: NodeValues) -> Ended:
        run = self._run
        cls = load_declaration(node.component, node.id, node.declaration)
        check_values(cls, node, values.parameters)
        parameters = bind_parameters(cls, values.parameters)
        context = DriverContext(
            pipeline=run.ir.name,
            run_id=run.run_id,
            node_id=node.id,
            pipeline_root=run.ir.root,
            project_root=run.ir.project_root,
            examples_format=run.ir.examples_format,
            store=self._store,
        )
        driver = load_role(cls, cls.DRIVER, node.id)
        with user_code(node.id, what=f"{type(driver).__name__}.decide"):
            decision = driver.decide(bind_inputs(cls, node.id, inputs), parameters, context)
        if isinstance(decision, Skip):
            return _skipped(node, decision)
        inputs = {**inputs, **values.read}
        if isinstance(decision, Reuse):
            return reuse.as_decided(run, self._store, node, values.parameters, inputs, decision, item)
        inputs = {**inputs, **{key: list(group) for key, group in decision.inputs.items()}}
        parts = cache.cache_parts(
            run.ir,
            node,
            cls,
            inputs={key: group for key, group in inputs.items() if key not in values.read},
            parameters=values.parameters,
            decision=decision,
            libraries=used_libraries(run.ir, node, run.parameters),
            settings=self._settings,
        )
        driven = Driven(
            node,
            cls,
            inputs,
            values.parameters,
            decision,
            parts,
            required_modules(run.ir, node, run.parameters),
            item,
            values.beam_pipeline_args,
        )
        return reuse.from_cache(run, self._store, driven) or self._executing.execute(driven)


def _skipped(node: NodeIR, skip: Skip) -> Ended:
    return NodeResult(node.id, "skipped", skip.reason), {}
