# SPDX-License-Identifier: Apache-2.0
"""Random pipelines as plain data, drawn by hypothesis, and made with the pipeline language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from light.steps import Step

from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.scopes import Cond, ForEach

MOST_STEPS = 50
_MOST_INSTANCES = 120


@dataclass(frozen=True)
class Ref:
    """An output of a step."""

    step: str
    key: str = "out"


@dataclass(frozen=True)
class ItemRef:
    """The present item of a loop."""

    loop: str


Source = Ref | ItemRef


@dataclass(frozen=True)
class StepSpec:
    name: str
    value: int
    count: int
    needs: tuple[Source, ...]
    may: tuple[Source, ...]
    after: tuple[str, ...]
    breaks: bool
    dynamic: Ref | None


@dataclass(frozen=True)
class CondSpec:
    name: str
    of: Source
    op: str
    bound: int
    body: tuple[Any, ...]


@dataclass(frozen=True)
class LoopSpec:
    name: str
    over: Ref
    body: tuple[Any, ...]


@dataclass(frozen=True)
class SubSpec:
    name: str
    body: tuple[Any, ...]


Statement = StepSpec | CondSpec | LoopSpec | SubSpec


@dataclass
class _Drawing:
    """What has been drawn so far."""

    steps: int = 0
    scopes: int = 0
    instances: int = 0
    made: list[tuple[StepSpec, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    """Steps, with the loops and the sub-pipelines around them."""
    sizes: dict[str, int] = field(default_factory=dict)


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[Statement, ...]:
    """Draws a pipeline of up to fifty steps with conditions, loops and sub-pipelines in each other."""
    return _block(draw, _Drawing(), (), (), draw(st.integers(3, 9)))


def _block(
    draw: st.DrawFn, so_far: _Drawing, loops: tuple[str, ...], subs: tuple[str, ...], length: int
) -> tuple[Statement, ...]:
    body = [_step(draw, so_far, loops, subs)]
    for _ in range(length - 1):
        kind = draw(st.sampled_from(["step"] * 5 + ["cond", "loop", "loop", "sub"]))
        if kind == "step" or len(loops) + len(subs) > 3:
            if so_far.steps < MOST_STEPS and so_far.instances < _MOST_INSTANCES:
                body.append(_step(draw, so_far, loops, subs))
        else:
            scope = _scope(draw, kind, so_far, loops, subs)
            if scope is not None:
                body.append(scope)
    return tuple(body)


def _scope(
    draw: st.DrawFn, kind: str, so_far: _Drawing, loops: tuple[str, ...], subs: tuple[str, ...]
) -> Statement | None:
    if so_far.steps >= MOST_STEPS or so_far.instances >= _MOST_INSTANCES:
        return None
    so_far.scopes += 1
    name = f"{kind}{so_far.scopes}"
    length = draw(st.integers(1, 4))
    if kind == "sub":
        return SubSpec(name, _block(draw, so_far, loops, (*subs, name), length))
    if kind == "cond":
        near = [Ref(step.name) for step, around, _ in so_far.made if around == loops[: len(around)]]
        of = draw(st.sampled_from([*near, *map(ItemRef, loops)]))
        op = draw(
            st.sampled_from(["gt", "gt", "lt", "lt", "ne", "ne", "eq"])
        )  # most are true, so that much runs
        bound = draw(st.integers(5, 60) if op == "lt" else st.integers(0, 9))
        return CondSpec(name, of, op, bound, _block(draw, so_far, loops, subs, length))
    if len(loops) == 2:
        return None
    over = draw(st.sampled_from([(step, around) for step, around, _ in so_far.made if step.count < 4]))
    so_far.sizes[name] = max(1, over[0].count) * (1 if over[1] == loops[: len(over[1])] else 3)
    return LoopSpec(name, Ref(over[0].name, "many"), _block(draw, so_far, (*loops, name), subs, length))


def _step(draw: st.DrawFn, so_far: _Drawing, loops: tuple[str, ...], subs: tuple[str, ...]) -> StepSpec:
    sources: list[Source] = [Ref(step.name, key) for step, _, _ in so_far.made for key in ("out", "many")]
    sources += map(ItemRef, loops)
    some = st.lists(st.sampled_from(sources), max_size=2, unique=True) if sources else st.just([])
    near = [step.name for step, around, inside in so_far.made if inside == subs]
    single = [Ref(step.name) for step, around, _ in so_far.made if around == loops[: len(around)]]
    so_far.steps += 1
    so_far.instances += _times(so_far, loops)
    step = StepSpec(
        name=f"s{so_far.steps}",
        value=draw(st.integers(0, 9)),
        count=draw(st.sampled_from([2, 1, 2, 3, 2, 1, 2, 3, 0])),
        needs=tuple(draw(some))[:1],
        may=tuple(draw(some)),
        after=tuple(draw(st.lists(st.sampled_from(near), max_size=1))) if near else (),
        breaks=so_far.steps > 2 and draw(st.integers(0, 6)) == 6,
        dynamic=draw(st.sampled_from([None, None, None, *single])) if single else None,
    )
    so_far.made.append((step, loops, subs))
    return step


def _times(so_far: _Drawing, loops: tuple[str, ...]) -> int:
    times = 1
    for loop in loops:
        times *= so_far.sizes[loop]
    return times


def steps_in(body: Sequence[Statement]) -> Iterator[StepSpec]:
    """Yields the steps of a block and of the blocks in it."""
    for statement in body:
        if isinstance(statement, StepSpec):
            yield statement
        else:
            yield from steps_in(statement.body)


# ------------------------------------------------------------------------------------------ made with the language


class Building:
    """Makes the nodes of a drawn pipeline.

    Args:
        odd: File whose presence has steps fail that may break and come to an odd number.
        log: File in which steps note when they work.
        seconds: How long they work.
    """

    def __init__(self, odd: str, log: str, seconds: float) -> None:
        self._odd = odd
        self._log = log
        self._seconds = seconds
        self.ids: dict[str, str] = {}
        """Id of each step in the whole pipeline, by name."""

    def nodes(self, body: Sequence[Statement]) -> list[BaseNode]:
        """Returns the nodes of the outermost block."""
        return self._block(body, {}, "")

    def _block(
        self, body: Sequence[Statement], channels: dict[Source, Channel], prefix: str
    ) -> list[BaseNode]:
        made: list[BaseNode] = []
        nodes: dict[str, BaseNode] = {}
        for statement in body:
            made += self._statement(statement, channels, nodes, prefix)
        return made

    def _statement(
        self,
        statement: Statement,
        channels: dict[Source, Channel],
        nodes: dict[str, BaseNode],
        prefix: str,
    ) -> list[BaseNode]:
        if isinstance(statement, StepSpec):
            return [self._step(statement, channels, nodes, prefix)]
        if isinstance(statement, SubSpec):
            return [self._sub(statement, channels, prefix)]
        made: list[BaseNode] = []
        with ExitStack() as stack:
            if isinstance(statement, LoopSpec):
                channels[ItemRef(statement.name)] = stack.enter_context(ForEach(channels[statement.over]))
            else:
                stack.enter_context(Cond(_predicate(statement, channels[statement.of])))
            for inner in statement.body:
                made += self._statement(inner, channels, nodes, prefix)
        return made

    def _step(
        self, spec: StepSpec, channels: dict[Source, Channel], nodes: dict[str, BaseNode], prefix: str
    ) -> Step:
        step = Step(
            spec.value if spec.dynamic is None else channels[spec.dynamic].future()[0].value,
            needs=[channels[source] for source in spec.needs],
            may=[channels[source] for source in spec.may],
            count=spec.count,
            odd=self._odd if spec.breaks else "",
            log=self._log,
            seconds=self._seconds,
        ).with_id(spec.name)
        for name in spec.after:
            if name in nodes:
                step.add_upstream_node(nodes[name])
        nodes[spec.name] = step
        self.ids[spec.name] = prefix + spec.name
        channels.update({Ref(spec.name, key): step.outputs[key] for key in ("out", "many")})
        return step

    def _sub(self, spec: SubSpec, channels: dict[Source, Channel], prefix: str) -> Pipeline:
        crossing = {f"in{place}": source for place, source in enumerate(sources_from_outside(spec.body))}
        inputs = PipelineInputs({key: channels[source] for key, source in crossing.items()})
        inside: dict[Source, Channel] = {source: inputs[key] for key, source in crossing.items()}
        components = self._block(spec.body, inside, f"{prefix}{spec.name}.")
        given = {
            f"{step.name}_{key}": Ref(step.name, key)
            for step in steps_in(spec.body)
            for key in ("out", "many")
        }
        pipeline = Pipeline(
            spec.name,
            components=components,
            inputs=inputs,
            outputs={key: inside[ref] for key, ref in given.items()},
            enable_cache=True,
        )
        channels.update({ref: pipeline.outputs[key] for key, ref in given.items()})
        return pipeline


def _predicate(spec: CondSpec, channel: Channel) -> Any:
    value = channel.future()[0].value
    return {
        "gt": value > spec.bound,
        "lt": value < spec.bound,
        "eq": value == spec.bound,
        "ne": value != spec.bound,
    }[spec.op]


def sources_from_outside(body: Sequence[Statement]) -> list[Source]:
    """Returns what a block reads of what is made outside of it, each once."""
    inside = {step.name for step in steps_in(body)}
    loops = {statement.name for statement in _scopes_in(body) if isinstance(statement, LoopSpec)}
    found: dict[Source, None] = {}
    for source in _read_in(body):
        known = source.step in inside if isinstance(source, Ref) else source.loop in loops
        if not known:
            found[source] = None
    return list(found)


def _scopes_in(body: Sequence[Statement]) -> Iterator[Statement]:
    for statement in body:
        if not isinstance(statement, StepSpec):
            yield statement
            yield from _scopes_in(statement.body)


def _read_in(body: Sequence[Statement]) -> Iterator[Source]:
    for statement in body:
        if isinstance(statement, StepSpec):
            yield from (*statement.needs, *statement.may)
            if statement.dynamic is not None:
                yield statement.dynamic
            continue
        if isinstance(statement, CondSpec):
            yield statement.of
        if isinstance(statement, LoopSpec):
            yield statement.over
        yield from _read_in(statement.body)
