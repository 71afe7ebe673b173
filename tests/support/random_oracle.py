# SPDX-License-Identifier: Apache-2.0
"""What a random pipeline should come to, worked out without any of Penstock's code: block by block, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from random_pipelines import CondSpec, ItemRef, LoopSpec, Ref, Source, Statement, StepSpec, SubSpec

End = Literal["done", "skipped", "failed", "not run"]
Item = tuple[int, ...]
_BAD = ("failed", "not run")


@dataclass(frozen=True)
class Expected:
    """How a step should end for one item, or, where a loop around it does not run, for all below an item."""

    end: End
    number: int = 0
    before: frozenset[tuple[str, Item]] = frozenset()
    """Steps, with their items, that must have ended before."""


@dataclass(frozen=True)
class _Around:
    """Where a block stands: what its conditions and loops have read, and whether it runs at all."""

    item: Item = ()
    loops: tuple[str, ...] = ()
    values: tuple[tuple[str, int], ...] = ()
    read: tuple[Source, ...] = ()
    closed: End | None = None


class Oracle:
    """Works out how each step should end.

    Args:
        body: The pipeline.
        broken: Whether steps fail that may break and come to an odd number.
    """

    def __init__(self, body: Sequence[Statement], *, broken: bool) -> None:
        self.ends: dict[str, dict[Item, Expected]] = {}
        self._broken = broken
        self._loops: dict[str, tuple[str, ...]] = {}
        self._steps: dict[str, StepSpec] = {}
        self._block(body, _Around())

    def _block(self, body: Sequence[Statement], around: _Around) -> None:
        for statement in body:
            if isinstance(statement, StepSpec):
                self._loops[statement.name] = around.loops
                self._steps[statement.name] = statement
                self.ends.setdefault(statement.name, {})[around.item] = self._step(statement, around)
            elif isinstance(statement, SubSpec):
                self._block(statement.body, around)
            elif isinstance(statement, CondSpec):
                self._condition(statement, around)
            else:
                self._loop(statement, around)

    # ---------------------------------------------------------------------------------------------------- what is read

    def _parts(self, source: Source, around: _Around) -> list[tuple[str, Item]]:
        """Returns the steps, with their items, that a source stands for at a place."""
        if isinstance(source, ItemRef):
            return []
        depth = 0
        for mine, theirs in zip(around.loops, self._loops[source.step], strict=False):
            if mine != theirs:
                break
            depth += 1
        prefix = around.item[:depth]
        return [(source.step, item) for item in self.ends[source.step] if item[:depth] == prefix]

    def _numbers(self, source: Source, around: _Around) -> list[int] | None:
        """Returns what a source holds, ``None`` where it was skipped."""
        if isinstance(source, ItemRef):
            return [dict(around.values)[source.loop]]
        parts = self._parts(source, around)
        done = sorted(item for step, item in parts if self.ends[step][item].end == "done")
        if not done:
            return None
        found: list[int] = []
        for item in done:
            number = self.ends[source.step][item].number
            count = self._steps[source.step].count if source.key == "many" else 1
            found += range(number, number + count)
        return found

    def _any_bad(self, sources: Sequence[Source], around: _Around) -> bool:
        return any(
            self.ends[step][item].end in _BAD
            for source in sources
            for step, item in self._parts(source, around)
        )

    # ---------------------------------------------------------------------------------------------------------- scopes

    def _condition(self, spec: CondSpec, around: _Around) -> None:
        closed = around.closed
        read = (*around.read, spec.of)
        if closed is None and not self._any_bad([spec.of], around):
            found = self._numbers(spec.of, around)
            if found is None:
                closed = "skipped"
            else:
                left, right = found[0], spec.bound
                true = {"gt": left > right, "lt": left < right, "eq": left == right, "ne": left != right}
                closed = None if true[spec.op] else "skipped"
        self._block(spec.body, _Around(around.item, around.loops, around.values, read, closed))

    def _loop(self, spec: LoopSpec, around: _Around) -> None:
        read = (*around.read, spec.over)
        # A loop waits for all that says whether it runs, and does not where one of that has failed.
        closed: End | None = "not run" if self._any_bad(read, around) else around.closed
        found = None if closed is not None else self._numbers(spec.over, around)
        if closed is None and not found:
            closed = "skipped"
        if closed is not None:
            # Nothing is known of the loop's items: its steps end as a whole, below the items around it.
            self._close(spec.body, around.item, (*around.loops, spec.name), Expected(closed))
            return
        for place, number in enumerate(found or ()):
            self._block(
                spec.body,
                _Around(
                    (*around.item, place),
                    (*around.loops, spec.name),
                    (*around.values, (spec.name, number)),
                    read,
                ),
            )

    def _close(
        self, body: Sequence[Statement], item: Item, loops: tuple[str, ...], expected: Expected
    ) -> None:
        for statement in body:
            if isinstance(statement, StepSpec):
                self._loops[statement.name] = loops
                self._steps[statement.name] = statement
                self.ends.setdefault(statement.name, {})[item] = expected
            else:
                inner = (*loops, statement.name) if isinstance(statement, LoopSpec) else loops
                self._close(statement.body, item, inner, expected)

    # ----------------------------------------------------------------------------------------------------------- steps

    def _step(self, spec: StepSpec, around: _Around) -> Expected:
        dynamic = () if spec.dynamic is None else (spec.dynamic,)
        after = tuple(Ref(name) for name in spec.after if name in self.ends)
        waited = (*spec.needs, *spec.may, *dynamic, *after, *around.read)
        before = frozenset(part for source in waited for part in self._parts(source, around))
        if self._any_bad(waited, around):
            return Expected("not run", before=before)
        if around.closed is not None:
            return Expected(around.closed, before=before)
        needed = [self._numbers(source, around) for source in (*spec.needs, *dynamic)]
        if any(found is None for found in needed):
            return Expected("skipped", before=before)
        read = [number for found in needed[: len(spec.needs)] for number in found or ()]
        if spec.needs and not read:
            return Expected("failed", before=before)
        read += [number for source in spec.may for number in self._numbers(source, around) or ()]
        value = spec.value if spec.dynamic is None else (needed[-1] or [0])[0]
        number = value + sum(read)
        if self._broken and spec.breaks and number % 2:
            return Expected("failed", number, before)
        return Expected("done", number, before)
