# SPDX-License-Identifier: Apache-2.0
"""What every runner shares: opening the store, beginning the run, making the launcher, ending the run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import CancelledError, MetadataError, NodeFailedError
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
from penstock.runtime import run as runs
from penstock.runtime.clock import new_run_id
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost
from penstock.runtime.launcher import Launcher
from penstock.runtime.observer import Observer, Silent
from penstock.runtime.requirements import required_modules
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
        failed = [f"{n.node_id} failed: {_without_id(n)}" for n in self.nodes if n.state == "failed"]
        if failed:
            raise NodeFailedError(
                "; ".join(failed), hint=f"go on with --resume {self.run_id} when it is mended"
            )


def _without_id(result: NodeResult) -> str:
    return result.reason.removeprefix(f"{result.node_id}: ")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a user asks of a run.

    Attributes:
        run_id: Id of the run; a new one is made where it is not given.
        parameters: Values of runtime parameters.
        build_parameters: Arguments that the pipeline was made with, for the record.
        resume: Whether to go on with the run of that id.
    """

    run_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    build_parameters: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False


class Session:
    """A run in progress in this process."""

    def __init__(self, run: Run, store: MetadataStore, host: ExecutorHost, observer: Observer) -> None:
        self.run = run
        self.store = store
        self.host = host
        self.observer = observer
        self.launcher = Launcher(run, store, host, observer, library_settings())
        self.results: dict[str, NodeResult] = {}
        self.signal: int | None = None
        self._cancelled = threading.Event()

    def launch(self, node_id: str) -> NodeResult:
        """Launches one node; where that cannot even be told or recorded, the run is cancelled."""
        try:
            result = self.launcher.run_node(node_id)
        except BaseException:
            self.cancel()
            raise
        self.results[node_id] = result
        return result

    def blocked(self, result: NodeResult) -> None:
        """Takes note of a node that cannot run."""
        self.results[result.node_id] = result
        runs.record_node(self.run, self.store, result)
        self.observer.node_finished(result)

    def cancel(self, signal: int | None = None) -> None:
        """Ends what is running and starts nothing more; ``signal`` is the one that asked for it, if one did."""
        self.signal = self.signal or signal
        self._cancelled.set()
        self.launcher.cancel()
        self.host.cancel()

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
        )
        session: Session

        def remaining() -> list[tuple[str, ...]]:
            return [
                required_modules(ir, node, run.parameters)
                for node in ir.nodes
                if node.id not in session.results
            ]

        host: ExecutorHost = (
            InProcessHost() if in_process else ForkServerHost(remaining, worker_environment(ir))
        )
        session = Session(run, store, host, observer or Silent())
        try:
            yield session
        except BaseException as error:
            cancelled = isinstance(error, (KeyboardInterrupt, CancelledError))
            with suppress(MetadataError):  # what ended the run is told; the next run sweeps this one
                runs.end(run, store, "CANCELED" if cancelled else "FAILED")
            raise
        finally:
            host.close()


def finish(session: Session, results: Mapping[str, NodeResult], started: float) -> RunReport:
    """Records how the run ended and returns the report."""
    ir = session.run.ir
    ordered = tuple(results[node.id] for node in ir.nodes if node.id in results)
    failed = any(result.state == "failed" for result in ordered)
    state: RunState = "CANCELED" if session.cancelled else "FAILED" if failed else "COMPLETE"
    runs.end(session.run, session.store, state)
    seconds = round(time.monotonic() - started, 3)
    return RunReport(ir.name, session.run.run_id, state, ordered, seconds, session.signal)
