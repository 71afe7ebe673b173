# SPDX-License-Identifier: Apache-2.0
"""A component that writes down what it is told, for exit handlers and parameters of all kinds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.graph.component import BaseComponent
from penstock.graph.signature import NoInputs, NoOutputs
from penstock.runtime.roles import Executor, Work


@dataclass(frozen=True, slots=True)
class TellParameters:
    text: str
    file: str
    fail: bool = False
    seconds: float = 0.0


class Tell(BaseComponent):
    """Adds a line to a file: the text, and the Beam arguments where there are any."""

    Parameters = TellParameters
    EXECUTOR = "light.telling:TellExecutor"

    def __init__(self, text: Any, file: str, *, fail: bool = False, seconds: float = 0.0) -> None:
        super().__init__(parameters={"text": text, "file": file, "fail": fail, "seconds": seconds})


class TellExecutor(Executor[NoInputs, NoOutputs, TellParameters, None, None]):
    def execute(self, work: Work[NoInputs, NoOutputs, TellParameters, None]) -> None:
        time.sleep(work.parameters.seconds)
        with Path(work.parameters.file).open("a") as file:
            file.write(" ".join([work.parameters.text, *work.context.beam_pipeline_args]) + "\n")
        if work.parameters.fail:
            raise ValueError("told, and failed")
