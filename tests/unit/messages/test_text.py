# SPDX-License-Identifier: Apache-2.0
"""The text form, against protobuf's own writer."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from message_oracle import ProtobufMirror, all_messages, values_of

from penstock.errors import ParameterError
from penstock.messages.evaluation import AggregationOptions, EvalConfig, MetricsSpec, PaddingOptions
from penstock.messages.example_gen import CustomConfig, Input
from penstock.messages.infra_validator import PodOverrides
from penstock.messages.message import Message
from penstock.messages.packed import AnyMessage
from penstock.messages.pusher import PushDestination
from penstock.messages.text import parse_text
from penstock.messages.trainer import TrainArgs
from penstock.messages.wrappers import BoolValue, BytesValue, StringValue

MIRROR = ProtobufMirror()
PLAIN_MESSAGES = sorted(set(all_messages()) - {AnyMessage, CustomConfig}, key=lambda cls: cls.__proto_name__)


@pytest.mark.parametrize("cls", PLAIN_MESSAGES, ids=lambda cls: cls.__proto_name__)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_reads_what_protobuf_writes(cls: type[Message], data: st.DataObject) -> None:
    values = data.draw(values_of(cls))
    theirs = MIRROR.make(cls, values)
    assert parse_text(cls, text_format.MessageToString(theirs)) == cls(**values)
    assert parse_text(cls, text_format.MessageToString(theirs, as_one_line=True, as_utf8=True)) == cls(
        **values
    )
    assert parse_text(cls, text_format.MessageToString(theirs, pointy_brackets=True)) == cls(**values)


def test_reads_what_people_write() -> None:
    text = """
      # What TFX's documentation has
      model_specs { label_key: 'tips' }   # a comment
      slicing_specs {}
      slicing_specs: { feature_keys: ["trip_start_hour", 'company'] };
      metrics_specs <
        metrics { class_name: "AUC" "Precision" }, metrics: { class_name: "ExampleCount" }
        thresholds { key: "auc"; value { value_threshold { lower_bound { value: .5f } } } }
        thresholds: [{ key: "empty" }]
      >
    """
    assert parse_text(EvalConfig, text) == EvalConfig(
        model_specs=[{"label_key": "tips"}],
        slicing_specs=[{}, {"feature_keys": ["trip_start_hour", "company"]}],
        metrics_specs=[
            {
                "metrics": [{"class_name": "AUCPrecision"}, {"class_name": "ExampleCount"}],
                "thresholds": {"auc": {"value_threshold": {"lower_bound": 0.5}}, "empty": {}},
            }
        ],
    )


def test_repeated_values_may_come_one_by_one_or_listed() -> None:
    text = 'splits: "a" splits: ["b", "c"] splits: [] num_steps: 5'
    assert parse_text(TrainArgs, text) == TrainArgs(splits=["a", "b", "c"], num_steps=5)


@pytest.mark.parametrize(("text", "value"), [("0x1F", 31), ("-0X1f", -31), ("017", 15), ("0", 0), ("-5", -5)])
def test_integers(text: str, value: int) -> None:
    assert parse_text(PaddingOptions, f"label_int_padding: {text}").label_int_padding == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-.5", -0.5),
        ("1.e3", 1000.0),
        ("2F", 2.0),
        ("INF", float("inf")),
        ("-infinity", -float("inf")),
    ],
)
def test_floats(text: str, value: float) -> None:
    assert parse_text(PaddingOptions, f"label_float_padding: {text}").label_float_padding == value


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("t", True), ("1", True), ("False", False), ("0", False)]
)
def test_bools(text: str, value: bool) -> None:
    assert parse_text(BoolValue, f"value: {text}").value is value


def test_enumerations_by_name_or_number() -> None:
    by_name = parse_text(PushDestination, "filesystem { versioning: UNIX_TIMESTAMP }")
    assert by_name == parse_text(PushDestination, "filesystem { versioning: 1 }")


def test_escapes() -> None:
    text = r'"a\n\t\"\'\\\101\x42\u00e4\U0001F600\303\244"'
    assert parse_text(StringValue, f"value: {text}").value == "a\n\t\"'\\ABä😀ä"
    assert parse_text(BytesValue, r'value: "\377\0"').value == b"\xff\x00"


def test_maps() -> None:
    text = 'annotations { key: "a" value: "b" } annotations { value: "c" key: "d" } annotations { key: "e" }'
    assert parse_text(PodOverrides, text).annotations == {"a": "b", "d": "c", "e": ""}
    assert parse_text(AggregationOptions, "class_weights { key: 3 value: 0.5 }").class_weights == {3: 0.5}


@pytest.mark.parametrize(
    ("cls", "text", "message"),
    [
        (
            TrainArgs,
            "num_step: 5",
            "config.pbtxt, line 1, column 1: TrainArgs has no field 'num_step'; .*'num_steps'",
        ),
        (TrainArgs, "\n  num_steps 5", "config.pbtxt, line 2, column 13: unexpected '5'; expected: ':'"),
        (TrainArgs, "num_steps: ", "line 1, column 12: unexpected 'end'; expected: a value"),
        (TrainArgs, "num_steps: 5 num_steps: 6", "column 14: TrainArgs.num_steps stands there twice"),
        (
            TrainArgs,
            "num_steps: 1.5",
            "config.pbtxt.num_steps has the wrong type; expected: an integer; got: '1.5'",
        ),
        (TrainArgs, "num_steps: many", "config.pbtxt.num_steps has the wrong type; expected: an integer"),
        (TrainArgs, "splits: train", "column 9: unexpected 'train'; expected: text in quotes"),
        (TrainArgs, 'splits: ["a" "b" "c"', "unexpected 'end'; expected: ',' or ']'"),
        (TrainArgs, 'splits: "a', "column 9: unexpected '\"'"),
        (TrainArgs, "num_steps: 5x", "column 12: unexpected '5'"),
        (TrainArgs, "5", "unexpected '5'; expected: a field of TrainArgs"),
        (Input, "splits { name: 'a'", "unexpected 'end'; expected: a field of Input.Split"),
        (Input, "splits: 5", "unexpected '5'; expected: '{'"),
        (Input, "splits { name: 'a' >", "unexpected '>'; expected: a field of Input.Split"),
        (Input, "splits { hash: 1 }", "column 10: Input.Split has no field 'hash'"),
        (MetricsSpec, "thresholds { kex: 'a' }", "column 14: MetricsSpec.thresholds has no field 'kex'"),
        (
            PushDestination,
            "filesystem { versioning: NEVER }",
            "config.pbtxt.filesystem.versioning has a value that is not",
        ),
        (StringValue, r'value: "\377"', "column 8: text is not UTF-8"),
        (BoolValue, "value: 2", "config.pbtxt.value has the wrong type; expected: True or False"),
    ],
)
def test_refuses(cls: type[Message], text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse_text(cls, text, "config.pbtxt")
