# SPDX-License-Identifier: Apache-2.0
"""Changing, clearing and merging: the same steps on a message of ours and on a protobuf of the same shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from message_oracle import ProtobufMirror

from penstock.messages.fields import (
    Embedded,
    Enumeration,
    Map,
    MessageMap,
    Repeated,
    RepeatedMessages,
    Scalar,
    Wrapped,
)
from penstock.messages.kinds import DOUBLE, INT32, STRING
from penstock.messages.message import Message
from penstock.messages.pusher import Versioning
from penstock.messages.wrappers import DoubleValue


class Leaf(Message):
    text: Scalar[str] = Scalar(STRING)
    number: Scalar[int] = Scalar(INT32, presence=True)


class Branch(Message):
    leaf: Embedded[Leaf] = Embedded(Leaf)
    leaves: RepeatedMessages[Leaf] = RepeatedMessages(Leaf)
    names: Repeated[str] = Repeated(STRING)
    left: Embedded[Leaf] = Embedded(Leaf, oneof="side")
    right: Scalar[str] = Scalar(STRING, oneof="side")


class Tree(Message):
    branch: Embedded[Branch] = Embedded(Branch)
    other: Embedded[Branch] = Embedded(Branch, oneof="either")
    weight: Scalar[float] = Scalar(DOUBLE, oneof="either")
    bound: Wrapped[DoubleValue, float] = Wrapped(DoubleValue)
    mode: Enumeration[Versioning] = Enumeration(Versioning)
    tags: Map[str, str] = Map(STRING, STRING)
    parts: MessageMap[str, Branch] = MessageMap(STRING, Branch)


MIRROR = ProtobufMirror()
PEER = MIRROR.of(Tree)

Step = Callable[[Any], Any]


def step(label: str, act: Step) -> Step:
    act.__qualname__ = label
    return act


BRANCHES: dict[str, Step] = {
    "branch": lambda tree: tree.branch,
    "other": lambda tree: tree.other,
    "parts[a]": lambda tree: tree.parts["a"],
}


def steps_on_branches() -> list[Step]:
    steps: list[Step] = []
    for name, branch in BRANCHES.items():
        for what, act in {
            "read leaf": lambda b: b.leaf.text,
            "set leaf text": lambda b: setattr(b.leaf, "text", "x"),
            "set leaf text to its default": lambda b: setattr(b.leaf, "text", ""),
            "set leaf number to its default": lambda b: setattr(b.leaf, "number", 0),
            "clear leaf number": lambda b: b.leaf.ClearField("number"),
            "clear leaf": lambda b: b.ClearField("leaf"),
            "set leaf in parent": lambda b: b.leaf.SetInParent(),
            "clear all of leaf": lambda b: b.leaf.Clear(),
            "add leaves": lambda b: b.leaves.add(text="l", number=1),
            "change leaves": exclaim,
            "extend names": lambda b: b.names.extend(["n", "m"]),
            "pop names": lambda b: b.names and b.names.pop(),
            "clear leaves": lambda b: b.ClearField("leaves"),
            "set left": lambda b: setattr(b.left, "text", "left"),
            "read left": lambda b: b.left.text,
            "set right": lambda b: setattr(b, "right", ""),
            "clear side": lambda b: b.ClearField("side"),
            "merge leaf into left": lambda b: b.left.MergeFrom(b.leaf),
            "copy left to leaf": lambda b: b.leaf.CopyFrom(b.left),
        }.items():
            steps.append(step(f"{name}: {what}", on_branch(branch, act)))
    return steps


def on_branch(branch: Step, act: Step) -> Step:
    return lambda tree: act(branch(tree))


def exclaim(branch: Any) -> None:
    for leaf in branch.leaves:
        leaf.text += "!"


STEPS = [
    *steps_on_branches(),
    step("read bound", lambda tree: tree.bound.value),
    step("set bound", lambda tree: setattr(tree.bound, "value", 0.5)),
    step("set bound to its default", lambda tree: setattr(tree.bound, "value", 0.0)),
    step("clear bound", lambda tree: tree.ClearField("bound")),
    step("set weight", lambda tree: setattr(tree, "weight", 0.0)),
    step("clear either", lambda tree: tree.ClearField("either")),
    step("set mode", lambda tree: setattr(tree, "mode", 1)),
    step("unset mode", lambda tree: setattr(tree, "mode", 0)),
    step("set tag", lambda tree: tree.tags.update({"k": "v"})),
    step("clear tags", lambda tree: tree.tags.clear()),
    step("drop part", lambda tree: tree.parts.pop("a", None)),
    step("merge branch into other", lambda tree: tree.other.MergeFrom(tree.branch)),
    step("copy other to part", lambda tree: tree.parts["b"].CopyFrom(tree.other)),
    step("clear branch", lambda tree: tree.ClearField("branch")),
    step("clear all", lambda tree: tree.Clear()),
    step("become a copy merged with itself", lambda tree: tree.MergeFrom(copy_of(tree))),
]
PRESENCE = ["branch", "other", "bound", "weight", "either"]


def copy_of(tree: Any) -> Any:
    copy = type(tree)()
    copy.CopyFrom(tree)
    return copy


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=40))
def test_same_steps_same_message(steps: list[Step]) -> None:
    ours, theirs = Tree(), PEER()
    for act in steps:
        act(ours)
        act(theirs)
        assert ours.to_dict() == json_format.MessageToDict(theirs, preserving_proto_field_name=True)
        for name in PRESENCE:
            assert ours.HasField(name) == theirs.HasField(name)
        assert ours.WhichOneof("either") == theirs.WhichOneof("either")
        assert [field.name for field, _ in ours.ListFields()] == [
            field.name for field, _ in theirs.ListFields()
        ]
        assert Tree.coerce(theirs) == ours == copy_of(ours)


@pytest.mark.parametrize("hold", list(BRANCHES.values())[:2], ids=list(BRANCHES)[:2])
def test_what_was_read_before_a_clear_is_on_its_own(hold: Step) -> None:
    for tree in (Tree(), PEER()):
        held, leaves = hold(tree), hold(tree).leaves
        tree.Clear()
        held.leaf.text = "lost"
        leaves.add(text="lost")
        assert not tree.ListFields()


def test_a_message_read_before_a_clear_no_longer_displaces_its_rivals() -> None:
    for tree in (Tree(), PEER()):
        held = tree.other
        tree.ClearField("other")
        tree.weight = 1.5
        held.leaf.text = "lost"
        assert tree.WhichOneof("either") == "weight"


def test_a_list_read_before_a_clear_no_longer_sets_its_message() -> None:
    for tree in (Tree(), PEER()):
        names, tags = tree.branch.names, tree.tags
        tree.branch.names.append("a")
        tree.branch.ClearField("names")
        tree.ClearField("tags")
        tree.ClearField("branch")
        branch = tree.branch
        names.append("lost")
        tags["lost"] = "lost"
        assert not tree.HasField("branch")
        assert not branch.names
        assert not tree.ListFields()
