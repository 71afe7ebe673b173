# SPDX-License-Identifier: Apache-2.0
"""Saves ONNX models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from penstock import files
from penstock.errors import ParameterError
from penstock.models.descriptor import Descriptor
from penstock.models.devices import CPU
from penstock.models.example import example_batch
from penstock.models.onnx.description import OnnxGraph, read_graph
from penstock.models.onnx.loading import open_session, with_columns
from penstock.models.onnx.predictor import OnnxPredictor
from penstock.models.refusal import first_line
from penstock.models.request import SaveRequest
from penstock.models.signature import Signature, TensorSpec

FILE_NAME = "model.onnx"


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``model.onnx``, from a ``ModelProto`` or its bytes.

    Raises:
        DataError: It is no ONNX model, does not run here, or cannot predict the example.
        ParameterError: What it is said to take and give does not go with its graph.
    """
    request.check_options("onnx")
    path = str(folder / FILE_NAME)
    files.write_atomic(path, model if isinstance(model, bytes) else _serialized(model))
    graph = read_graph(path)
    signature = _signature(graph, request)
    predictor = OnnxPredictor(open_session(path, path), graph, signature, CPU, 0)
    if request.example is not None:
        predictor.predict(example_batch(request.example, [spec.name for spec in signature.inputs]))
    return Descriptor("onnx", (signature,), graph.producer, FILE_NAME, graph.classes)


def _serialized(model: Any) -> bytes:
    try:
        content: bytes = model.SerializeToString()
    except ValueError as error:
        raise ParameterError(
            "the ONNX model is too large for one file",
            input="model",
            got=first_line(error),
            hint="onnx.save(model, path, save_as_external_data=True), then give penstock.models.save the folder",
        ) from error
    return content


def _signature(graph: OnnxGraph, request: SaveRequest) -> Signature:
    if request.signature is not None:
        with_columns(graph.signature, tuple(spec.name for spec in request.signature.inputs))
        _chosen(graph.signature, [spec.name for spec in request.signature.outputs], "signature")
        return request.signature
    names = request.inputs
    if not names and hasattr(request.example, "columns"):
        there = example_batch(request.example).schema.names
        names = () if {spec.name for spec in graph.inputs} <= set(there) else tuple(there)
    signature = with_columns(graph.signature, names) if names else graph.signature
    if not request.outputs:
        return signature
    outputs = _chosen(signature, request.outputs, "outputs")
    return Signature(signature.name, signature.inputs, outputs)


def _chosen(signature: Signature, names: Sequence[str], given_as: str) -> tuple[TensorSpec, ...]:
    outputs = {spec.name: spec for spec in signature.outputs}
    for name in names:
        if name not in outputs:
            raise ParameterError(
                f"the graph has no output {name!r}",
                input=given_as,
                expected=f"some of {', '.join(outputs)}",
            )
    return tuple(outputs[name] for name in names)
