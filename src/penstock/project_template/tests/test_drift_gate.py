# SPDX-License-Identifier: Apache-2.0
"""The project's own component: its declaration, and driver, executor and publisher together."""

from __future__ import annotations

import pytest

from components.drift_gate import DriftGate
from penstock import testing
from penstock.authoring import Channel
from penstock.components import SchemaGen, StatisticsGen
from penstock.errors import PipelineError
from penstock.types.standard_artifacts import Model, Schema


def test_the_gate_is_open_on_the_first_span() -> None:
    examples = testing.examples(train={"fare": [5.0, 7.5]}, eval={"fare": [6.0]}, span=1)
    statistics = StatisticsGen(examples=examples)
    schema = SchemaGen(statistics=statistics.outputs["statistics"])
    ran = testing.run_component(DriftGate(statistics.outputs["statistics"], schema.outputs["schema"]))
    assert ran.summary == "no earlier span to compare with"
    assert ran.artifact("report").get_int_custom_property("drifted") == 0


def test_only_statistics_and_a_schema_are_taken() -> None:
    with pytest.raises(PipelineError, match="input 'statistics' has the wrong type"):
        DriftGate(statistics=Channel(Model), schema=Channel(Schema))
