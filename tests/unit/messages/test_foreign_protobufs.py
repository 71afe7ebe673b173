# SPDX-License-Identifier: Apache-2.0
"""Protobufs that users bring along, given where messages of ours are wanted."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, wrappers_pb2
from message_oracle import ProtobufMirror

from penstock.errors import ParameterError
from penstock.messages.evaluation import GenericValueThreshold
from penstock.messages.example_gen import Output, SplitConfig
from penstock.messages.message import Message
from penstock.messages.pusher import PushDestination
from penstock.messages.trainer import EvalArgs, TrainArgs

MIRROR = ProtobufMirror()


def protobuf(cls: type[Message], **fields: Any) -> Any:
    return MIRROR.make(cls, fields)


@pytest.mark.parametrize(
    "value",
    [
        TrainArgs(splits=["a"], num_steps=5),
        {"splits": ["a"], "num_steps": 5},
        {"splits": ["a"], "numSteps": "5"},
        '{"splits": ["a"], "num_steps": 5}',
        b'{"splits": ["a"], "num_steps": 5}',
        protobuf(TrainArgs, splits=["a"], num_steps=5),
    ],
    ids=["message", "mapping", "camelCase", "text", "bytes", "protobuf"],
)
def test_coerce_takes_whatever_stands_for_the_message(value: Any) -> None:
    assert TrainArgs.coerce(value) == TrainArgs(splits=["a"], num_steps=5)


def test_coerce_copies() -> None:
    args = TrainArgs(num_steps=5)
    TrainArgs.coerce(args).num_steps = 6
    assert args.num_steps == 5


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        (5, r"5 \(int\)"),
        (["a"], r"\['a'\] \(list\)"),
        (EvalArgs(), r"EvalArgs\(\)"),
        (TrainArgs, "class"),
    ],
)
def test_coerce_refuses_anything_else(value: Any, got: str) -> None:
    with pytest.raises(
        ParameterError, match=rf"parameters\.args has the wrong type; expected: a TrainArgs.*; got: .*{got}"
    ):
        TrainArgs.coerce(value, "parameters.args")


def test_coerce_refuses_a_protobuf_of_another_name_with_the_same_fields() -> None:
    with pytest.raises(
        ParameterError, match=r"args is another protobuf; expected: a tfx\.components\.trainer\.TrainArgs"
    ):
        TrainArgs.coerce(protobuf(EvalArgs, num_steps=5), "args")


def test_protobufs_may_stand_inside_messages_and_mappings() -> None:
    split = protobuf(SplitConfig.Split, name="train", hash_buckets=2)
    expected = Output(split_config=SplitConfig(splits=[SplitConfig.Split(name="train", hash_buckets=2)]))
    assert Output(split_config={"splits": [split]}) == expected
    assert Output.coerce({"splitConfig": {"splits": [split]}}) == expected
    assert (
        Output(split_config=protobuf(SplitConfig, splits=[{"name": "train", "hash_buckets": 2}])) == expected
    )


def test_a_message_of_a_repeated_field_may_be_a_protobuf() -> None:
    config = SplitConfig()
    config.splits.append(protobuf(SplitConfig.Split, name="train"))
    assert config.splits[0] == SplitConfig.Split(name="train")


def test_protobufs_wrappers_are_wrappers() -> None:
    assert GenericValueThreshold(lower_bound=wrappers_pb2.DoubleValue(value=0.0)).HasField("lower_bound")
    with pytest.raises(
        ParameterError, match=r"lower_bound is another protobuf; expected: a google\.protobuf\.DoubleValue"
    ):
        GenericValueThreshold(lower_bound=wrappers_pb2.Int32Value(value=1))


def test_a_protobuf_with_another_field_names_it() -> None:
    theirs = descriptor_pb2.FileDescriptorProto(name="other.proto", package="other", syntax="proto3")
    message = theirs.message_type.add(name="Filesystem")
    message.field.add(name="bucket", number=1, type=9, label=1)
    from google.protobuf import descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(theirs.SerializeToString())
    filesystem = message_factory.GetMessageClass(pool.FindMessageTypeByName("other.Filesystem"))(bucket="b")
    with pytest.raises(ParameterError, match=r"PushDestination\.filesystem has no field 'bucket'"):
        PushDestination(filesystem=filesystem)
