# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.artifacts.standard import Integer
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.signature import never_empty


@dataclass(frozen=True, slots=True)
class NumberInputs:
    after: Integer | None = None


@dataclass(frozen=True, slots=True)
class NumberOutputs:
    number: Integer


@dataclass(frozen=True, slots=True)
class NumberParameters:
    value: int = 0
    behaviour: str = ""
    seconds: float = 0.0
    folder: str = ""


@dataclass(frozen=True, slots=True)
class NumberResult:
    value: int


class Number(BaseComponent):
    """Writes a number; ``behaviour`` makes it fail, die, stop the run, be skipped, leave a mark in ``folder`` …"""

    Inputs, Outputs, Parameters, Result = NumberInputs, NumberOutputs, NumberParameters, NumberResult
    DRIVER = "light.driver:NumberDriver"
    EXECUTOR = "light.executor:NumberExecutor"
    PUBLISHER = "light.publisher:NumberPublisher"

    def __init__(
        self,
        value: Any = 0,
        behaviour: str = "",
        seconds: float = 0.0,
        folder: str = "",
        after: Channel | None = None,
    ) -> None:
        super().__init__(
            inputs={"after": after},
            parameters={"value": value, "behaviour": behaviour, "seconds": seconds, "folder": folder},
        )


@dataclass(frozen=True, slots=True)
class AddInputs:
    numbers: Sequence[Integer]
    extra: Integer | None = None
    gate: Integer | None = never_empty()


@dataclass(frozen=True, slots=True)
class AddOutputs:
    total: Integer


class Add(BaseComponent):
    """Adds numbers."""

    Inputs, Outputs, Result = AddInputs, AddOutputs, NumberResult
    EXECUTOR = "light.executor:AddExecutor"
    PUBLISHER = "light.publisher:AddPublisher"

    def __init__(self, numbers: Any, extra: Channel | None = None, gate: Channel | None = None) -> None:
        super().__init__(inputs={"numbers": numbers, "extra": extra, "gate": gate})
