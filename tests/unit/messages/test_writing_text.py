# SPDX-License-Identifier: Apache-2.0
"""Our text form against protobuf's own, on every message type."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from message_oracle import ProtobufMirror, all_messages, values_of

from penstock.messages.example_gen import CustomConfig, Input, Output, SplitConfig
from penstock.messages.message import Message
from penstock.messages.packed import AnyMessage
from penstock.messages.text import parse_text
from penstock.messages.writing_text import to_text

MIRROR = ProtobufMirror()
PLAIN_MESSAGES = sorted(set(all_messages()) - {AnyMessage, CustomConfig}, key=lambda cls: cls.__proto_name__)


@pytest.mark.parametrize("cls", PLAIN_MESSAGES, ids=lambda cls: cls.__proto_name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_protobuf_reads_it_as_the_same_message(cls: type[Message], data: st.DataObject) -> None:
    values = data.draw(values_of(cls))
    ours, theirs = cls(**values), MIRROR.make(cls, values)
    text = to_text(ours)
    assert text_format.Parse(text, MIRROR.of(cls)()) == theirs
    assert parse_text(cls, text) == ours


def test_it_is_spelled_as_protobuf_spells_it() -> None:
    message = Output(split_config=SplitConfig(splits=[SplitConfig.Split(name='a"\n', hash_buckets=2)]))
    theirs = MIRROR.make(Output, {"split_config": {"splits": [{"name": 'a"\n', "hash_buckets": 2}]}})
    assert to_text(message) == text_format.MessageToString(theirs)
    assert to_text(Input()) == ""
