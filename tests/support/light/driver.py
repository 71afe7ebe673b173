# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time
from pathlib import Path

from light.component import NumberInputs, NumberParameters
from penstock.errors import DataError
from penstock.runtime.roles import Decision, Driver, DriverContext, Run, Skip


class NumberDriver(Driver[NumberInputs, NumberParameters, None]):
    def decide(
        self, inputs: NumberInputs, parameters: NumberParameters, context: DriverContext
    ) -> Decision[None]:
        if parameters.behaviour == "think":
            (Path(parameters.folder) / "thinking").touch()
            time.sleep(parameters.seconds)
        if parameters.behaviour == "skip":
            return Skip("told to")
        if parameters.behaviour == "refuse":
            raise DataError("refused by the driver", expected="something else", got="refuse", hint="do not")
        return Run(None)
