# SPDX-License-Identifier: Apache-2.0
"""Our JSON against protobuf's own, on every message type."""

from __future__ import annotations

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from message_oracle import ProtobufMirror, all_messages, values_of

from penstock.errors import ParameterError
from penstock.messages.evaluation import (
    AggregationOptions,
    EvalConfig,
    GenericValueThreshold,
    MetricsSpec,
    PaddingOptions,
)
from penstock.messages.example_gen import CustomConfig, Output, SplitConfig
from penstock.messages.message import Message
from penstock.messages.packed import AnyMessage
from penstock.messages.pusher import PushDestination
from penstock.messages.run_state import RunState
from penstock.messages.trainer import TrainArgs

MIRROR = ProtobufMirror()
# A packed message's JSON needs its type; test_packed.py has them.
PLAIN_MESSAGES = sorted(set(all_messages()) - {AnyMessage, CustomConfig}, key=lambda cls: cls.__proto_name__)


@pytest.mark.parametrize("cls", PLAIN_MESSAGES, ids=lambda cls: cls.__proto_name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_is_protobufs_json(cls: type[Message], data: st.DataObject) -> None:
    values = data.draw(values_of(cls))
    ours, theirs = cls(**values), MIRROR.make(cls, values)
    tfx_text = json_format.MessageToJson(theirs, sort_keys=True, preserving_proto_field_name=True, indent=0)
    assert ours.to_json() == tfx_text
    assert cls.from_json(tfx_text) == ours
    assert cls.from_json(json_format.MessageToJson(theirs)) == ours  # camelCase
    assert cls.coerce(theirs) == ours
    assert json_format.Parse(ours.to_json(), MIRROR.of(cls)()) == theirs


def test_to_json_is_what_tfx_writes_into_execution_properties() -> None:
    config = Output(split_config={"splits": [{"name": "train", "hash_buckets": 2}]})
    assert config.to_json() == (
        '{\n"split_config": {\n"splits": [\n{\n"hash_buckets": 2,\n"name": "train"\n}\n]\n}\n}'
    )
    assert (
        config.to_json(indent=None) == '{"split_config": {"splits": [{"hash_buckets": 2, "name": "train"}]}}'
    )


def test_wide_integers_are_text_and_defaults_are_left_out() -> None:
    assert RunState(state="RUNNING", update_time=5).to_dict() == {"state": "RUNNING", "update_time": "5"}
    assert RunState(state=0, update_time=0, status_msg="").to_dict() == {}
    assert PaddingOptions(label_int_padding=0).to_dict() == {"label_int_padding": "0"}


def test_keys_of_maps_are_text() -> None:
    options = AggregationOptions(class_weights={3: 0.1})
    assert options.to_dict() == {"class_weights": {"3": 0.1}}
    assert AggregationOptions.from_dict({"classWeights": {"3": "0.1"}}) == options


def test_reads_both_spellings_of_names_and_numbers_as_text() -> None:
    expected = TrainArgs(splits=["train"], num_steps=100)
    assert TrainArgs.from_json('{"splits": ["train"], "num_steps": "100"}') == expected
    assert TrainArgs.from_json('{"splits": ["train"], "numSteps": 100}') == expected
    assert TrainArgs.from_json(b'{"splits": ["train"], "numSteps": 1e2}') == expected


def test_null_leaves_a_field_unset() -> None:
    assert GenericValueThreshold.from_json('{"lowerBound": null, "upper_bound": 1}') == GenericValueThreshold(
        upper_bound=1
    )


@pytest.mark.parametrize(
    ("cls", "text", "message"),
    [
        (TrainArgs, "{", "TrainArgs is not JSON: .*line 1 column 2"),
        (TrainArgs, "[]", "TrainArgs has the wrong type; expected: a TrainArgs or a mapping of its fields"),
        (TrainArgs, "null", "TrainArgs has the wrong type"),
        (TrainArgs, '{"steps": 1}', "TrainArgs has no field 'steps'"),
        (TrainArgs, '{"num_steps": 1, "numSteps": 2}', "TrainArgs has both 'num_steps' and 'numSteps'"),
        (TrainArgs, '{"num_steps": "many"}', "TrainArgs.num_steps has the wrong type; expected: an integer"),
        (
            TrainArgs,
            '{"splits": [null]}',
            r"TrainArgs.splits\[0\] has the wrong type; expected: a string; got: None",
        ),
        (TrainArgs, '{"splits": "train"}', "TrainArgs.splits has the wrong type; expected: a list"),
        (
            PushDestination,
            '{"filesystem": {"versioning": "AUTOMATIC"}}',
            "PushDestination.filesystem.versioning has a value that is not allowed.*did you mean 'AUTO'",
        ),
        (
            EvalConfig,
            '{"metricsSpecs": [{"thresholds": {"auc": {"valueThreshold": {"lowerBound": "high"}}}}]}',
            r"EvalConfig.metrics_specs\[0\].thresholds\['auc'\].value_threshold.lower_bound.value has the wrong type",
        ),
        (
            SplitConfig,
            '{"splits": [{"name": "a"}, {"hashBuckets": -1}]}',
            r"SplitConfig.splits\[1\].hash_buckets has a value",
        ),
    ],
)
def test_refuses(cls: type[Message], text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        cls.from_json(text)


def test_path_says_where_the_data_is_from() -> None:
    with pytest.raises(ParameterError, match=r"parameters.train_args.num_steps has the wrong type"):
        TrainArgs.from_dict({"num_steps": None, "splits": [], "numSteps": "x"}, path="parameters.train_args")


def test_empty_messages_in_lists_and_maps_survive() -> None:
    config = EvalConfig(slicing_specs=[{}], metrics_specs=[MetricsSpec(thresholds={"auc": {}})])
    assert config.to_dict() == {"slicing_specs": [{}], "metrics_specs": [{"thresholds": {"auc": {}}}]}
    assert EvalConfig.from_dict(config.to_dict()) == config
