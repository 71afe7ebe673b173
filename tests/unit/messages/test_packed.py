# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pickle
from typing import Any

import pytest
from google.protobuf import any_pb2, descriptor_pb2, json_format, timestamp_pb2, wrappers_pb2

from penstock.errors import ParameterError
from penstock.messages.example_gen import CustomConfig
from penstock.messages.message import Message
from penstock.messages.packed import AnyMessage
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.messages.wrappers import DoubleValue

MESSAGES = [
    TrainArgs(splits=["a"], num_steps=5),
    TrainArgs(),
    DoubleValue(value=0.5),
    descriptor_pb2.FileDescriptorProto(name="a", dependency=["b"]),
    wrappers_pb2.DoubleValue(value=0.5),
    timestamp_pb2.Timestamp(seconds=5),
]


def empty(message: Any) -> Any:
    return type(message)()


@pytest.mark.parametrize(
    "message", MESSAGES, ids=lambda message: type(message).__module__ + str(message)[:20]
)
def test_what_was_packed_comes_out(message: Any) -> None:
    config = CustomConfig()
    config.custom_config.Pack(message)
    for copy in (config, pickle.loads(pickle.dumps(config)), CustomConfig.from_json(config.to_json())):
        target = empty(message)
        assert copy == config
        assert copy.custom_config.Unpack(target)
        assert target == message


@pytest.mark.parametrize("message", MESSAGES[3:], ids=lambda message: type(message).__name__)
def test_json_is_protobufs(message: Any) -> None:
    theirs, ours = any_pb2.Any(), AnyMessage()
    theirs.Pack(message)
    ours.Pack(message)
    assert json_format.MessageToDict(theirs, preserving_proto_field_name=True) == ours.__to_json__()
    assert AnyMessage.coerce(theirs) == ours


def test_json_of_a_message_of_ours() -> None:
    config = CustomConfig()
    config.custom_config.Pack(TrainArgs(num_steps=5))
    assert config.to_dict() == {
        "custom_config": {"@type": "type.googleapis.com/tfx.components.trainer.TrainArgs", "num_steps": 5}
    }


def test_unpacks_only_its_own_type() -> None:
    packed = AnyMessage()
    assert not packed.Is(TrainArgs)
    packed.Pack(TrainArgs(num_steps=5))
    target = EvalArgs(num_steps=1)
    assert not packed.Unpack(target)
    assert target == EvalArgs(num_steps=1)
    assert packed.Is(TrainArgs)
    assert packed.TypeName() == "tfx.components.trainer.TrainArgs"


def test_is_takes_a_descriptor_as_protobuf_does() -> None:
    packed = AnyMessage()
    packed.Pack(wrappers_pb2.DoubleValue(value=1))
    assert packed.Is(wrappers_pb2.DoubleValue.DESCRIPTOR)
    assert not packed.Is(wrappers_pb2.Int32Value.DESCRIPTOR)


@pytest.mark.parametrize("value", [5, {"a": 1}, TrainArgs])
def test_packs_only_messages(value: Any) -> None:
    with pytest.raises(ParameterError, match="Any has the wrong type; expected: a message to pack"):
        AnyMessage().Pack(value)


@pytest.mark.parametrize("data", [{"num_steps": 5}, {"@type": 5}, [], "x"])
def test_json_needs_the_type(data: Any) -> None:
    with pytest.raises(
        ParameterError,
        match="CustomConfig.custom_config has the wrong type; expected: a mapping with '@type'",
    ):
        CustomConfig.from_dict({"custom_config": data})


def test_a_type_nobody_knows_can_be_carried() -> None:
    data = {"custom_config": {"@type": "type.googleapis.com/my.Config", "host": "h", "port": 8080}}
    assert CustomConfig.from_dict(data).to_dict() == data


def test_an_empty_one_is_empty_json() -> None:
    assert AnyMessage().__to_json__() == {}
    assert CustomConfig(custom_config=AnyMessage()).to_dict() == {"custom_config": {}}
    assert isinstance(CustomConfig().custom_config, Message)
    assert CustomConfig.from_dict({"custom_config": {}}) == CustomConfig(custom_config=AnyMessage())
