# SPDX-License-Identifier: Apache-2.0
"""Runs stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.coders import FastPrimitivesCoder
from apache_beam.internal import pickler
from apache_beam.internal.util import insert_values_in_args
from apache_beam.transforms.combiners import curry_combine_fn
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.windowed_value import WindowedValue

from penstock.beam.lean.stages import Stage
from penstock.beam.lean.steps import CombinePerKey, Flatten, Impulse, ParDo, Read, Step

Emit = Callable[[Any], None]

_KEYS = FastPrimitivesCoder()
_PLAIN = (str, bytes, int, type(None))


class Execution:
    """Runs the stages of one pipeline.

    Args:
        stages: The stages, in order.
    """

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = stages
        self._values: dict[beam.PCollection, list[Any]] = {}
        self._collected: dict[Step, _Collector] = {}
        self._functions: set[int] = set()
        self._combiners: list[beam.CombineFn] = []
        for stage in stages:
            for value, _ in stage.kept:
                self._values[value] = []
            for step in stage.steps:
                for side in step.sides:
                    self._values[side.pvalue] = []

    def run(self) -> None:
        """Runs all stages."""
        for stage in self._stages:
            self._run(stage)
        # Not sooner: the two halves of a combination with fan-out share what they call.
        for combine in self._combiners:
            combine.teardown()

    def _run(self, stage: Stage) -> None:
        takers: dict[beam.PCollection, list[Emit]] = defaultdict(list)
        kept = {(value, step) for value, step in stage.kept}
        receivers = [self._receiver(step, takers) for step in stage.steps]
        for step, receiver in zip(stage.steps, receivers, strict=True):
            for value in step.inputs:
                if (value, step) not in kept:
                    takers[value].append(receiver.take)
        for value in [output for step in (*stage.sources, *stage.steps) for output in step.outputs.values()]:
            if value in self._values:
                takers[value].append(self._values[value].append)
        for receiver in receivers:
            receiver.start()
        by_step = dict(zip(stage.steps, receivers, strict=True))
        for source in stage.sources:
            emit = _emitter(source, takers)
            for element in self._elements(source):
                emit(element)
        for value, step in stage.kept:
            for element in self._values[value]:
                by_step[step].take(element)
        for receiver in receivers:
            receiver.finish()

    def _receiver(self, step: Step, takers: dict[beam.PCollection, list[Emit]]) -> _Receiver:
        if isinstance(step, ParDo):
            return _Function(step, self._own(step.transform.fn), self._sides(step), _emitters(step, takers))
        if isinstance(step, Flatten):
            return _Pass(_emitter(step, takers))
        collector = self._combined(step) if isinstance(step, CombinePerKey) else _Grouped()
        self._collected[step] = collector
        return collector

    def _combined(self, step: CombinePerKey) -> _Collector:
        transform = step.transform
        args, kwargs = insert_values_in_args(transform.args, transform.kwargs, [])
        combine = curry_combine_fn(self._own(transform.fn), args, kwargs)
        self._combiners.append(combine)
        return _Combined(combine)

    def _own(self, function: Any) -> Any:
        """Returns a function that no other step has; copied steps share theirs until here."""
        if id(function) in self._functions:
            return pickler.loads(pickler.dumps(function))
        self._functions.add(id(function))
        return function

    def _sides(self, step: Step) -> list[Any]:
        sides = []
        for side in step.sides:
            values = self._values[side.pvalue]
            sides.append(type(side)._from_runtime_iterable(values, side._view_options()))  # noqa: SLF001  as runners do
        return sides

    def _elements(self, source: Step) -> Iterable[Any]:
        if isinstance(source, Impulse):
            return (b"",)
        if isinstance(source, Read):
            return _read(source)
        return self._collected.pop(source).results()


class _Receiver:
    """A step while its stage runs."""

    def start(self) -> None:
        """Is called before the first element."""

    def take(self, element: Any) -> None:
        """Is called with each element."""
        raise NotImplementedError

    def finish(self) -> None:
        """Is called after the last element, steps that elements come from first."""


class _Pass(_Receiver):
    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def take(self, element: Any) -> None:
        self._emit(element)


class _Function(_Receiver):
    def __init__(
        self, step: ParDo, function: beam.DoFn, sides: list[Any], emitters: dict[str | None, Emit]
    ) -> None:
        self._function = function
        self._args, self._kwargs = insert_values_in_args(step.transform.args, step.transform.kwargs, sides)
        self._emitters = emitters
        self._main = emitters[None]

    def start(self) -> None:
        self._function.setup()
        self._emit_all(self._function.start_bundle())

    def take(self, element: Any) -> None:
        self._emit_all(self._function.process(element, *self._args, **self._kwargs))

    def finish(self) -> None:
        self._emit_all(self._function.finish_bundle())
        self._function.teardown()

    def _emit_all(self, results: Iterable[Any] | None) -> None:
        if results is None:
            return
        for result in results:
            value = _bare(result)
            if isinstance(value, beam.pvalue.TaggedOutput):
                self._emitters.get(value.tag, _ignore)(_bare(value.value))
            else:
                self._main(value)


class _Collector(_Receiver):
    def results(self) -> Iterator[Any]:
        """Yields what was collected."""
        raise NotImplementedError


class _Grouped(_Collector):
    def __init__(self) -> None:
        self._groups: dict[Any, tuple[Any, list[Any]]] = {}

    def take(self, element: Any) -> None:
        key, value = element
        identity = _identity(key)
        group = self._groups.get(identity)
        if group is None:
            self._groups[identity] = (key, [value])
        else:
            group[1].append(value)

    def results(self) -> Iterator[Any]:
        yield from self._groups.values()


class _Combined(_Collector):
    """Combines as Beam does: accumulate, compact, merge, extract."""

    def __init__(self, combine: beam.CombineFn) -> None:
        self._combine = combine
        self._accumulators: dict[Any, tuple[Any, Any]] = {}

    def start(self) -> None:
        self._combine.setup()

    def take(self, element: Any) -> None:
        key, value = element
        identity = _identity(key)
        known = self._accumulators.get(identity)
        accumulator = self._combine.create_accumulator() if known is None else known[1]
        self._accumulators[identity] = (key, self._combine.add_input(accumulator, value))

    def results(self) -> Iterator[Any]:
        combine = self._combine
        for key, accumulator in self._accumulators.values():
            merged = combine.merge_accumulators([combine.compact(accumulator)])
            yield key, combine.extract_output(merged)


def _identity(key: Any) -> Any:
    """Returns what tells keys apart: as in Beam their type counts too, so 1, 1.0 and True are three keys."""
    kind = type(key)
    return (kind, key) if kind in _PLAIN else _KEYS.encode(key)


def _emitter(step: Step, takers: dict[beam.PCollection, list[Emit]]) -> Emit:
    return _emitters(step, takers).get(None, _ignore)


def _emitters(step: Step, takers: dict[beam.PCollection, list[Emit]]) -> dict[str | None, Emit]:
    return {None: _ignore} | {tag: _to_all(takers, value) for tag, value in step.outputs.items()}


def _to_all(takers: dict[beam.PCollection, list[Emit]], value: beam.PCollection) -> Emit:
    receivers = takers[value]

    def emit(element: Any) -> None:
        for receive in receivers:
            receive(element)

    return emit


def _bare(result: Any) -> Any:
    """Takes off window and timestamp, of which there is only one each."""
    return result.value if isinstance(result, (WindowedValue, TimestampedValue)) else result


def _ignore(element: Any) -> None:
    """Drops an element that nobody takes."""


def _read(step: Read) -> Iterator[Any]:
    for bundle in step.source.split(1 << 40):
        yield from bundle.source.read(
            bundle.source.get_range_tracker(bundle.start_position, bundle.stop_position)
        )
