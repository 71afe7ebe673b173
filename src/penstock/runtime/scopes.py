# SPDX-License-Identifier: Apache-2.0
"""What conditions and loops say while a run goes on, and which artifacts a channel stands for at a place in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError
from penstock.ir.expression import spelled
from penstock.ir.model import ChannelIR, ExpressionIR, ScopeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime.evaluation import Facts, absent, evaluate
from penstock.runtime.items import Item, instance_name
from penstock.runtime.layout import Layout
from penstock.runtime.outputs import RunOutputs
from penstock.runtime.roles import Skip
from penstock.runtime.run import Run

GROUPS = "__groups__"
"""Execution property of a resolver that chooses groups: JSON, for each group ``[start, stop]`` by output key."""

LoopItem = Mapping[str, Sequence[Artifact]]
"""Artifacts of one item of a loop, by key; ``""`` where an item is one artifact."""

_PLAIN = ""


class Scopes:
    """Opens the loops and evaluates the conditions of one run, each once.

    Args:
        run: The run.
        store: The metadata store.
        layout: The run's pipeline.
        outputs: What its nodes have put out.
    """

    def __init__(self, run: Run, store: MetadataStore, layout: Layout, outputs: RunOutputs) -> None:
        self._run = run
        self._store = store
        self._layout = layout
        self._outputs = outputs
        self._opened: dict[tuple[str, Item], Sequence[LoopItem] | Skip] = {}
        self._verdicts: dict[tuple[str, Item], Skip | None] = {}

    # -------------------------------------------------------------------------------------------------------- channels

    def artifacts(self, channel: ChannelIR, scope_id: str | None, item: Item) -> Sequence[Artifact] | Skip:
        """Returns what a channel stands for at a place, for an item of the loops around it.

        Of a producer in a loop that the place is not in, that is what it has made of all items; those that were
        skipped are left out.

        Raises:
            ResolutionError: The producer has not run, or has failed.
        """
        if channel.loop is not None:
            return self._of_item(channel, scope_id, item)
        if channel.producer is None or channel.output is None:
            raise ResolutionError(
                f"a channel of {channel.type} has no producer",
                hint="a channel of the history feeds a Resolver first",
            )
        shared = self._layout.shared(scope_id, channel.producer)
        return self._gathered(channel.producer, channel.output, item[:shared])

    def _gathered(self, producer: str, output: str, prefix: Item) -> Sequence[Artifact] | Skip:
        loops = self._layout.loops_of(producer)
        if len(prefix) == len(loops):
            made, why = self._outputs.of(producer, prefix)
            return Skip(why) if made is None else made.get(output, ())
        opened = self.open(loops[len(prefix)], prefix)
        if isinstance(opened, Skip) or not opened:
            reason = opened.reason if isinstance(opened, Skip) else self.no_items(loops[len(prefix)])
            return Skip(f"{instance_name(producer, prefix)} was skipped: {reason}")
        parts = [self._gathered(producer, output, (*prefix, index)) for index in range(len(opened))]
        made_parts = [part for part in parts if not isinstance(part, Skip)]
        if made_parts:
            return [artifact for part in made_parts for artifact in part]
        return next(part for part in parts if isinstance(part, Skip))

    def _of_item(self, channel: ChannelIR, scope_id: str | None, item: Item) -> Sequence[Artifact] | Skip:
        loops = self._layout.loops(scope_id)
        depth = loops.index(str(channel.loop))
        opened = self.open(loops[depth], item[:depth])
        if isinstance(opened, Skip):
            return opened
        if item[depth] >= len(opened):
            raise ResolutionError(
                f"{channel.loop} has no item {item[depth]}",
                expected=f"one of {len(opened)}, numbered from 0",
                got=str(item[depth]),
            )
        one = opened[item[depth]]
        return one[_PLAIN] if _PLAIN in one else one.get(channel.output or "", ())

    def failed(self, channel: ChannelIR, scope_id: str | None, item: Item) -> bool:
        """Says whether a channel stands for nothing because its producer did not come to an end, or failed there."""
        try:
            self.artifacts(channel, scope_id, item)
        except ResolutionError:
            return True
        return False

    # ----------------------------------------------------------------------------------------------------------- loops

    def open(self, loop_id: str, prefix: Item) -> Sequence[LoopItem] | Skip:
        """Returns what a loop goes over, for an item of the loops around it; or why its nodes are skipped.

        Raises:
            ResolutionError: What it goes over, or whether it runs at all, cannot be known.
        """
        key = (loop_id, prefix)
        if key not in self._opened:
            self._opened[key] = self._open(self._layout.scopes[loop_id], prefix)
        return self._opened[key]

    def _open(self, loop: ScopeIR, prefix: Item) -> Sequence[LoopItem] | Skip:
        closed = self.closed(loop.parent, prefix)
        if closed is not None:
            return closed
        found: dict[str, Sequence[Artifact]] = {}
        plain: list[Artifact] = []
        for channel in loop.over:
            artifacts = self.artifacts(channel, loop.parent, prefix)
            if isinstance(artifacts, Skip):
                return artifacts
            found[channel.output or ""] = artifacts
            plain.extend(artifacts)
        if not loop.groups:
            return [{_PLAIN: [artifact]} for artifact in plain]
        return [
            {key: found.get(key, ())[start:stop] for key, (start, stop) in group.items()}
            for group in self._groups(loop, prefix)
        ]

    def _groups(self, loop: ScopeIR, prefix: Item) -> Sequence[Mapping[str, tuple[int, int]]]:
        resolver = str(loop.over[0].producer)
        place = prefix[: self._layout.shared(loop.parent, resolver)]
        execution_id = self._outputs.result(resolver, place).execution_id
        told: Any = None
        if execution_id is not None:
            (execution,) = self._store.executions([execution_id])
            told = execution.properties.get(GROUPS)
        if not isinstance(told, str):
            raise ResolutionError(
                f"{loop.id} goes over groups, and {resolver} has chosen none",
                expected="a resolver that chooses groups of artifacts, such as sliding_window",
            )
        groups: Sequence[Mapping[str, tuple[int, int]]] = json.loads(told)
        return groups

    def no_items(self, loop_id: str) -> str:
        """Returns the reason of what is skipped because a loop has no items."""
        over = ", ".join(
            spelled(ExpressionIR("channel", channel=c)) for c in self._layout.scopes[loop_id].over
        )
        return f"there is no item in {over}"

    # ------------------------------------------------------------------------------------------------------ conditions

    def closed(self, scope_id: str | None, item: Item) -> Skip | None:
        """Returns why what stands in a scope is skipped: the first condition that is false, from the outermost in.

        Raises:
            ResolutionError: A predicate has no value.
        """
        depth = 0
        for scope in self._layout.around(scope_id):
            if scope.kind == "loop":
                depth += 1
            elif scope.kind == "condition":
                key = (scope.id, item[:depth])
                if key not in self._verdicts:
                    self._verdicts[key] = self._verdict(scope, item[:depth])
                if self._verdicts[key] is not None:
                    return self._verdicts[key]
        return None

    def _verdict(self, scope: ScopeIR, item: Item) -> Skip | None:
        predicate = scope.predicate
        assert predicate is not None  # a condition has one
        found = self.channels(predicate, scope.parent, item)
        if isinstance(found, Skip):
            return found
        facts = Facts(
            channel=found.__getitem__, runtime_parameters=self._run.parameters, run=run_facts(self._run)
        )
        if evaluate(predicate, facts):
            return None
        missing = absent(predicate, facts)
        return Skip(
            f"condition is false: {spelled(predicate)}" + (f" ({missing} is not there)" if missing else "")
        )

    def channels(
        self, expression: ExpressionIR, scope_id: str | None, item: Item
    ) -> dict[ChannelIR, Sequence[Artifact]] | Skip:
        """Returns the artifacts of all channels of an expression, or why one of them has none."""
        found: dict[ChannelIR, Sequence[Artifact]] = {}
        for channel in expression.channels:
            artifacts = self.artifacts(channel, scope_id, item)
            if isinstance(artifacts, Skip):
                return artifacts
            found[channel] = artifacts
        return found


def run_facts(run: Run) -> dict[str, Any]:
    """Returns what expressions may know of a run before a node of it has begun."""
    return {
        "run_id": run.run_id,
        "pipeline_name": run.ir.name,
        "pipeline_root": run.ir.root,
        "frontend_url": "",
    }
