# SPDX-License-Identifier: Apache-2.0
"""What a pipeline consists of, down to the steps that are executed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
from apache_beam.io import iobase
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor
from apache_beam.transforms import core, window

_MAX_DEPTH = 150


class UnsupportedError(Exception):
    """A pipeline needs something that only Beam's own runners can do. Never leaves this package."""


@dataclass(eq=False)
class Step:
    """One thing to execute.

    Attributes:
        label: Its full name in the pipeline.
        inputs: What flows into it.
        outputs: What flows out of it, by tag; the main output has the tag ``None``.
        sides: What must be complete before it starts.
    """

    label: str
    inputs: tuple[beam.PCollection, ...]
    outputs: Mapping[str | None, beam.PCollection]
    sides: tuple[beam.pvalue.AsSideInput, ...] = ()


@dataclass(eq=False)
class Impulse(Step):
    """Emits one element of no bytes."""


@dataclass(eq=False)
class Read(Step):
    """Emits the elements of a source."""

    source: iobase.BoundedSource = field(kw_only=True)


@dataclass(eq=False)
class Flatten(Step):
    """Passes on the elements of all inputs."""


@dataclass(eq=False)
class ParDo(Step):
    """Calls a function on each element."""

    transform: beam.ParDo = field(kw_only=True)


@dataclass(eq=False)
class GroupByKey(Step):
    """Collects values by key; emits when all have come."""


@dataclass(eq=False)
class CombinePerKey(Step):
    """Combines values by key; emits when all have come."""

    transform: beam.CombinePerKey = field(kw_only=True)


def steps_of(pipeline: beam.Pipeline) -> list[Step]:
    """Returns a pipeline's steps, each after those that it takes elements from.

    Raises:
        UnsupportedError: One of them can only be run by Beam.
    """
    visitor = _Steps()
    pipeline.visit(visitor)
    steps = [_step(applied) for applied in visitor.found.values()]
    _check_depth(steps)
    return steps


def _check_depth(steps: Iterable[Step]) -> None:
    """Checks that elements can be handed from step to step without running out of stack."""
    depths: dict[beam.PCollection, int] = {}
    for step in steps:
        depth = 1 + max((depths[value] for value in step.inputs), default=0)
        if depth > _MAX_DEPTH:
            raise UnsupportedError(f"{step.label} is the {depth}th step in a row")
        collects = isinstance(step, (GroupByKey, CombinePerKey))
        depths.update(dict.fromkeys(step.outputs.values(), 0 if collects else depth))


class _Steps(PipelineVisitor):
    """Collects the transforms that are steps: leaves, and composites that are executed as a whole."""

    def __init__(self) -> None:
        self.found: dict[int, AppliedPTransform] = {}

    def visit_transform(self, transform_node: AppliedPTransform) -> None:
        step = transform_node
        for ancestor in _ancestors(transform_node):
            if isinstance(ancestor.transform, (beam.CombinePerKey, iobase.Read)):
                step = ancestor
        # A copied transform can be reached twice: through its output and as a part of the pipeline.
        self.found.setdefault(id(step), step)


def _ancestors(node: AppliedPTransform) -> Iterator[AppliedPTransform]:
    while node.parent is not None:
        node = node.parent
        yield node


def _step(applied: AppliedPTransform) -> Step:
    transform = applied.transform
    inputs = tuple(value for value in applied.main_inputs.values() if isinstance(value, beam.PCollection))
    outputs = {tag: value for tag, value in applied.outputs.items() if isinstance(value, beam.PCollection)}
    common = (applied.full_label, inputs, outputs)
    for output in outputs.values():
        if not isinstance(output.windowing.windowfn, window.GlobalWindows):
            raise UnsupportedError(f"{applied.full_label} uses windows")
    if isinstance(transform, core.Impulse):
        return Impulse(*common)
    if isinstance(transform, core.Flatten):
        return Flatten(*common)
    if isinstance(transform, core.WindowInto):
        # There is only the global window, which everything is in already.
        return Flatten(*common)
    if isinstance(transform, iobase.Read) and isinstance(transform.source, iobase.BoundedSource):
        return Read(*common, source=transform.source)
    if isinstance(transform, core.GroupByKey):
        return GroupByKey(*common)
    if isinstance(transform, core.CombinePerKey):
        return CombinePerKey(*common, transform=transform)
    if isinstance(transform, core.ParDo):
        _check_function(applied.full_label, transform.fn)
        return ParDo(*common, sides=tuple(transform.side_inputs), transform=transform)
    raise UnsupportedError(f"{applied.full_label} is a {type(transform).__name__}")


def _check_function(label: str, function: beam.DoFn) -> None:
    if type(function).process_batch is not beam.DoFn.process_batch:
        raise UnsupportedError(f"{label} takes batches")
    for method in ("start_bundle", "process", "finish_bundle"):
        _, defaults = core.get_function_arguments(function, method)
        for default in defaults:
            if isinstance(default, core._DoFnParam) or _is_parameter_class(default):  # noqa: SLF001  has no other name
                raise UnsupportedError(f"{label} asks for {default}")


def _is_parameter_class(default: Any) -> bool:
    return isinstance(default, type) and issubclass(default, core._DoFnParam)  # noqa: SLF001  has no other name
