# SPDX-License-Identifier: Apache-2.0
"""Driver of JsonLinesExampleGen: which files, which span, and what is in them."""

from __future__ import annotations

import dataclasses

from penstock.authoring import DriverContext, NoInputs, Run
from penstock.data import ExampleGenParameters, ExampleGenPlan, FileBasedExampleGenDriver
from penstock.proto import Input

_JSON_LINES = Input(splits=[Input.Split(name="single_split", pattern="*.jsonl*")])


class JsonLinesExampleGenDriver(FileBasedExampleGenDriver):
    """Takes the folder's JSON Lines files where no pattern is given; the rest is as for every file."""

    def decide(
        self, inputs: NoInputs, parameters: ExampleGenParameters, context: DriverContext
    ) -> Run[ExampleGenPlan]:
        if parameters.input_config is None:
            parameters = dataclasses.replace(parameters, input_config=_JSON_LINES)
        return super().decide(inputs, parameters, context)
