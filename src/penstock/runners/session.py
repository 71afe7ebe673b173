# SPDX-License-Identifier: Apache-2.0
"""What every runner shares: opening the store, beginning the run, launching nodes, ending the run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import CancelledError, MetadataError, NodeFailedError, PenstockError, UsageError
from penstock.graph.run_options import RunOptions
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
from penstock.runners.schedule import Closed
from penstock.runtime import run as runs
from penstock.runtime.clock import new_run_id
from penstock.runtime.final_status import failed_nodes, final_status, told
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost
from penstock.runtime.items import Item
from penstock.runtime.launcher import Launcher
from penstock.runtime.machine import shortages
from penstock.runtime.observer import Observer, Silent
from penstock.runtime.partial_run import plan_partial_run
from penstock.runtime.requirements import required_modules
from penstock.runtime.results import Recorder
from penstock.runtime.roles import Skip
from penstock.runtime.run import NodeResult, Run, RunState


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        state: ``COMPLETE``, ``FAILED`` or ``CANCELED``.
        nodes: How each node ended, in the pipeline's order.
        seconds: How long the run took.
        signal: Number of the signal that cancelled it, if one did.
    """

    pipeline: str
    run_id: str
    state: RunState
    nodes: tuple[NodeResult, ...]
    seconds: float
    signal: int | None = None

    def raise_for_failure(self) -> None:
        """Raises an error if the run did not complete.

        Raises:
            NodeFailedError: One or more nodes failed; the message holds each one's reason.
            CancelledError: The run was cancelled.
        """
        if self.state == "CANCELED":
            raise CancelledError(
                f"run {self.run_id} was cancelled", hint=f"go on with --resume {self.run_id}"
            )
        if self.state == "FAILED":
            failed = [told(node) for node in self.nodes if node.state == "failed"]
            raise NodeFailedError(
                "; ".join(failed), hint=f"go on with --resume {self.run_id} when it is mended"
            )


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks of a run.

    Attributes:
        run_id: Id of the run; a new one is made where it is not given.
        parameters: Values of runtime parameters.
        build_parameters: Arguments that the pipeline was made with, for the record.
        resume: Whether to go on with the run of that id.
        options: Which part of the pipeline to run; all where it is not given.
    """

    run_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    build_parameters: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    options: RunOptions | None = None


class Session:
    """A run in progress in this process.

    Args:
        run: The run.
        store: The metadata store.
        host: Where executors run.
        observer: Is told how the run goes.
        new_host: Makes another host; ``None`` where another scheduler drives the run, and the session runs nodes of it.
        settings: Environment settings that change results; this process's own where they are not given.

    Attributes:
        results: How the nodes have ended so far, by id.
        signal: Number of the signal that cancelled the run, if one did.
        broken_by: What ended the run where it stood, if anything did.
    """

    def __init__(
        self,
        run: Run,
        store: MetadataStore,
        host: ExecutorHost,
        observer: Observer,
        new_host: Callable[[], ExecutorHost] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.run = run
        self.store = store
        self.host = host
        self.observer = observer
        self.recorder = Recorder(run, store)
        self._settings = library_settings() if settings is None else settings
        self._new_host = new_host
        self._shortages = shortages(run.ir)
        self.launcher = self._launcher(host, observer)
        self.results: dict[str, NodeResult] = {}
        self.signal: int | None = None
        self._cancelled = threading.Event()
        self.broken_by: BaseException | None = None

    def _launcher(self, host: ExecutorHost, observer: Observer) -> Launcher:
        return Launcher(
            self.run,
            self.store,
            host,
            observer,
            self._settings,
            recorder=self.recorder,
            warnings=self._shortages,
            status=self.status if self._new_host is not None else None,
        )

    def warn(self) -> None:
        """Tells what nodes ask for that this machine does not have."""
        for node_id, warning in self._shortages.items():
            self.observer.node_warned(node_id, warning)

    def launch(self, node_id: str, item: Item = ()) -> NodeResult:
        """Launches one node, for one item; where that cannot even be told or recorded, the run is cancelled."""
        try:
            result = self.launcher.run_node(node_id, item)
        except BaseException:
            self.cancel()
            raise
        if not item:
            self.results[node_id] = result
        return result

    def open_loop(self, loop_id: str, item: Item) -> int | Closed:
        """Returns how many items a loop has, for an item of the loops around it, or why its nodes do not run."""
        scopes = self.launcher.scopes
        try:
            opened = scopes.open(loop_id, item)
        except PenstockError as error:
            return Closed("failed", str(error))
        if isinstance(opened, Skip):
            return Closed("skipped", opened.reason)
        return len(opened) or Closed("skipped", scopes.no_items(loop_id))

    def ended(self, result: NodeResult) -> None:
        """Takes a result that came about without a launch: of a node that cannot run, or of all its items together."""
        if not result.item:
            self.results[result.node_id] = result
        self.launcher.tell(result)

    def status(self) -> str:
        """Returns how the run has ended so far, for its exit handlers."""
        error = self.broken_by
        interrupted = isinstance(error, (KeyboardInterrupt, CancelledError))
        return final_status(
            self.run,
            self.results,
            cancelled=self.cancelled if error is None else interrupted,
            error="" if error is None or interrupted else str(error) or type(error).__name__,
        )

    def cancel(self, signal: int | None = None) -> None:
        """Ends what is running and starts nothing more; ``signal`` is the one that asked for it, if one did."""
        self.signal = self.signal or signal
        self._cancelled.set()
        self.launcher.cancel()
        self.host.cancel()

    @contextmanager
    def another_host(self) -> Iterator[ExecutorHost]:
        """Has what is launched in the block run on a host of its own: after a cancel, nothing runs on the first one.

        Nobody is told of it where telling is what has failed.
        """
        if self._new_host is None:
            raise AssertionError("the session of one node has no exit handlers")
        before, host = (self.host, self.launcher), self._new_host()
        observer = self.observer if self.broken_by is None else Silent()
        self.host, self.launcher = host, self._launcher(host, observer)
        try:
            yield host
        finally:
            host.close()
            self.host, self.launcher = before

    @property
    def cancelled(self) -> bool:
        """Whether ``cancel`` was called."""
        return self._cancelled.is_set()


def library_settings() -> dict[str, str]:
    """Returns the environment settings of the libraries that change results.

    ``tensorflow_transform`` sets ``TF_USE_LEGACY_KERAS`` when it is imported; setting it first makes every process
    use the same Keras, whatever it imports.
    """
    return {"TF_USE_LEGACY_KERAS": os.environ.get("TF_USE_LEGACY_KERAS", "1")}


def worker_environment(ir: PipelineIR) -> dict[str, str]:
    """Returns the variables that workers start with; what the user has set stays.

    ``KERAS_HOME`` keeps Keras, which writes a file when it is imported, out of the user's home.
    """
    defaults = {
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "KERAS_HOME": os.path.join(ir.project_root, ".penstock", "keras"),
        **library_settings(),
    }
    return {name: value for name, value in defaults.items() if name not in os.environ}


def _outside(ir: PipelineIR, store: MetadataStore, request: RunRequest) -> Mapping[str, NodeResult]:
    """Returns how the nodes end that were not asked for; a run that is resumed has its own part of the pipeline."""
    if request.options is None:
        return {}
    if request.resume:
        raise UsageError(
            f"run {request.run_id} is resumed, and goes on with its own part of the pipeline",
            hint="leave the run options out, or begin a new run with them",
        )
    return plan_partial_run(ir, store, request.options).outside


@contextmanager
def open_session(
    ir: PipelineIR, request: RunRequest, *, in_process: bool = False, observer: Observer | None = None
) -> Iterator[Session]:
    """Opens the store, begins or takes up the run, and makes a launcher; closes all at the end.

    A run that is left by an exception is recorded as failed, or as cancelled.
    """
    with MetadataStore.open(ConnectionConfig.from_json_dict(ir.metadata)) as store:
        run_id = request.run_id or new_run_id()
        run = runs.begin(
            ir,
            store,
            run_id,
            request.parameters,
            build_parameters=request.build_parameters,
            resume=request.resume,
            outside=_outside(ir, store, request),
        )
        session: Session

        def remaining() -> list[tuple[str, ...]]:
            return [
                required_modules(ir, node, run.parameters)
                for node in ir.nodes
                if node.id not in session.results and node.id not in run.outside
            ]

        def new_host() -> ExecutorHost:
            return InProcessHost() if in_process else ForkServerHost(remaining, worker_environment(ir))

        session = Session(run, store, new_host(), observer or Silent(), new_host)
        session.warn()
        try:
            yield session
        except BaseException as error:
            cancelled = isinstance(error, (KeyboardInterrupt, CancelledError))
            with suppress(MetadataError):
                session.recorder.flush()
            with suppress(MetadataError):  # what ended the run is told; the next run sweeps this one
                runs.end(run, store, "CANCELED" if cancelled else "FAILED")
            raise
        finally:
            session.recorder.close()
            session.host.close()


def finish(session: Session, results: Mapping[str, NodeResult], started: float) -> RunReport:
    """Records how the run ended and returns the report."""
    ir = session.run.ir
    ordered = tuple(results[node.id] for node in ir.nodes if node.id in results)
    failed = failed_nodes(ir, results)
    state: RunState = "CANCELED" if session.cancelled else "FAILED" if failed else "COMPLETE"
    session.recorder.flush()
    runs.end(session.run, session.store, state)
    seconds = round(time.monotonic() - started, 3)
    return RunReport(ir.name, session.run.run_id, state, ordered, seconds, session.signal)
