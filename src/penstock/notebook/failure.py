# SPDX-License-Identifier: Apache-2.0
"""How a notebook tells that a component has failed: the user's traceback and what to do, not Penstock's frames."""

from __future__ import annotations

from penstock.errors import NodeFailedError
from penstock.runtime.results import NodeResult
from penstock.ui.errors import cause_of, reason_block


class ComponentFailedError(NodeFailedError):
    """A component that a notebook has run has failed.

    Args:
        result: How it ended.
        log_file: Its log, where it has written one.
    """

    def __init__(self, result: NodeResult, log_file: str | None) -> None:
        super().__init__(
            f"{result.node_id} failed: {cause_of(result.node_id, result.reason)}",
            hint=f"see its log {log_file}" if log_file else None,
        )
        self.result = result
        self.log_file = log_file

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.result, self.log_file)

    def told(self) -> str:
        """Returns the text that tells the failure: the user's traceback first, then what to do."""
        result = self.result
        return reason_block(result.node_id, result.reason, trace=result.traceback, log_file=self.log_file)

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython shows of this exception."""
        return self.told().splitlines()
