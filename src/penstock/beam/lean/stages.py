# SPDX-License-Identifier: Apache-2.0
"""In which order steps run: stages, through each of which elements flow one at a time.

A stage begins at a source or where grouped values come out, and holds all steps that its elements reach without being
collected. It runs when everything that its steps take as side input is complete. Where a step would so wait for its own
stage, its elements are kept and it begins a new one.
"""

from __future__ import annotations

from collections.abc import Iterable

import apache_beam as beam

from penstock.beam.lean.steps import CombinePerKey, Flatten, GroupByKey, Impulse, Read, Step


class Stage:
    """Steps that run together.

    Attributes:
        sources: Steps of which elements come, in order: sources, and steps that collected in an earlier stage.
        kept: Collections whose kept elements enter this stage, each with the steps of the stage that take them.
        steps: The other steps, each after those that it takes elements from.
    """

    def __init__(self) -> None:
        self.sources: list[Step] = []
        self.kept: list[tuple[beam.PCollection, Step]] = []
        self.steps: list[Step] = []
        self._after: set[Stage] = set()
        self._merged_into: Stage | None = None

    def current(self) -> Stage:
        """Returns the stage that this one has become part of."""
        stage = self
        while stage._merged_into is not None:
            stage = stage._merged_into
        return stage

    def after(self) -> set[Stage]:
        """Returns the stages that must run right before."""
        return {stage.current() for stage in self._after} - {self}

    def waits_for(self, other: Stage) -> bool:
        """Says whether ``other`` must run before this stage, directly or not."""
        seen: set[Stage] = set()
        waiting = list(self.after())
        while waiting:
            stage = waiting.pop()
            if stage is other:
                return True
            if stage not in seen:
                seen.add(stage)
                waiting += stage.after()
        return False

    def wait_for(self, stages: Iterable[Stage]) -> None:
        """Lets this stage run after others."""
        self._after.update(stages)

    def absorb(self, other: Stage) -> None:
        """Takes over all that another stage holds."""
        self.sources += other.sources
        self.kept += other.kept
        self.steps += other.steps
        self._after |= other._after
        other._merged_into = self


def stages_of(steps: Iterable[Step]) -> list[Stage]:
    """Returns the stages of a pipeline in an order in which they can run.

    Args:
        steps: The pipeline's steps, each after those that it takes elements from.
    """
    planner = _Planner()
    for step in steps:
        planner.add(step)
    return planner.ordered()


class _Planner:
    def __init__(self) -> None:
        self._stages: list[Stage] = []
        self._stage_of: dict[beam.PCollection, Stage] = {}
        self._position: dict[int, int] = {}

    def add(self, step: Step) -> None:
        self._position[id(step)] = len(self._position)
        if isinstance(step, (Impulse, Read)):
            stage = self._new_stage()
            stage.sources.append(step)
        elif isinstance(step, (GroupByKey, CombinePerKey)):
            collecting = self._stage_of[step.inputs[0]].current()
            collecting.steps.append(step)
            stage = self._new_stage(after=[collecting])
            stage.sources.append(step)
        elif isinstance(step, Flatten):
            stage = self._flatten(step)
        else:
            stage = self._function(step)
        for output in step.outputs.values():
            self._stage_of[output] = stage

    def ordered(self) -> list[Stage]:
        ordered: list[Stage] = []
        done: set[Stage] = set()

        def visit(stage: Stage) -> None:
            if stage in done:
                return
            done.add(stage)
            for earlier in sorted(stage.after(), key=self._stages.index):
                visit(earlier)
            # Merged stages hold steps in the order of merging.
            stage.steps.sort(key=lambda step: self._position[id(step)])
            ordered.append(stage)

        for stage in self._stages:
            if stage.current() is stage:
                visit(stage)
        return ordered

    def _new_stage(self, after: Iterable[Stage] = ()) -> Stage:
        stage = Stage()
        stage.wait_for(after)
        self._stages.append(stage)
        return stage

    def _function(self, step: Step) -> Stage:
        stage = self._stage_of[step.inputs[0]].current()
        sides = [self._stage_of[side.pvalue].current() for side in step.sides]
        if any(side is stage or side.waits_for(stage) for side in sides):
            return self._from_kept(step, [stage, *sides])
        stage.wait_for(sides)
        stage.steps.append(step)
        return stage

    def _flatten(self, step: Step) -> Stage:
        stages = list(dict.fromkeys(self._stage_of[value].current() for value in step.inputs))
        if not stages:
            stage = self._new_stage()
        elif any(one.waits_for(other) for one in stages for other in stages):
            return self._from_kept(step, stages)
        else:
            stage, *others = stages
            for other in others:
                stage.absorb(other)
        stage.steps.append(step)
        return stage

    def _from_kept(self, step: Step, after: Iterable[Stage]) -> Stage:
        stage = self._new_stage(after=after)
        stage.kept += [(value, step) for value in step.inputs]
        stage.steps.append(step)
        return stage
