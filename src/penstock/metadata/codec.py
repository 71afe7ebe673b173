# SPDX-License-Identifier: Apache-2.0
"""Property values to and from the library's messages, exactly.

The library loses or chokes on values that look harmless: floats keep six decimals, text ends at NUL, two texts break
every later listing, an unset value ends the process. Such values travel in a carrier that it stores untouched: a struct
(binary inside), or a wrapper message. Everything else is stored as TFX stores it.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.artifacts.artifact import PropertyType, PropertyValue
from penstock.artifacts.packed import is_packed
from penstock.errors import MetadataError
from penstock.metadata import mlmd, names, structs
from penstock.metadata.dialect import SQLITE, Dialect, check_text, is_unicode, storable

_PLAIN_FLOAT_BOUND = 1e9  # nine digits and six decimals: fifteen, which every database reads back exactly
_RESERVED = (names.RESERVED_PREFIX, names.SCHEMA_PREFIX)


@dataclass(frozen=True, slots=True)
class Codec:
    """Encodes for one dialect; decodes what any of them, or TFX, has written."""

    dialect: Dialect = SQLITE

    def encode(self, values: Mapping[str, PropertyValue]) -> dict[str, Any]:
        """Returns custom properties of an artifact or a context.

        Raises:
            MetadataError: A name or value cannot be stored.
        """
        self._check_keys(values)
        return {key: self.value(key, value) for key, value in values.items()}

    def encode_parameters(self, values: Mapping[str, PropertyValue]) -> dict[str, Any]:
        """Returns custom properties of an execution, where TFX has JSON and a schema for all but numbers and text."""
        self._check_keys(values)
        encoded = {}
        for key, value in values.items():
            if isinstance(value, (int, float, str)) and not isinstance(value, bool):
                encoded[key] = self.value(key, value)
            else:
                encoded[key] = mlmd.pb.Value(string_value=_to_json(key, value))
                encoded[names.schema_key(key)] = mlmd.pb.Value(string_value=_parameter_schema(value))
        return encoded

    def encode_declared(
        self, values: Mapping[str, PropertyValue], types: Mapping[str, PropertyType]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Returns declared properties, and custom ones with the exact values of those that are stored rounded."""
        self._check_keys(values)
        declared, exact = {}, {}
        for key, given in values.items():
            value = _as_float(key, given) if types[key] is PropertyType.FLOAT else given
            declared[key] = self._declared_value(key, value, types[key])
            if not _same(decode_value(declared[key]), value):
                exact[names.EXACT_PREFIX + key] = self.value(key, value)
        return declared, exact

    def value(self, key: str, value: PropertyValue) -> Any:
        """Returns one value in the plainest form that holds it exactly."""
        if is_packed(value):
            return _any_value(value)
        if isinstance(value, bool) or value is None or isinstance(value, (list, tuple, dict)):
            return _json_value(key, value)
        if isinstance(value, str):
            self.dialect.check_size(key, value)
            return _text_value(key, value)
        if isinstance(value, int):
            return self._integer_value(key, value)
        if isinstance(value, float):
            return _float_value(value)
        raise _unstorable(key, value)

    def _integer_value(self, key: str, value: int) -> Any:
        bound = 1 << (self.dialect.integer_bits - 1)
        if -bound <= value < bound:
            return mlmd.pb.Value(int_value=value)
        return _json_carrier(key, value)

    def _declared_value(self, key: str, value: PropertyValue, declared: PropertyType) -> Any:
        if declared is PropertyType.STRING and isinstance(value, str):
            self.dialect.check_size(key, value)
            return mlmd.pb.Value(string_value=check_text(f"property {key!r}", value))
        if declared is PropertyType.INT and isinstance(value, int):
            encoded = self._integer_value(key, value)
            if encoded.WhichOneof("value") != "int_value":
                raise MetadataError(
                    f"property {key!r} is out of range",
                    expected=f"{self.dialect.integer_bits} bits",
                    got=str(value),
                )
            return encoded
        if declared is PropertyType.FLOAT and isinstance(value, float):
            return mlmd.pb.Value(double_value=_rounded(value))
        if declared is PropertyType.BOOLEAN and isinstance(value, bool):
            return mlmd.pb.Value(bool_value=value)
        if declared is PropertyType.PROTO and is_packed(value):
            return _any_value(value)
        if declared is PropertyType.JSON_VALUE:
            return structs.to_value(structs.nearest(json.loads(_to_json(key, value))))
        raise MetadataError(
            f"property {key!r} has the wrong type",
            expected=declared.name,
            got=f"{value!r} ({type(value).__name__})",
        )

    def _check_keys(self, values: Mapping[str, PropertyValue]) -> None:
        folded: dict[str, str] = {}
        for key in values:
            if not isinstance(key, str) or key.startswith(_RESERVED):
                raise MetadataError("a property has a name that cannot be used", got=repr(key))
            self.dialect.check_name("property", key)
            other = folded.setdefault(key.casefold().rstrip(), key)
            if self.dialect.folds_names and other != key:
                raise MetadataError(
                    "the database takes two properties for one",
                    got=f"{other!r} and {key!r}",
                    hint="rename one",
                )


