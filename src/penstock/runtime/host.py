# SPDX-License-Identifier: Apache-2.0
"""Where executors run: the host interface, and the host that is this very process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Protocol

from penstock.errors import PenstockError
from penstock.runtime import user_code
from penstock.runtime.task import ExecutorTask, Report, run_task


class ExecutorHost(Protocol):
    """Runs executors."""

    def execute(self, task: ExecutorTask, report: Report) -> dict[str, Any]:
        """Runs a task to its end and returns what ``run_task`` returns.

        Raises:
            PenstockError: The executor failed, died or took too long.
        """
        ...

    def cancel(self) -> None:
        """Ends all running tasks; their ``execute`` calls raise ``CancelledError``."""
        ...

    def close(self) -> None:
        """Ends all processes of the host."""
        ...


class InProcessHost:
    """Runs executors in this process, one after another, where a debugger can follow them.

    Time-outs cannot be kept, and what an executor prints goes to the terminal.
    """

    def execute(self, task: ExecutorTask, report: Report) -> dict[str, Any]:
        """Runs a task here."""
        with user_code.session(task.project_root), _environment(dict(task.environment)):
            try:
                return run_task(task, report)
            except PenstockError as error:
                error.with_component(task.node_id)
                raise

    def cancel(self) -> None:
        """Does nothing: the signal that cancels a run is raised in the executor itself."""

    def close(self) -> None:
        """Does nothing."""


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
