# SPDX-License-Identifier: Apache-2.0
"""How a node is run, in TFX's words."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from penstock.errors import ParameterError, PipelineError
from penstock.ir.model import Trigger

if TYPE_CHECKING:
    from penstock.graph.node import NodeOptions


class TriggerStrategy(enum.Enum):
    """When a node starts, as TFX names it."""

    TRIGGER_STRATEGY_UNSPECIFIED = 0
    ALL_UPSTREAM_NODES_SUCCEEDED = 1
    ALL_UPSTREAM_NODES_COMPLETED = 2
    LIFETIME_END_WHEN_SUBGRAPH_CANNOT_PROGRESS = 3
    LAZILY_ALL_UPSTREAM_NODES_SUCCEEDED = 4
    LAZILY_ALL_UPSTREAM_NODES_COMPLETED = 5


_TRIGGERS: dict[TriggerStrategy, Trigger] = {
    TriggerStrategy.TRIGGER_STRATEGY_UNSPECIFIED: "all_succeeded",
    TriggerStrategy.ALL_UPSTREAM_NODES_SUCCEEDED: "all_succeeded",
    TriggerStrategy.ALL_UPSTREAM_NODES_COMPLETED: "all_ended",
}


@dataclass(frozen=True, slots=True)
class NodeExecutionOptions:
    """How a node is run, in TFX's words; ``with_node_execution_options`` takes it.

    Attributes:
        trigger_strategy: When it starts: after all upstream nodes have succeeded, or have ended however they did.
        success_optional: Whether the run succeeds although the node fails.
        max_execution_retries: How often a failed execution is tried again; ``None`` keeps what was set before.
        execution_timeout_sec: Seconds after which an execution is ended; 0 lets it run.
        reset_stateful_working_dir: Accepted as ``True`` only: no folder outlives an attempt here.
        lifetime_start: Refused: services that live for a part of a run are not to be had.

    Raises:
        ParameterError: A number is negative.
        PipelineError: A strategy or option that is not to be had.
    """

    trigger_strategy: TriggerStrategy = TriggerStrategy.TRIGGER_STRATEGY_UNSPECIFIED
    success_optional: bool = False
    max_execution_retries: int | None = None
    execution_timeout_sec: int = 0
    reset_stateful_working_dir: bool | None = None
    lifetime_start: str | None = None

    def __post_init__(self) -> None:
        if self.trigger_strategy not in _TRIGGERS:
            raise PipelineError(
                "this trigger strategy is not to be had",
                expected=" or ".join(strategy.name for strategy in _TRIGGERS),
                got=str(getattr(self.trigger_strategy, "name", self.trigger_strategy)),
            )
        for name in ("max_execution_retries", "execution_timeout_sec"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ParameterError(f"{name} must be a whole number, at least 0", got=repr(value))
        if self.reset_stateful_working_dir is False:
            raise PipelineError(
                "a stateful working folder that outlives an attempt is not to be had",
                hint="leave reset_stateful_working_dir out: each attempt starts in an empty folder",
            )
        if self.lifetime_start is not None:
            raise PipelineError("lifetime_start is not to be had", got=repr(self.lifetime_start))

    def applied_to(self, options: NodeOptions) -> NodeOptions:
        """Returns a node's options with these set."""
        retries = self.max_execution_retries
        return replace(
            options,
            trigger=_TRIGGERS[self.trigger_strategy],
            success_optional=self.success_optional,
            max_retries=options.max_retries if retries is None else retries,
            timeout_seconds=float(self.execution_timeout_sec) or options.timeout_seconds,
        )
