# SPDX-License-Identifier: Apache-2.0
"""Results as TensorFlow Serving's ``PredictionLog``, the records that TFX's BulkInferrer writes, without TensorFlow.

Field numbers are those of ``prediction_log.proto`` and what it imports in ``tensorflow_serving/apis``.
What stands where is as tfx-bsl's RunInference has it; only ``log_metadata`` is added, which says which model answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from penstock.inference.job import ModelRef
from penstock.inference.wire_format import bytes_field, map_entries

EXAMPLES_INPUT = "examples"
"""What the input is called that takes serialized examples where the model does not say."""

_LOG_METADATA, _CLASSIFY_LOG, _REGRESS_LOG, _MULTI_LOG, _PREDICT_LOG = 1, 2, 3, 4, 6
_REQUEST, _RESPONSE = 1, 2
_MODEL_NAME, _MODEL_SIGNATURE, _MODEL_VERSION = 1, 3, 4
_PREDICT_MODEL, _PREDICT_INPUTS = 1, 2
_ANSWER_OUTPUTS, _ANSWER_MODEL = 1, 2
_INPUT, _INPUT_EXAMPLES, _EXAMPLE = 2, 1, 1
_RESULT = 1
_INFERENCE_MODEL, _INFERENCE_CLASSES, _INFERENCE_REGRESSION = 1, 2, 3


def log_metadata(model: ModelRef) -> bytes:
    """Returns the part of a record that names the model: its artifact's id as ``name``, its version as label."""
    spec = b"" if model.artifact_id is None else bytes_field(_MODEL_NAME, str(model.artifact_id).encode())
    if model.version:
        spec += bytes_field(_MODEL_VERSION, model.version.encode())
    return bytes_field(_LOG_METADATA, bytes_field(1, spec)) if spec else b""


def predict_logs(
    signature: str,
    inputs: Mapping[str, Sequence[bytes | None]],
    outputs: Mapping[str, Sequence[bytes | None]],
    metadata: bytes = b"",
) -> Iterator[bytes]:
    """Yields a record per row for a signature that predicts.

    Args:
        signature: Its name.
        inputs: ``TensorProto`` per row by input; ``None`` where the row has none.
        outputs: The same for outputs.
        metadata: What :func:`log_metadata` gave.
    """
    model = bytes_field(_MODEL_SIGNATURE, signature.encode())
    asked, answered = bytes_field(_PREDICT_MODEL, model), bytes_field(_ANSWER_MODEL, model)
    rows = max((len(values) for values in (*inputs.values(), *outputs.values())), default=0)
    requests, responses = _maps(_PREDICT_INPUTS, inputs, rows), _maps(_ANSWER_OUTPUTS, outputs, rows)
    for request, response in zip(requests, responses, strict=True):
        log = bytes_field(_REQUEST, asked + request) + bytes_field(_RESPONSE, response + answered)
        yield metadata + bytes_field(_PREDICT_LOG, log)


def _maps(number: int, values: Mapping[str, Sequence[bytes | None]], rows: int) -> Iterator[bytes]:
    if not values:
        return iter([b""] * rows)
    entries = [map_entries(number, name, column) for name, column in values.items()]
    return map(b"".join, zip(*entries, strict=True))


def single_logs(
    method: Literal["classify", "regress"],
    examples: Sequence[bytes],
    results: Sequence[bytes],
    metadata: bytes = b"",
) -> Iterator[bytes]:
    """Yields a record per row for a signature that classifies or regresses.

    Args:
        method: Which of the two.
        examples: The rows as serialized tf.Examples.
        results: What :func:`classifications` or :func:`regressions` gave.
        metadata: What :func:`log_metadata` gave.
    """
    number = _CLASSIFY_LOG if method == "classify" else _REGRESS_LOG
    for example, result in zip(examples, results, strict=True):
        log = _request(example) + bytes_field(_RESPONSE, bytes_field(_RESULT, result))
        yield metadata + bytes_field(number, log)


def multi_logs(
    examples: Sequence[bytes],
    results: Sequence[tuple[str, Literal["classify", "regress"], Sequence[bytes]]],
    metadata: bytes = b"",
) -> Iterator[bytes]:
    """Yields a record per row that holds what several signatures have answered.

    Args:
        examples: The rows as serialized tf.Examples.
        results: Per signature its name, what it does, and the results as for :func:`single_logs`.
        metadata: What :func:`log_metadata` gave.
    """
    heads = [
        bytes_field(_INFERENCE_MODEL, bytes_field(_MODEL_SIGNATURE, name.encode())) for name, _, _ in results
    ]
    numbers = [
        _INFERENCE_CLASSES if method == "classify" else _INFERENCE_REGRESSION for _, method, _ in results
    ]
    rows = zip(examples, *(answers for _, _, answers in results), strict=True)
    for example, *answers in rows:
        response = b"".join(
            bytes_field(_RESULT, head + bytes_field(number, answer))
            for head, number, answer in zip(heads, numbers, answers, strict=True)
        )
        yield metadata + bytes_field(_MULTI_LOG, _request(example) + bytes_field(_RESPONSE, response))


def _request(example: bytes) -> bytes:
    examples = bytes_field(_INPUT_EXAMPLES, bytes_field(_EXAMPLE, example))
    return bytes_field(_REQUEST, bytes_field(_INPUT, examples))


def classifications(
    labels: Sequence[Sequence[bytes]] | None, scores: Sequence[Sequence[float]] | None
) -> list[bytes]:
    """Returns a ``ClassificationResult`` per row.

    Args:
        labels: Labels of the classes in each row; ``None`` where the model gives none.
        scores: Their scores, in the same order; ``None`` likewise.
    """
    rows = len(labels if labels is not None else scores or ())
    results = []
    for row in range(rows):
        names = labels[row] if labels is not None else None
        values = scores[row] if scores is not None else None
        count = len(names if names is not None else values or ())
        parts = []
        for index in range(count):
            label = bytes_field(1, names[index]) if names is not None and names[index] else b""
            score = _float_field(2, values[index]) if values is not None else b""
            parts.append(bytes_field(1, label + score))
        results.append(bytes_field(1, b"".join(parts)))
    return results


def regressions(values: npt.NDArray[np.float32]) -> list[bytes]:
    """Returns a ``RegressionResult`` per row."""
    return [bytes_field(1, _float_field(1, value)) for value in values]


def _float_field(number: int, value: float) -> bytes:
    """Returns a field with a single-precision number, which a zero is not written for."""
    packed = np.float32(value).tobytes()
    return b"" if packed == b"\0\0\0\0" else bytes((number << 3 | 5,)) + packed
