# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.artifacts.artifact import PropertyType
from penstock.errors import MetadataError
from penstock.metadata import codec, mlmd, names
from penstock.metadata.codec import Codec
from penstock.metadata.dialect import MYSQL, SQLITE, Dialect

TEXT = st.text(st.characters(exclude_categories=[]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
KEYS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda key: not key.startswith("__") and key != "mlmd-struct::")


def text_of(value: Any) -> str:
    """Returns a text in which equal values of equal types are equal, NaN and -0.0 included."""
    return json.dumps(value, sort_keys=True)


def stored(values: dict[str, Any]) -> dict[str, Any]:
    """Sends values through the wire, with what the library does to plain floats and texts."""
    again = mlmd.pb.Artifact.FromString(mlmd.pb.Artifact(custom_properties=values).SerializeToString())
    for value in again.custom_properties.values():
        which = value.WhichOneof("value")
        assert which is not None, "an unset value ends the process"
        if which == "double_value":
            value.double_value = float(f"{value.double_value:.6f}") + 0.0
            assert math.isfinite(value.double_value)
        if which == "string_value":
            text = value.string_value
            assert "\0" not in text
            assert text != "__MLMD_NULL__"
            assert not text.startswith("mlmd-struct::")
    return dict(again.custom_properties)


@pytest.mark.parametrize("dialect", [SQLITE, MYSQL])
@given(value=JSON)
@example("__MLMD_NULL__")
@example("mlmd-struct::x")
@example("a\0b")
@example("\ud800")
@example({"\ud800": 1})
@example(1 / 3)
@example(1e-7)
@example(-0.0)
@example(math.nan)
@example(-math.inf)
@example(1e300)
@example(2**31)
@example(2**63)
@example(-(2**63))
@example([1, 2.0])
@example({"a": 2**60})
@example({"__value__": 1})
@example({"a": {"__value__": 1}})
@example([[[[[]]]]])
@example(True)
def test_every_value_comes_back_exactly(dialect: Dialect, value: Any) -> None:
    for encode in (Codec(dialect).encode, Codec(dialect).encode_parameters):
        encoded = encode({"k": value})
        for item in encoded.values():
            if item.WhichOneof("value") == "int_value":
                assert -(2 ** (dialect.integer_bits - 1)) <= item.int_value < 2 ** (dialect.integer_bits - 1)
        assert text_of(codec.decode(stored(encoded))) == text_of({"k": value})


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_several_properties_do_not_disturb_each_other(values: dict[str, Any]) -> None:
    for encode in (Codec().encode, Codec().encode_parameters):
        assert text_of(codec.decode(stored(encode(values)))) == text_of(values)


def test_values_nested_too_deeply_for_a_struct_come_back() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value]
    assert codec.decode(stored(Codec().encode({"k": value}))) == {"k": value}


def test_tuples_become_lists() -> None:
    value = {"a": (1, ("b", 2.0))}
    for encode in (Codec().encode, Codec().encode_parameters):
        assert codec.decode(encode({"k": value, "t": (1, 2)})) == {"k": {"a": [1, ["b", 2.0]]}, "t": [1, 2]}


@pytest.mark.parametrize(
    ("value", "field", "content"),
    [
        (3, "int_value", 3),
        (0.25, "double_value", 0.25),
        ("text", "string_value", "text"),
        ("", "string_value", ""),
        ({"a": [True]}, "struct_value", None),
        ([1, 2], "struct_value", None),
        (True, "struct_value", None),
        (1 / 3, "struct_value", None),
    ],
)
def test_plain_values_are_stored_as_tfx_stores_them(value: Any, field: str, content: object) -> None:
    encoded = Codec().encode({"k": value})["k"]
    assert encoded.WhichOneof("value") == field
    if content is not None:
        assert getattr(encoded, field) == content
    elif not isinstance(value, dict):
        assert list(encoded.struct_value.fields) == ["__value__"]


@pytest.mark.parametrize(
    ("value", "text", "schema"),
    [
        (True, "true", {"value_type": {"boolean_type": {}}}),
        (["train", "eval"], '["train", "eval"]', {"value_type": {"list_type": {}}}),
        ([True], "[true]", {"value_type": {"list_type": {"boolean_type": {}}}}),
        ({"a": 1}, '{"a": 1}', {"value_type": {}}),
        ([["a"]], '[["a"]]', {"value_type": {}}),
    ],
)
def test_parameters_are_stored_as_tfx_stores_them(value: Any, text: str, schema: object) -> None:
    encoded = Codec().encode_parameters({"k": value})
    assert encoded["k"].string_value == text
    assert json.loads(encoded["__schema__k__"].string_value) == schema


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("true", '{"valueType": {"booleanType": {}}}', True),
        ('["[\\"a\\"]", "[]"]', '{"value_type": {"list_type": {"list_type": {}}}}', [["a"], []]),
        (
            '["{\\"n\\": 1}"]',
            '{"valueType": {"listType": {"protoType": {"messageType": "x.Y"}}}}',
            [{"n": 1}],
        ),
        ('{"n": 1}', '{"value_type": {"proto_type": {"message_type": "x.Y"}}}', {"n": 1}),
        ("not json", '{"value_type": {"list_type": {}}}', "not json"),
        ("[1]", "not json", "[1]"),
        ("[1]", "[]", "[1]"),
    ],
)
def test_parameters_that_tfx_wrote_are_read(text: str, schema: str, value: object) -> None:
    written = {
        "k": mlmd.pb.Value(string_value=text),
        names.schema_key("k"): mlmd.pb.Value(string_value=schema),
        "plain": mlmd.pb.Value(string_value="[1]"),
    }
    assert codec.decode(written) == {"k": value, "plain": "[1]"}


