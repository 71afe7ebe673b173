# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from penstock.artifacts.standard import ExampleStatistics, Schema
from penstock.components.example_validator.component import (
    ExampleValidator,
    ExampleValidatorPlan,
    ExampleValidatorResult,
)
from penstock.components.example_validator.publisher import ExampleValidatorPublisher
from penstock.components.example_validator.rules import Anomaly, parse_rules, stopping
from penstock.errors import ParameterError
from penstock.graph.channel import Channel

MISSING = Anomaly("train", "tips", ("SCHEMA_MISSING_COLUMN",), True, "Column is completely missing")
DOMAIN = Anomaly("eval", "company", ("ENUM_TYPE_UNEXPECTED_STRING_VALUES", "FLOAT_TYPE_HAS_NAN"), False, "")
DATASET = Anomaly("eval", "", ("DATASET_LOW_NUM_EXAMPLES",), True, "")
ALL = (MISSING, DOMAIN, DATASET)


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        (None, ()),
        ((), ()),
        ("any", ALL),
        ("error", (MISSING, DATASET)),
        ("SCHEMA_MISSING_COLUMN", (MISSING,)),
        (["FLOAT_TYPE_HAS_NAN", "any@tips"], (MISSING, DOMAIN)),
        ("any@company", (DOMAIN,)),
        ("error@company", ()),
        ("SCHEMA_MISSING_COLUMN@fare", ()),
        (["DATASET_LOW_NUM_EXAMPLES"], (DATASET,)),
    ],
)
def test_rules_name_anomalies_by_type_and_feature(fail_on: Any, expected: tuple[Anomaly, ...]) -> None:
    assert stopping(ALL, parse_rules(fail_on)) == expected


@pytest.mark.parametrize(
    ("rule", "hint"),
    [("SCHEMA_MISSING_COLUM", "'SCHEMA_MISSING_COLUMN'"), ("all", "known|did you mean"), ("any@", "'any'")],
)
def test_a_wrong_rule_is_refused_when_the_pipeline_is_built(rule: str, hint: str) -> None:
    with pytest.raises(ParameterError, match=f"fail_on has no rule '{rule}'.*{hint}"):
        ExampleValidator(Channel(ExampleStatistics), Channel(Schema), fail_on=rule)


def test_conditions_are_taken_as_text_and_nothing_else() -> None:
    text = 'feature_validations { feature_path { step: "tips" } }'
    node = ExampleValidator(Channel(ExampleStatistics), Channel(Schema), custom_validation_config=text)
    assert node.exec_properties["custom_validation_config"] == text
    with pytest.raises(
        ParameterError, match="expected: TFDV's CustomValidationConfig, or its text form; got: 3"
    ):
        ExampleValidator(Channel(ExampleStatistics), Channel(Schema), custom_validation_config=3)


def test_a_single_rule_and_a_list_are_both_taken() -> None:
    statistics, schema = Channel(ExampleStatistics), Channel(Schema)
    assert ExampleValidator(statistics, schema, fail_on="any").exec_properties == {"fail_on": "any"}
    node = ExampleValidator(statistics, schema, ["eval"], fail_on=["error", "any@tips"])
    assert node.exec_properties == {"exclude_splits": ("eval",), "fail_on": ("error", "any@tips")}


def describe(*anomalies: Anomaly, stop: tuple[Anomaly, ...] = ()) -> Any:
    work: Any = SimpleNamespace(plan=ExampleValidatorPlan(("train", "eval", "test"), 3))
    return ExampleValidatorPublisher().describe(work, ExampleValidatorResult(anomalies, stop))


def test_splits_without_anomalies_are_blessed() -> None:
    record = describe(MISSING)
    custom = record.artifacts["anomalies"][0].custom_properties
    assert custom["blessed"] == {"train": 0, "eval": 1, "test": 1}
    assert custom["num_anomalies"] == {"train": 1, "eval": 0, "test": 0}
    assert record.artifacts["anomalies"][0].properties == {
        "span": 3,
        "split_names": '["train", "eval", "test"]',
    }
    assert record.summary == "1 anomaly (train 1)"
    assert record.stop is None
    assert describe().summary == "no anomalies"


def test_the_reason_for_stopping_names_the_anomalies() -> None:
    record = describe(*ALL, stop=(MISSING, DATASET))
    assert record.stop == (
        "fail_on names tips in train: SCHEMA_MISSING_COLUMN; the data set in eval: DATASET_LOW_NUM_EXAMPLES"
    )
    assert describe(*ALL * 3, stop=ALL * 3).stop.endswith("and 4 more")
