# SPDX-License-Identifier: Apache-2.0
"""Steps of random pipelines: they add up numbers, make several, fail when told to, and note when they work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.artifacts.standard import Integer
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.runtime.roles import (
    ArtifactRecord,
    Decision,
    Driver,
    DriverContext,
    Executor,
    Publisher,
    Record,
    Run,
    Work,
)


@dataclass(frozen=True, slots=True)
class StepInputs:
    needs: Sequence[Integer] = field(default=(), metadata={"allow_empty": False})
    may: Sequence[Integer] = ()


@dataclass(frozen=True, slots=True)
class StepOutputs:
    out: Integer
    many: Sequence[Integer] = ()


@dataclass(frozen=True, slots=True)
class StepParameters:
    value: int = 0
    count: int = 1
    odd: str = ""
    """A file: where it exists, a step whose number is odd fails."""
    log: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class StepResult:
    numbers: tuple[int, ...]


class Step(BaseComponent):
    """Puts out ``value`` plus all numbers that it reads, and ``count`` numbers from there on."""

    Inputs, Outputs, Parameters, Result = StepInputs, StepOutputs, StepParameters, StepResult
    DRIVER = "light.steps:StepDriver"
    EXECUTOR = "light.steps:StepExecutor"
    PUBLISHER = "light.steps:StepPublisher"

    def __init__(
        self,
        value: Any = 0,
        *,
        needs: Sequence[Channel] | None = None,
        may: Sequence[Channel] | None = None,
        count: int = 1,
        odd: str = "",
        log: str = "",
        seconds: float = 0.0,
    ) -> None:
        super().__init__(
            inputs={"needs": needs or None, "may": may or None},
            parameters={"value": value, "count": count, "odd": odd, "log": log, "seconds": seconds},
        )


class StepDriver(Driver[StepInputs, StepParameters, None]):
    def decide(
        self, inputs: StepInputs, parameters: StepParameters, context: DriverContext
    ) -> Decision[None]:
        return Run(None, output_counts={"many": parameters.count})


class StepExecutor(Executor[StepInputs, StepOutputs, StepParameters, None, StepResult]):
    def execute(self, work: Work[StepInputs, StepOutputs, StepParameters, None]) -> StepResult:
        parameters = work.parameters
        number = parameters.value + sum(each.read() for each in (*work.inputs.needs, *work.inputs.may))
        _note(parameters.log, f"begin {work.context.execution_id}")
        time.sleep(parameters.seconds)
        _note(parameters.log, f"end {work.context.execution_id}")
        if parameters.odd and number % 2 and Path(parameters.odd).exists():
            raise ValueError(f"{number} is odd")
        work.outputs.out.write(number)
        for place, artifact in enumerate(work.outputs.many):
            artifact.write(number + place)
        return StepResult(tuple(number + place for place in range(parameters.count)))


def _note(log: str, line: str) -> None:
    if log:
        with open(log, "a") as file:  # one write of a line, which does not mingle with others
            file.write(f"{line}\n")


class StepPublisher(Publisher[Any, Any, Any, Any, StepResult]):
    def describe(self, work: Work[Any, Any, Any, Any], result: StepResult) -> Record:
        records = [ArtifactRecord(custom_properties={"number": number}) for number in result.numbers]
        return Record({"many": records}, summary=f"= {result.numbers[0] if result.numbers else ''}")