def test_what_others_wrote_is_read_without_loss() -> None:
    foreign = mlmd.pb.Value()
    foreign.proto_value.Pack(mlmd.pb.ArtifactType(name="x"))
    foreign.proto_value.type_url = "type.googleapis.com/some.Message"
    values = {"flag": mlmd.pb.Value(bool_value=True), "unset": mlmd.pb.Value(), "foreign": foreign}
    assert codec.decode(values) == {
        "flag": True,
        "foreign": {"type_url": "type.googleapis.com/some.Message", "value": "EgF4"},
    }


@pytest.mark.parametrize("value", [b"x", {1: 2}, [{1: 2}], {"a": object()}, {1, 2}, 1j])
def test_what_is_not_json_is_refused(value: Any) -> None:
    for encode in (Codec().encode, Codec().encode_parameters):
        with pytest.raises(MetadataError, match="'k' has a value that cannot be stored"):
            encode({"k": value})


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b", "\ud800", "__penstock_owner__", "__schema__x__", 3])
def test_unusable_names_are_refused(key: Any) -> None:
    with pytest.raises(MetadataError, match="name|cannot be stored"):
        Codec().encode({key: 1})


def test_names_that_a_database_takes_for_one_are_refused_there() -> None:
    values = {"Run": 1, "run ": 2}
    assert codec.decode(Codec().encode(values)) == {"Run": 1, "run ": 2}
    with pytest.raises(MetadataError, match="takes two properties for one; got: 'Run' and 'run '"):
        Codec(MYSQL).encode(values)


KINDS = {
    "i": PropertyType.INT,
    "f": PropertyType.FLOAT,
    "s": PropertyType.STRING,
    "j": PropertyType.JSON_VALUE,
}


@given(
    st.fixed_dictionaries({}, optional={"i": st.integers(-(2**63), 2**63 - 1), "f": st.floats(), "j": JSON})
)
@example({"f": 1 / 3})
@example({"f": math.inf})
@example({"j": {"__value__": 2.0, "a": [2**70, math.nan, "\ud800"]}})
def test_declared_properties_come_back_exactly(values: dict[str, Any]) -> None:
    declared, exact = Codec().encode_declared(values, KINDS)
    fields = {"i": "int_value", "f": "double_value", "j": "struct_value"}
    assert {key: value.WhichOneof("value") for key, value in declared.items()} == {
        k: fields[k] for k in values
    }
    read = codec.decode_declared(stored(declared), stored(exact))
    assert text_of(read) == text_of(values)
    assert codec.decode(exact) == {}


def test_a_declared_property_that_another_writer_changed_has_its_new_value() -> None:
    _, exact = Codec().encode_declared({"f": 1 / 3, "j": [2.0]}, KINDS)
    changed = {"f": mlmd.pb.Value(double_value=0.5), "j": Codec().value("j", ["new"])}
    assert codec.decode_declared(changed, exact) == {"f": 0.5, "j": ["new"]}


def test_an_integer_is_a_value_of_a_float_property() -> None:
    declared, exact = Codec().encode_declared({"f": 3}, KINDS)
    assert (codec.decode_declared(declared, exact), exact) == ({"f": 3.0}, {})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"s": "a\0b"}, "cannot be stored"),
        ({"s": "mlmd-struct::"}, "cannot be stored"),
        ({"s": 3}, "wrong type; expected: STRING"),
        ({"i": "3"}, "wrong type; expected: INT"),
        ({"i": 2**63}, "out of range; expected: 64 bits"),
        ({"f": "x"}, "wrong type; expected: FLOAT"),
        ({"f": 10**400}, "cannot be stored"),
    ],
)
def test_declared_properties_that_cannot_be_stored_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        Codec().encode_declared(values, KINDS)


@pytest.mark.parametrize("uri", ["a\0b", "__MLMD_NULL__", "\ud800", "x" * 60_001])
def test_unusable_uris_are_refused(uri: str) -> None:
    with pytest.raises(MetadataError, match="URI"):
        SQLITE.check_uri(uri)


@pytest.mark.parametrize(
    ("name", "fits"), [("n" * 255, True), ("é" * 127, True), ("é" * 128, False), ("😀" * 64, False)]
)
def test_names_on_a_server_are_bounded_by_their_bytes(name: str, fits: bool) -> None:
    assert SQLITE.check_name("run", name) == name
    if fits:
        assert MYSQL.check_name("run", name) == name
    else:
        with pytest.raises(
            MetadataError, match="name of a run is too long for the database.*255 bytes of UTF-8"
        ):
            MYSQL.check_name("run", name)


def test_long_texts_are_refused_where_the_database_would_cut_or_refuse_them() -> None:
    assert SQLITE.check_uri("é" * 30_000)
    assert MYSQL.check_uri("/" * 60_000)
    with pytest.raises(MetadataError, match="URI is too long"):
        MYSQL.check_uri("é" * 30_000)
    assert Codec(SQLITE).value("k", "é" * 3_000_000).string_value
    with pytest.raises(MetadataError, match="property 'k' is too long for the database"):
        Codec(MYSQL).value("k", "é" * 3_000_000)
