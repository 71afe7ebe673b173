# SPDX-License-Identifier: Apache-2.0
"""Our evaluation messages against those of the TFMA that is installed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from message_oracle import all_messages, field_words, fill, values_of

from penstock import proto
from penstock.messages import evaluation
from penstock.messages.evaluation import EvalConfig

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

PACKAGE = "tensorflow_model_analysis"
OURS = {cls.__name__: cls for cls in all_messages() if cls.__proto_name__.startswith(PACKAGE)}
ON_DISK_ONLY = {"EvalRun", "EvalConfigAndVersion"}
"""What TFMA writes around the configuration; nobody gives it to a component."""


@pytest.fixture(scope="module")
def tfma() -> Any:
    pytest.importorskip("tensorflow_model_analysis")
    from tensorflow_model_analysis.proto import config_pb2

    return config_pb2


@pytest.fixture(scope="module")
def json_format(tfma: Any) -> Any:
    from google.protobuf import json_format

    return json_format


@pytest.fixture(scope="module")
def descriptors(tfma: Any) -> dict[str, Any]:
    return dict(tfma.EvalConfig.DESCRIPTOR.file.message_types_by_name)


def test_there_are_the_same_messages(descriptors: dict[str, Any]) -> None:
    assert set(OURS) == set(descriptors) - ON_DISK_ONLY


@pytest.mark.parametrize("name", sorted(OURS))
def test_message_has_tfmas_fields(name: str, descriptors: dict[str, Any]) -> None:
    assert field_words(OURS[name]) == {field.name: word(field) for field in descriptors[name].fields}


def test_enumerations_have_tfmas_members(tfma: Any) -> None:
    assert evaluation.MetricDirection.items() == tfma.MetricDirection.items()
    ours, theirs = evaluation.ConfidenceIntervalOptions, tfma.ConfidenceIntervalOptions
    assert ours.ConfidenceIntervalMethod.items() == theirs.ConfidenceIntervalMethod.items()
    assert ours.JACKKNIFE == theirs.JACKKNIFE


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=values_of(EvalConfig))
def test_any_configuration_means_the_same(values: dict[str, Any], tfma: Any, json_format: Any) -> None:
    ours, theirs = EvalConfig(**values), tfma.EvalConfig()
    fill(theirs, EvalConfig, values)
    assert json_format.Parse(ours.to_json(), tfma.EvalConfig()) == theirs
    assert EvalConfig.coerce(theirs) == ours
    assert EvalConfig.from_json(json_format.MessageToJson(theirs)) == ours
    tfx_text = json_format.MessageToJson(theirs, sort_keys=True, preserving_proto_field_name=True, indent=0)
    assert ours.to_json() == tfx_text


def taxi_config(tfma: Any) -> Any:
    """As the TFX tutorials write it."""
    return tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(signature_name="serving_default", label_key="tips", name="candidate")],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(class_name="ExampleCount"),
                    tfma.MetricConfig(
                        class_name="BinaryAccuracy",
                        threshold=tfma.MetricThreshold(
                            value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.5}),
                            change_threshold=tfma.GenericChangeThreshold(
                                direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={"value": -1e-10}
                            ),
                        ),
                    ),
                ],
                thresholds={
                    "binary_accuracy": tfma.MetricThreshold(
                        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.6})
                    )
                },
            )
        ],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["trip_start_hour"])],
    )


def test_the_tutorials_configuration_is_the_same_in_either_spelling(tfma: Any, json_format: Any) -> None:
    ours, theirs = taxi_config(proto.evaluation), taxi_config(tfma)
    assert ours == EvalConfig.coerce(theirs)
    parsed = json_format.Parse(ours.to_json(), tfma.EvalConfig())
    assert parsed == theirs
    from tensorflow_model_analysis.utils import config_util

    updated = config_util.update_eval_config_with_defaults(parsed, has_baseline=False, rubber_stamp=True)
    assert EvalConfig.coerce(updated).model_specs[0].label_key == "tips"


def word(field: Any) -> str:
    entry = field.message_type if field.message_type and field.message_type.GetOptions().map_entry else None
    if entry is not None:
        return f"map<{type_word(entry.fields_by_name['key'])}, {type_word(entry.fields_by_name['value'])}>"
    if is_repeated(field):
        return f"repeated {type_word(field)}"
    if field.containing_oneof is not None:
        return f"oneof {field.containing_oneof.name}: {type_word(field)}"
    return type_word(field)


def is_repeated(field: Any) -> bool:
    return bool(field.is_repeated) if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED


def type_word(field: Any) -> str:
    if field.message_type is not None:
        return str(field.message_type.full_name)
    if field.enum_type is not None:
        return str(field.enum_type.full_name.removeprefix(f"{PACKAGE}."))
    names = {number: name for name, number in vars(type(field)).items() if name.startswith("TYPE_")}
    return str(names[field.type].removeprefix("TYPE_").lower())
