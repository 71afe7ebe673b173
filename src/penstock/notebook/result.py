# SPDX-License-Identifier: Apache-2.0
"""What running one component in a notebook gives back."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.graph.channel import OutputChannels
from penstock.graph.node import BaseNode
from penstock.notebook.cards import result_card
from penstock.runtime.results import NodeResult
from penstock.ui.tables import duration

_NO_EXECUTION = "none"


@dataclass(frozen=True, slots=True, eq=False)
class ExecutionResult:
    """How a component's run in a notebook ended; it shows itself as the value of a cell.

    Attributes:
        component: The component; ``component.outputs['examples'].get()`` gives its artifacts.
        ended: How it ended.
        log: The last lines that its executor has printed.
    """

    component: BaseNode
    ended: NodeResult
    log: str = ""

    @property
    def component_id(self) -> str:
        """Id of the component."""
        return self.component.id

    @property
    def execution_id(self) -> int | None:
        """Id of the execution in the metadata store; ``None`` where the component was skipped."""
        return self.ended.execution_id

    @property
    def outputs(self) -> OutputChannels:
        """The component's outputs by key; ``outputs['examples'].get()`` gives artifacts."""
        return self.component.outputs

    def __repr__(self) -> str:
        ended = self.ended
        lines = [f"ExecutionResult({self.component_id}: {ended.state}, {duration(ended.seconds)}"]
        lines += [f"    {text}" for text in (ended.summary, ended.reason, *ended.warnings) if text]
        lines.append(f"    execution_id: {_NO_EXECUTION if self.execution_id is None else self.execution_id}")
        lines += [f"    {key}: {list(channel.get())}" for key, channel in self.outputs.items()]
        return "\n".join(lines) + ")"

    def _repr_html_(self) -> str:
        """Returns what a notebook shows of the result."""
        return result_card(self.component, self.ended, self.log)
