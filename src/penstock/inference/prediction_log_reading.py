# SPDX-License-Identifier: Apache-2.0
"""Reads PredictionLog records, without TensorFlow: what was asked, and what the model has answered."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penstock.errors import DataError
from penstock.models import wire

_CLASSIFY, _REGRESS, _MULTI, _PREDICT = 2, 3, 4, 6
_KINDS = {_CLASSIFY: "classify", _REGRESS: "regress", _MULTI: "multi_inference", _PREDICT: "predict"}
_REQUEST, _RESPONSE = 1, 2
_DTYPES = {
    1: np.float32, 2: np.float64, 3: np.int32, 4: np.uint8, 5: np.int16, 6: np.int8, 9: np.int64, 10: np.bool_,
    17: np.uint16, 19: np.float16, 22: np.uint32, 23: np.uint64,
}  # fmt: skip
_CONTENT, _STRINGS = 4, 8
_PACKED_FLOATS = {5: "<f4", 6: "<f8"}
_INTEGERS = (7, 10, 11, 13, 16, 17)


@dataclass(frozen=True, slots=True)
class LoggedPrediction:
    """One record.

    Attributes:
        kind: ``predict``, ``classify``, ``regress`` or ``multi_inference``.
        signature: Signature that was called; empty where the record does not say.
        inputs: What was asked: values by input, or by feature where a tf.Example was sent.
        outputs: What was answered, by output.
        model: Id of the model's artifact, and its version, where the record says so.
    """

    kind: str
    signature: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    model: tuple[str, str] = ("", "")


def is_prediction(record: bytes) -> bool:
    """Says whether a record is a PredictionLog that :func:`read_prediction` reads, and no tf.Example."""
    try:
        return any(number in _KINDS for number, _ in wire.fields(memoryview(record)))
    except ValueError:
        return False


def read_example(record: bytes) -> dict[str, Any]:
    """Returns the features of a serialized tf.Example: a value, or a list of them; ``None`` where there is none.

    Raises:
        DataError: It is none.
    """
    try:
        return _example(memoryview(record))
    except (ValueError, struct.error) as error:
        raise DataError("a record is no tf.Example", got=str(error)) from error


def read_prediction(record: bytes) -> LoggedPrediction:
    """Reads a record.

    Raises:
        DataError: It is no PredictionLog, or of a kind that BulkInferrer does not write.
    """
    try:
        content = memoryview(record)
        model = _model(content)
        for number, kind in _KINDS.items():
            for log in wire.submessages(content, number):
                return _READERS[number](kind, log, model)
    except (ValueError, struct.error) as error:
        raise DataError("a record is no PredictionLog", got=str(error)) from error
    raise DataError(
        "a record is no PredictionLog", expected="a log of a prediction, classification or regression"
    )


def _model(record: memoryview) -> tuple[str, str]:
    for metadata in wire.submessages(record, 1):
        for spec in wire.submessages(metadata, 1):
            return _last(wire.texts(spec, 1)), _last(wire.texts(spec, 4))
    return "", ""


def _last(texts: list[str]) -> str:
    return texts[-1] if texts else ""


def _predict(kind: str, log: memoryview, model: tuple[str, str]) -> LoggedPrediction:
    signature, inputs, outputs = "", {}, {}
    for request in wire.submessages(log, _REQUEST):
        for spec in wire.submessages(request, 1):
            signature = _last(wire.texts(spec, 3))
        for name, tensor in wire.entries(request, 2):
            value = _tensor(tensor)
            inputs.update(_features(value) or {name: value})
    for response in wire.submessages(log, _RESPONSE):
        outputs.update({name: _tensor(tensor) for name, tensor in wire.entries(response, 1)})
    return LoggedPrediction(kind, signature, inputs, outputs, model)


def _single(kind: str, log: memoryview, model: tuple[str, str]) -> LoggedPrediction:
    outputs: dict[str, Any] = {}
    for response in wire.submessages(log, _RESPONSE):
        for result in wire.submessages(response, 1):
            outputs.update(_classes(result) if kind == "classify" else {"value": _regression(result)})
    return LoggedPrediction(kind, "", _asked(log), outputs, model)


def _multi(kind: str, log: memoryview, model: tuple[str, str]) -> LoggedPrediction:
    outputs: dict[str, Any] = {}
    for response in wire.submessages(log, _RESPONSE):
        for result in wire.submessages(response, 1):
            names = [_last(wire.texts(spec, 3)) for spec in wire.submessages(result, 1)]
            name = _last(names)
            for classes in wire.submessages(result, 2):
                outputs.update({f"{name}.{key}": value for key, value in _classes(classes).items()})
            for regression in wire.submessages(result, 3):
                outputs[name] = _regression(regression)
    return LoggedPrediction(kind, "", _asked(log), outputs, model)


_READERS: Mapping[int, Callable[[str, memoryview, tuple[str, str]], LoggedPrediction]] = {
    _PREDICT: _predict,
    _CLASSIFY: _single,
    _REGRESS: _single,
    _MULTI: _multi,
}


def _asked(log: memoryview) -> dict[str, Any]:
    for request in wire.submessages(log, _REQUEST):
        for given in wire.submessages(request, 2):
            for examples in wire.submessages(given, 1):
                for example in wire.submessages(examples, 1):
                    return _example(example)
    return {}


def _classes(result: memoryview) -> dict[str, Any]:
    labels, scores = [], []
    for classification in wire.submessages(result, 1):
        for entry in wire.submessages(classification, 1):
            labels.append(_last(wire.texts(entry, 1)))
            scores.append(_float(entry, 2))
    return {"classes": labels, "scores": scores}


def _regression(result: memoryview) -> float:
    return next((_float(entry, 1) for entry in wire.submessages(result, 1)), 0.0)


def _float(message: memoryview, number: int) -> float:
    found: list[float] = [
        struct.unpack("<f", value)[0]
        for other, value in wire.fields(message)
        if other == number and isinstance(value, memoryview)
    ]
    return found[-1] if found else 0.0


def _tensor(message: memoryview) -> Any:
    """Returns the values of one row: one alone, or a list of them."""
    codes = wire.integers(message, 1)
    strings = [bytes(value) for value in wire.submessages(message, _STRINGS)]
    values: list[Any] = [_text(value) for value in strings]
    dtype = _DTYPES.get(codes[-1] if codes else 0)
    if dtype is not None:
        values = list(_numbers(message, dtype))
    return values[0] if len(values) == 1 else values


def _numbers(message: memoryview, dtype: Any) -> Iterator[Any]:
    for content in wire.submessages(message, _CONTENT):
        yield from np.frombuffer(content, dtype).tolist()
    for number, code in _PACKED_FLOATS.items():
        for packed in wire.submessages(message, number):
            yield from np.frombuffer(packed, code).tolist()
    for number in _INTEGERS:
        for packed in wire.submessages(message, number):
            integers = list(wire.packed_integers(packed))
            if dtype is np.float16:
                yield from np.array(integers, np.uint16).view(np.float16).tolist()
            else:
                yield from (bool(value) if dtype is np.bool_ else value for value in integers)


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _features(value: Any) -> dict[str, Any]:
    """Returns the features of a serialized tf.Example; nothing where the value is none."""
    content = value.encode("utf-8") if isinstance(value, str) else value
    if not isinstance(content, bytes):
        return {}
    try:
        return _example(memoryview(content))
    except (ValueError, struct.error):
        return {}


def _example(message: memoryview) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for features in wire.submessages(message, 1):
        for name, feature in wire.entries(features, 1):
            values = list(_feature(feature))
            found[name] = values[0] if len(values) == 1 else values or None
    return dict(sorted(found.items()))


def _feature(message: memoryview) -> Iterator[Any]:
    for number, values in wire.fields(message):
        if not isinstance(values, memoryview):
            continue
        if number == 1:
            yield from (_text(bytes(value)) for value in wire.submessages(values, 1))
        elif number == 2:
            for packed in wire.submessages(values, 1):
                yield from np.frombuffer(packed, "<f4").tolist()
        else:
            for packed in wire.submessages(values, 1):
                yield from wire.packed_integers(packed)
