# SPDX-License-Identifier: Apache-2.0
"""LocalDagRunner: runs a pipeline on this machine, independent nodes side by side."""

from __future__ import annotations

import os
import time

from penstock.errors import ParameterError
from penstock.ir.model import PipelineIR
from penstock.runners.dag_runner import DagRunner
from penstock.runners.exit_handlers import with_exit_handlers
from penstock.runners.schedule import Results
from penstock.runners.scheduler import walk, walk_side_by_side
from penstock.runners.session import RunReport, RunRequest, finish, open_session
from penstock.runners.signals import ended_by_signals, interrupted_by_signals
from penstock.runtime.observer import Observer


class LocalDagRunner(DagRunner):
    """Runs a pipeline on this machine.

    Args:
        max_workers: How many nodes, or items of loops, run at a time; as many as there are processors where it is
            not given. A node that asks for several processor cores counts as so many.
        in_process: Runs everything in this process and thread, one node after another, for debuggers. Time-outs
            cannot be kept then.

    Raises:
        ParameterError: ``max_workers`` is less than 1.
    """

    def __init__(self, *, max_workers: int | None = None, in_process: bool = False) -> None:
        if max_workers is not None and max_workers < 1:
            raise ParameterError("max_workers must be at least 1", got=str(max_workers))
        self._max_workers = max_workers or os.cpu_count() or 1
        self._in_process = in_process

    def run_ir(
        self, ir: PipelineIR, request: RunRequest | None = None, observer: Observer | None = None
    ) -> RunReport:
        """Runs a compiled pipeline and returns how it ended, failed or not."""
        started = time.monotonic()
        with open_session(
            ir, request or RunRequest(), in_process=self._in_process, observer=observer
        ) as session:
            layout = session.launcher.layout

            def work() -> Results:
                if self._in_process:
                    return walk(layout, session)
                return walk_side_by_side(layout, session, max_workers=self._max_workers)

            with interrupted_by_signals() if self._in_process else ended_by_signals(session):
                results = with_exit_handlers(session, work)
            return finish(session, results, started)