def decode(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Returns custom properties as they were given, by name, without those that this package keeps for itself."""
    decoded: dict[str, PropertyValue] = {}
    for key, value in sorted(values.items()):
        if key.startswith(_RESERVED) or value.WhichOneof("value") is None:
            continue
        schema = values.get(names.schema_key(key))
        if schema is not None and value.WhichOneof("value") == "string_value":
            decoded[key] = _decode_parameter(value.string_value, schema.string_value)
        else:
            decoded[key] = decode_value(value)
    return decoded


def decode_declared(values: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Returns declared properties, exact where the custom ones hold the exact value."""
    decoded: dict[str, PropertyValue] = {}
    for key, value in sorted(values.items()):
        if value.WhichOneof("value") is None:
            continue
        decoded[key] = decode_value(value)
        carrier = custom.get(names.EXACT_PREFIX + key)
        if carrier is not None:
            exact = decode_value(carrier)
            # Otherwise another writer has changed the property since.
            if _same(_as_declared(exact, value.WhichOneof("value")), decoded[key]):
                decoded[key] = exact
    return decoded


def decode_value(value: Any) -> PropertyValue:
    """Returns what one stored value stands for."""
    which = value.WhichOneof("value")
    if which == "struct_value":
        struct: PropertyValue = structs.from_value(value)
        return struct
    if which == "proto_value":
        return _from_carrier(value.proto_value)
    plain: PropertyValue = getattr(value, which)
    return plain


def _text_value(key: str, text: str) -> Any:
    if storable(text):
        return mlmd.pb.Value(string_value=text)
    if is_unicode(text):
        return _carrier(mlmd.wrappers.StringValue(value=text))
    return _json_carrier(key, text)  # a lone surrogate, which JSON can escape and UTF-8 cannot hold


def _float_value(number: float) -> Any:
    if _same(_rounded(number), number) and abs(number) < _PLAIN_FLOAT_BOUND:
        return mlmd.pb.Value(double_value=number)
    if structs.is_exact(number):
        return structs.to_value(number)
    return _carrier(mlmd.wrappers.DoubleValue(value=number))


def _as_float(key: str, value: PropertyValue) -> PropertyValue:
    if not isinstance(value, int):
        return value
    try:
        return float(value)
    except OverflowError:
        raise _unstorable(key, value) from None


def _rounded(number: float) -> float:
    """Returns what the library makes of a number; of one that it cannot store, the nearest that it can."""
    if math.isnan(number):
        return 0.0
    bounded = max(min(float(number), 1e15), -1e15)
    return float(f"{bounded:.6f}") + 0.0  # which also takes the sign off a zero


def _as_declared(exact: Any, which: str) -> PropertyValue:
    """Returns what a declared property of a kind holds where the exact value is another."""
    if which == "double_value":
        return _rounded(exact)
    stored: PropertyValue = structs.from_value(structs.to_value(structs.nearest(exact)))
    return stored


def _json_value(key: str, value: Any) -> Any:
    return structs.to_value(value) if structs.is_exact(value) else _json_carrier(key, value)


def _any_value(packed: Any) -> Any:
    value = mlmd.pb.Value()
    value.proto_value.type_url = packed["type_url"]
    value.proto_value.value = base64.b64decode(packed["value"])
    return value


def _json_carrier(key: str, value: Any) -> Any:
    return _carrier(mlmd.wrappers.BytesValue(value=_to_json(key, value).encode("ascii")))


def _carrier(message: Any) -> Any:
    value = mlmd.pb.Value()
    value.proto_value.Pack(message)
    return value


def _from_carrier(carrier: Any) -> PropertyValue:
    for kind in (mlmd.wrappers.StringValue, mlmd.wrappers.DoubleValue, mlmd.wrappers.BytesValue):
        if carrier.Is(kind.DESCRIPTOR):
            message = kind()
            carrier.Unpack(message)
            decoded: PropertyValue = (
                json.loads(message.value) if kind is mlmd.wrappers.BytesValue else message.value
            )
            return decoded
    return {"type_url": carrier.type_url, "value": base64.b64encode(carrier.value).decode("ascii")}


def _to_json(key: str, value: Any) -> str:
    _check_json(key, value)
    return json.dumps(value)


def _check_json(key: str, value: Any) -> None:
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise _unstorable(key, value)
        for item in value.values():
            _check_json(key, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_json(key, item)
    elif value is not None and not isinstance(value, (str, int, float, bool)):
        raise _unstorable(key, value)


def _unstorable(key: str, value: object) -> MetadataError:
    return MetadataError(
        f"property {key!r} has a value that cannot be stored",
        expected="int, float, str, bool, None, or lists and dicts with text keys of these",
        got=f"{value!r} ({type(value).__name__})",
    )


def _same(one: PropertyValue, other: PropertyValue) -> bool:
    """Says whether two values are equal and of the same types throughout."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _parameter_schema(value: PropertyValue) -> str:
    """Returns what TFX calls the schema of a parameter; an empty type means any JSON."""
    value_type: dict[str, Any] = {}
    if isinstance(value, bool):
        value_type = {"boolean_type": {}}
    elif isinstance(value, (list, tuple)) and not any(
        isinstance(item, (list, tuple, dict)) for item in value
    ):
        value_type = {"list_type": {"boolean_type": {}} if _all_bool(value) else {}}
    return json.dumps({"value_type": value_type})


def _all_bool(values: Sequence[object]) -> bool:
    return bool(values) and all(isinstance(value, bool) for value in values)


def _decode_parameter(text: str, schema: str) -> PropertyValue:
    try:
        parsed = json.loads(schema)
        decoded: PropertyValue = _decode_typed(text, parsed.get("value_type", parsed.get("valueType", {})))
    except (ValueError, AttributeError):
        return text
    return decoded


def _decode_typed(text: str, value_type: Mapping[str, Any]) -> Any:
    decoded = json.loads(text)
    inner = value_type.get("list_type", value_type.get("listType"))
    if not inner or not isinstance(decoded, list):
        return decoded
    nested = any(name in inner for name in ("list_type", "listType", "proto_type", "protoType"))
    return [_decode_typed(item, inner) if nested and isinstance(item, str) else item for item in decoded]
