# SPDX-License-Identifier: Apache-2.0
"""How the ways of a graph run together: which steps come from which, and what columns are called where ways meet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from penstock.errors import PipelineError
from penstock.inference.spec import InferenceGraph, Step


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a step comes from.

    Attributes:
        step: Name of the step; ``source`` for the rows as they are read.
        way: The way of that step, which then is a split.
    """

    step: str
    way: str | None = None

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Reads ``step`` or ``split.way``."""
        step, dot, way = text.partition(".")
        return cls(step, way if dot else None)

    @property
    def label(self) -> str:
        """What its columns are prefixed with where several ways meet, without the ``_`` after it."""
        return self.step if self.way is None else f"{self.step}_{self.way}"


@dataclass(frozen=True, slots=True)
class JoinedColumn:
    """A column where several ways meet.

    Attributes:
        name: What it is called from here on.
        way: Index of the way that has it; the first one of those that do.
        column: What it is called on that way.
        added_by: Step that has added it.
        common: Whether it comes from a step that all of these ways have passed.
    """

    name: str
    way: int
    column: str
    added_by: str
    common: bool


def joined_columns(
    ways: Sequence[tuple[str, Mapping[str, str]]], unprefixed: Collection[str] = ()
) -> tuple[JoinedColumn, ...]:
    """Returns the columns of rows that come from several steps, in the order of the ways.

    A column that two or more ways have from the same step keeps its name; any other is prefixed with
    ``<label>_``, so that it is called the same whatever the other ways have.

    Args:
        ways: For each way its label, and its columns with the step that has added each.
        unprefixed: Columns that are named after their step already, which keep their names.

    Returns:
        The columns, not checked for names that occur twice.
    """
    if len(ways) == 1:
        return tuple(
            JoinedColumn(name, 0, name, added_by, common=True) for name, added_by in ways[0][1].items()
        )
    times: dict[tuple[str, str], int] = {}
    for _, columns in ways:
        for column in columns.items():
            times[column] = times.get(column, 0) + 1
    joined: list[JoinedColumn] = []
    met: set[tuple[str, str]] = set()
    for index, (label, columns) in enumerate(ways):
        for name, added_by in columns.items():
            if (name, added_by) in met:
                continue
            met.add((name, added_by))
            common = times[name, added_by] > 1
            kept = common or name in unprefixed
            joined.append(JoinedColumn(name if kept else f"{label}_{name}", index, name, added_by, common))
    return tuple(joined)


def provenance_columns(graph: InferenceGraph, step: str) -> tuple[str, str]:
    """Returns the columns that say which model has made a row in a model step: artifact id and version.

    They are named after the step where the graph has several model steps.
    """
    single = sum(other.model is not None for other in graph.steps) == 1
    prefix = "" if single else f"{step}_"
    return f"{prefix}model_id", f"{prefix}model_version"


def all_provenance_columns(graph: InferenceGraph) -> frozenset[str]:
    """Returns the columns of all model steps that say which model has made a row."""
    return frozenset(
        name for step in graph.steps if step.model for name in provenance_columns(graph, step.name)
    )


def ordered(graph: InferenceGraph) -> tuple[Step, ...]:
    """Returns the steps so that each follows those that it comes from; otherwise the given order stays.

    Raises:
        PipelineError: The steps form a cycle, which the message names.
    """
    found = cycle(graph)
    if found:
        raise PipelineError(
            f"the steps form a cycle: {' -> '.join(found)}",
            hint="a step cannot, through other steps, come from itself; take one of these edges out",
        )
    position = {step.name: place for place, step in enumerate(graph.steps)}
    before = [{position[name] for name in _before(step) if name in position} for step in graph.steps]
    done: list[int] = []
    while len(done) < len(graph.steps):
        # Of those that could come next, the one that was given first.
        done.append(next(i for i in position.values() if i not in done and before[i].issubset(done)))
    return tuple(graph.steps[place] for place in done)


def cycle(graph: InferenceGraph) -> tuple[str, ...]:
    """Returns the names of steps that form a cycle, the first one again at the end; nothing where there is none."""
    waiting = {step.name: step for step in graph.steps}
    while True:
        free = [
            name for name, step in waiting.items() if not any(other in waiting for other in _before(step))
        ]
        if not free:
            return tuple(_cycle(waiting)) if waiting else ()
        for name in free:
            del waiting[name]


def _before(step: Step) -> tuple[str, ...]:
    return tuple(Origin.parse(source).step for source in step.sources)


def _cycle(waiting: Mapping[str, Step]) -> list[str]:
    path = [next(iter(waiting))]
    while True:
        upstream = next(name for name in _before(waiting[path[-1]]) if name in waiting)
        if upstream in path:
            return [*path[path.index(upstream) :], upstream][::-1]
        path.append(upstream)


def ends(graph: InferenceGraph) -> tuple[str, ...]:
    """Returns the steps that end the graph, those from which no other comes, in the order of the graph."""
    used = {name for step in graph.steps for name in _before(step)}
    return tuple(step.name for step in graph.steps if step.name not in used)
