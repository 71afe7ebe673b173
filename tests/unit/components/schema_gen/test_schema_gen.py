# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from penstock.artifacts.standard import ExampleStatistics
from penstock.components.schema_gen.component import (
    SchemaGen,
    SchemaGenInputs,
    SchemaGenParameters,
    SchemaGenPlan,
    SchemaGenResult,
)
from penstock.components.schema_gen.driver import SchemaGenDriver
from penstock.components.schema_gen.publisher import SchemaGenPublisher
from penstock.errors import ParameterError
from penstock.graph.channel import Channel

STATISTICS = ExampleStatistics("s", properties={"split_names": '["train", "eval"]'})


@pytest.mark.parametrize(("given", "stored"), [(True, True), (False, False), (0, False), (1, True)])
def test_takes_truth_values_and_tfx_integers(given: Any, stored: bool) -> None:
    node = SchemaGen(Channel(ExampleStatistics), infer_feature_shape=given)
    assert node.exec_properties["infer_feature_shape"] is stored


def test_driver_leaves_out_excluded_splits() -> None:
    parameters = SchemaGenParameters(exclude_splits=("eval",))
    context: Any = SimpleNamespace()
    decision = SchemaGenDriver().decide(SchemaGenInputs(STATISTICS), parameters, context)
    assert decision.plan == SchemaGenPlan(("train",))
    with pytest.raises(ParameterError, match="names a split 'test'.*train, eval"):
        SchemaGenDriver().decide(
            SchemaGenInputs(STATISTICS), SchemaGenParameters(exclude_splits=("test",)), context
        )


def test_publisher_records_features_and_digest() -> None:
    work: Any = SimpleNamespace()
    record = SchemaGenPublisher().describe(work, SchemaGenResult(18, "abc"))
    assert record.artifacts["schema"][0].custom_properties == {"num_features": 18, "schema_digest": "abc"}
    record = SchemaGenPublisher().describe(work, SchemaGenResult(18, "abc", ("tips",)))
    assert record.artifacts["schema"][0].custom_properties["features_without_values"] == ["tips"]
