# SPDX-License-Identifier: Apache-2.0
"""What holds in every IR: who stands before whom, and that all that is named is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.errors import PipelineError
from penstock.ir.model import ChannelIR, ExpressionIR, NodeIR, PipelineIR, ScopeIR


def check(ir: PipelineIR) -> None:
    """Checks a document that was read.

    Raises:
        PipelineError: It names something that is missing, or nodes or scopes do not stand after what they wait for.
    """
    _Check(ir).all()


class _Check:
    def __init__(self, ir: PipelineIR) -> None:
        self._ir = ir
        self._around: dict[str | None, tuple[ScopeIR, ...]] = {None: ()}
        self._seen: dict[str, NodeIR] = {}

    def all(self) -> None:
        for scope in self._ir.scopes:
            self._scope(scope)
        for node in self._ir.nodes:
            self._node(node)
            self._seen[node.id] = node

    def _scope(self, scope: ScopeIR) -> None:
        if scope.id in self._around or scope.parent not in self._around:
            raise _damaged(f"scope {scope.id!r} is there twice, or not after its parent")
        around = self._around[scope.parent]
        self._around[scope.id] = (*around, scope)
        if scope.kind == "condition" and scope.predicate is None:
            raise _damaged(f"condition {scope.id} has no predicate")
        if scope.kind == "loop" and (not scope.over or (scope.groups and scope.over[0].producer is None)):
            raise _damaged(f"loop {scope.id} goes over nothing")
        read = _channels_of(scope)
        self._check_loops(scope.id, read, around)
        for channel in read:
            if channel.producer is not None and channel.producer not in scope.upstream:
                raise _damaged(f"{scope.id} reads what {channel.producer} makes, and does not wait for it")

    def _node(self, node: NodeIR) -> None:
        if node.id in self._seen:
            raise _damaged(f"two nodes have the id {node.id!r}")
        if node.scope not in self._around:
            raise _damaged(f"{node.id} is in scope {node.scope!r}, which is missing")
        around = self._around[node.scope]
        fed = [channel for port in node.inputs.values() for channel in port.channels]
        read = [channel for expression in _expressions(node) for channel in expression.channels]
        self._check_loops(node.id, [*fed, *read], around)
        # A Resolver chooses from the history, also from that of nodes that are gone.
        made = read if node.kind == "resolver" else [*fed, *read]
        waits = [*node.upstream, *(name for scope in around for name in scope.upstream)]
        waits += [channel.producer for channel in made if channel.producer is not None]
        self._check_before(node, waits)
        for channel in made:
            if channel.producer is not None and channel.output not in self._seen[channel.producer].outputs:
                raise _damaged(f"{node.id} reads {channel.producer}.{channel.output}, which is missing")
        self._check_parameters(node)

    def _check_before(self, node: NodeIR, waits: Iterable[str]) -> None:
        for name in dict.fromkeys(waits):
            before = self._seen.get(name)
            if before is None:
                raise _damaged(
                    f"{node.id} comes before {name}, or {name} is missing",
                    hint="compile the pipeline again; nodes stand after those that they wait for",
                )
            if before.trigger == "at_exit" and node.trigger != "at_exit":
                raise _damaged(f"{node.id} waits for {name}, which runs at the end")

    @staticmethod
    def _check_loops(name: str, channels: Iterable[ChannelIR], around: tuple[ScopeIR, ...]) -> None:
        loops = [scope.id for scope in around if scope.kind == "loop"]
        for channel in channels:
            if channel.loop is not None and channel.loop not in loops:
                raise _damaged(f"{name} reads the item of {channel.loop}, and is not in it")

    def _check_parameters(self, node: NodeIR) -> None:
        named = [value.runtime_parameter for value in (*node.parameters.values(), *node.beam_pipeline_args)]
        named += [
            str(part.value)
            for expression in _expressions(node)
            for part in expression.walk()
            if part.op == "runtime_parameter"
        ]
        for name in named:
            if name is not None and name not in self._ir.runtime_parameters:
                raise _damaged(f"{node.id} takes the runtime parameter {name!r}, which is missing")


def _channels_of(scope: ScopeIR) -> tuple[ChannelIR, ...]:
    return (*scope.over, *(scope.predicate.channels if scope.predicate is not None else ()))


def _expressions(node: NodeIR) -> Iterator[ExpressionIR]:
    for value in (*node.parameters.values(), *node.beam_pipeline_args):
        if value.expression is not None:
            yield value.expression


def _damaged(what: str, hint: str | None = None) -> PipelineError:
    return PipelineError(f"the IR is damaged: {what}", hint=hint)
