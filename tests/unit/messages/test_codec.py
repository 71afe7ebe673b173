# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Dict, Generic, List, Literal, NewType, Optional, Tuple, TypeVar, Union  # noqa: UP035

import pytest
from google.protobuf import struct_pb2, wrappers_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.errors import ParameterError
from penstock.messages.codec import conform, digestable, from_jsonable, to_jsonable
from penstock.messages.pusher import PushDestination, Versioning
from penstock.messages.trainer import EvalArgs, TrainArgs

Steps = NewType("Steps", int)
T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    names: tuple[str, ...] = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    args: TrainArgs = field(default_factory=TrainArgs)
    mode: Literal["fast", "slow"] = "fast"
    colours: Mapping[str, Colour] = field(default_factory=dict)
    weights: dict[int, float] = field(default_factory=dict)
    extra: Any = None
    derived: int = field(default=0, init=False)


@dataclass(frozen=True)
class Box(Generic[T]):
    content: T


@dataclass(frozen=True)
class Positive:
    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("value must be positive")


def through_json(hint: Any, value: Any) -> Any:
    text = json.dumps(to_jsonable(value), allow_nan=False)
    return from_jsonable(hint, json.loads(text))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, 3),
        (float, 3.5),
        (float, -math.inf),
        (str, "NaN"),
        (bool, True),
        (None, None),
        (bytes, b"\x00\xff"),
        (tuple[int, ...], (1, 2)),
        (tuple[int, str], (1, "a")),
        (tuple[()], ()),
        (tuple, (1, "a")),
        (list[tuple[int, ...]], [(1,), ()]),
        (list, [1, {"a": [None]}]),
        (Sequence[str], ("a", "b")),
        (Dict[str, List[int]], {"a": [1]}),  # noqa: UP006 - older spelling is in use
        (Tuple[int, ...], (1, 2)),  # noqa: UP006 - older spelling is in use
        (Mapping[str, float], {"a": 0.5}),
        (dict, {"a": {"b": [1, 2.5, None, True]}}),
        (dict[int, str], {1: "a", -2: "b"}),
        (dict[Colour, int], {Colour.RED: 1}),
        (Optional[int], None),  # noqa: UP045 - older spelling is in use
        (Union[int, str], "5"),  # noqa: UP007 - older spelling is in use
        (int | float, 5),
        (int | float, 5.0),
        (float | int, 5),
        (bool | int, 1),
        (int | bool, True),
        (str | bytes, b"abc"),
        (str | bytes, "YWJj"),
        (bytes | str, "YWJj"),
        (float | str, math.inf),
        (float | str, "Infinity"),
        (list[str] | str, "a"),
        (tuple[int, ...] | Inner | None, Inner(("a",), 1.5)),
        (Literal["a", 1, None], 1),
        (Literal["a", 1, None], None),
        (Colour, Colour.BLUE),
        (Literal[Colour.RED], Colour.RED),
        (Versioning, Versioning.UNIX_TIMESTAMP),
        (TrainArgs, TrainArgs(splits=["a"], num_steps=3)),
        (TrainArgs | str, TrainArgs(splits=["a"])),
        (tuple[PushDestination, ...], (PushDestination(filesystem={"base_directory": "x"}),)),
        (Annotated[Steps, "unit"], Steps(5)),
        (Box[int], Box(5)),
        (Any, [1, "a", None, {"b": 2.5}]),
        (Any, {"x": math.inf, "y": b"\x01"}),
        (Any, {"$bytes": "not a tag"}),
        (dict[str, str], {"$float": "NaN"}),
        (dict[str, Any], {"$dict": {"$dict": 1}}),
        (object, "a"),
        (
            Outer,
            Outer(
                inner=Inner(("a", "b"), math.inf),
                args=TrainArgs(num_steps=5),
                mode="slow",
                colours={"x": Colour.RED},
                weights={3: 0.5},
                extra={"k": [1, None]},
            ),
        ),
    ],
)
def test_round_trips(hint: Any, value: Any) -> None:
    result = through_json(hint, value)
    assert result == value
    assert type(result) is type(value)
    assert conform(hint, value) == value
    assert type(conform(hint, value)) is type(value)


@pytest.mark.parametrize("hint", [float, Any, float | str, Optional[float]])  # noqa: UP045 - older spelling is in use
def test_not_a_number_round_trips(hint: Any) -> None:
    assert math.isnan(through_json(hint, math.nan))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["$float", "$bytes", "$dict"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(value=plain)
def test_plain_data_round_trips(value: Any) -> None:
    result = through_json(Any, value)
    assert result == value
    assert repr(result) == repr(value)  # True is not 1, and 1 is not 1.0
    assert digestable(result) == digestable(value)


@settings(max_examples=100, deadline=None)
@given(
    value=st.builds(
        Outer,
        inner=st.builds(Inner, st.lists(st.text()).map(tuple), st.none() | st.floats(allow_nan=False)),
        args=st.builds(TrainArgs, num_steps=st.integers(-(2**31), 2**31 - 1), splits=st.lists(st.text())),
        mode=st.sampled_from(["fast", "slow"]),
        colours=st.dictionaries(st.text(), st.sampled_from(Colour)),
        weights=st.dictionaries(st.integers(), st.floats(allow_nan=False)),
        extra=plain,
    )
)
def test_dataclasses_round_trip(value: Outer) -> None:
    assert through_json(Outer, value) == value


class TestWhatUsersGive:
    def test_lists_become_tuples_and_mappings_dataclasses(self) -> None:
        given_by_user = {
            "inner": {"names": ["a"]},
            "args": {"num_steps": 5},
            "colours": {"x": "red", "y": "BLUE"},
        }
        assert conform(Outer, given_by_user) == Outer(
            inner=Inner(names=("a",)),
            args=TrainArgs(num_steps=5),
            colours={"x": Colour.RED, "y": Colour.BLUE},
        )

    def test_dataclasses_are_brought_into_shape_too(self) -> None:
        loose: Any = Outer(inner=Inner(names=["a"], limit=1), args={"num_steps": 5})  # type: ignore[arg-type]  # the point
        assert conform(Outer, loose) == Outer(inner=Inner(("a",), 1.0), args=TrainArgs(num_steps=5))

    def test_integers_are_floats_and_whole_floats_integers(self) -> None:
        assert type(conform(float, 5)) is float
        assert type(conform(int, 5.0)) is int

    def test_messages_may_be_json_text(self) -> None:
        assert conform(TrainArgs, '{"num_steps": 5}') == TrainArgs(num_steps=5)

    def test_a_mapping_that_looks_like_a_tag_is_a_mapping(self) -> None:
        result: object = conform(Any, {"$bytes": "eA=="})
        assert result == {"$bytes": "eA=="}
        assert conform(dict[str, str], {"$float": "NaN"}) == {"$float": "NaN"}

    def test_text_is_not_bytes(self) -> None:
        with pytest.raises(ParameterError, match="p has the wrong type; expected: bytes"):
            conform(bytes, "eA==", "p")

    def test_any_makes_plain_data_of_whatever_it_is(self) -> None:
        value = {"args": TrainArgs(num_steps=5), "colours": (Colour.RED,), "inner": Inner()}
        result: object = conform(Any, value)
        assert result == {
            "args": {"num_steps": 5},
            "colours": ["RED"],
            "inner": {"names": [], "limit": None},
        }

    def test_mistaken_message_is_refused(self) -> None:
        with pytest.raises(
            ParameterError, match="parameters.train_args has the wrong type; expected: a TrainArgs"
        ):
            conform(TrainArgs, EvalArgs(num_steps=5), "parameters.train_args")

    def test_protobufs_of_their_own_are_parameters(self) -> None:
        value = struct_pb2.Struct()
        value.update({"a": 1.5, "b": [True, None]})
        assert through_json(struct_pb2.Struct, value) == value
        assert through_json(wrappers_pb2.Int64Value, wrappers_pb2.Int64Value(value=2**60)).value == 2**60
        assert conform(struct_pb2.Struct, value) == value
        with pytest.raises(ParameterError, match="config is not a google.protobuf.Int64Value"):
            conform(wrappers_pb2.Int64Value, "many", "config")

    def test_numpys_numbers_are_numbers(self) -> None:
        numpy = pytest.importorskip("numpy")
        value = {"i": numpy.int64(3), "f": numpy.float32(0.5), "d": numpy.float64(0.25)}
        assert to_jsonable(value) == {"i": 3, "f": 0.5, "d": 0.25}
        assert [type(item) for item in to_jsonable(value).values()] == [int, float, float]
        assert conform(int, numpy.int32(4)) == 4


@pytest.mark.parametrize(
    ("hint", "data", "message"),
    [
        (int, "5", r"p has the wrong type; expected: int; got: '5' \(str\)"),
        (int, 5.5, "p has the wrong type; expected: int"),
        (int, True, "p has the wrong type; expected: int; got: True"),
        (float, "5", "p has the wrong type; expected: float"),
        (float, False, "p has the wrong type; expected: float"),
        (str, 5, "p has the wrong type; expected: str"),
        (bool, 1, "p has the wrong type; expected: bool"),
        (None, 0, "p has the wrong type; expected: None"),
        (bytes, 5, "p has the wrong type; expected: bytes"),
        (bytes, "*", "p has a value that is not allowed; expected: bytes as base64"),
        (tuple[int, ...], "12", "p has the wrong type; expected: a list of int"),
        (list[int], {"a": 1}, "p has the wrong type; expected: a list of int"),
        (Sequence[int], [1, "a"], r"p\[1\] has the wrong type; expected: int; got: 'a'"),
        (tuple[int, str], [1], "p has a value that is not allowed; expected: 2 values"),
        (dict[str, int], [1], "p has the wrong type; expected: a mapping"),
        (dict[str, int], {"a": "b"}, r"p\['a'\] has the wrong type; expected: int"),
        (dict[int, int], {"a": 1}, "a key of p has the wrong type; expected: int"),
        (int | str, 5.5, "p has the wrong type; expected: int or str; got: 5.5"),
        (Optional[int], "a", "p has the wrong type; expected: int; got: 'a'"),  # noqa: UP045 - older spelling is in use
        (list[int] | None, ["a"], r"p\[0\] has the wrong type; expected: int"),
        (
            Literal["fast", "slow"],
            "fats",
            "p has a value that is not allowed; expected: 'fast' or 'slow'.*did you mean 'fast'",
        ),
        (Literal[1], True, "p has a value that is not allowed; expected: 1; got: True"),
        (Colour, "green", "p has a value that is not allowed; expected: a member of Colour: RED, BLUE"),
        (Inner, 5, "p has the wrong type; expected: Inner or a mapping of its fields"),
        (Outer, {}, "p.inner is missing; .*expected: Inner"),
        (Outer, {"inner": {"name": []}}, "p.inner has no field 'name'; .*did you mean 'names'"),
        (Outer, {"inner": {}, "derived": 1}, "p has no field 'derived'"),
        (
            Outer,
            {"inner": {}, "args": {"num_steps": "x"}},
            "p.args.num_steps has the wrong type; expected: an integer",
        ),
        (
            Outer,
            {"inner": {}, "weights": {"1": "x"}},
            r"p.weights\['1'\] has the wrong type; expected: float",
        ),
        (Positive, {"value": -1}, "p was refused by Positive: value must be positive"),
        (
            set[int],
            [1],
            r"the type of p has no JSON form; .*got: set\[int\]|the type of p has no JSON form; .*set",
        ),
        (complex, 1, "the type of p has no JSON form"),
        (Any, TrainArgs(), "p has the wrong type; expected: plain data"),
        (dict[str, str], {"$bytes": "eA=="}, "p has the wrong type; expected: a mapping"),
    ],
)
def test_refuses_data_that_does_not_fit(hint: Any, data: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        from_jsonable(hint, data, "p")
    assert caught.value.input is None or caught.value.input.startswith(("p", "a key of p"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [object()]}, r"r\['a'\]\[0\] has the wrong type"),
        ({1, 2}, "r has the wrong type"),
        (Inner, "r has the wrong type"),
        (Box(object()), "r.content has the wrong type"),
        (
            {1.5: "a"},
            "a key of r has the wrong type; expected: a string, an integer or a member of an enumeration",
        ),
        ({1: "a", "1": "b"}, "r has two keys that are '1' in JSON"),
    ],
)
def test_refuses_values_without_json_form(value: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        to_jsonable(value, "r")


def test_a_type_known_only_to_type_checkers_is_explained() -> None:
    @dataclass
    class Broken:
        value: Missing  # type: ignore[name-defined]  # noqa: F821 - the point of the test

    with pytest.raises(ParameterError, match="a type in .*Broken is not known at run time: .*Missing"):
        from_jsonable(Broken, {"value": 1})


class TestDigestable:
    def test_is_sorted_compact_ascii(self) -> None:
        assert digestable({"b": (1, 2.0), "a": "ä"}) == '{"a":"\\u00e4","b":[1,2.0]}'

    def test_does_not_depend_on_order(self) -> None:
        assert digestable({"a": 1, "b": 2}) == digestable({"b": 2, "a": 1})

    def test_equal_messages_have_equal_texts(self) -> None:
        first = PushDestination(filesystem={"base_directory": "x", "versioning": "AUTO"})
        second = PushDestination()
        second.filesystem.base_directory = "x"
        assert digestable(first) == digestable(second) == '{"filesystem":{"base_directory":"x"}}'

    def test_tells_apart_what_differs(self) -> None:
        values = [1, 1.0, "1", True, None, b"1", math.inf, "Infinity", [1], {"$float": "Infinity"}]
        assert len({digestable(value) for value in values}) == len(values)
