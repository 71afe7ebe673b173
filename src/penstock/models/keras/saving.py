# SPDX-License-Identifier: Apache-2.0
"""Saves Keras models of either generation as ``.keras`` files."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.errors import DataError, ParameterError
from penstock.models.classes import import_paths
from penstock.models.descriptor import Descriptor
from penstock.models.example import example_batch, output_specs
from penstock.models.example import input_specs as example_specs
from penstock.models.feeding import IN_ORDER, STACKED, Feeds
from penstock.models.keras.loading import renamed
from penstock.models.keras.predictor import KerasPredictor, input_specs
from penstock.models.request import SaveRequest
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec

_PROBE_ROWS = 2


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``model.keras``; see ``penstock.models.save``. There are no further options.

    What the model takes need not be said, if it is functional or sequential with an ``Input``. Columns that are named
    by ``inputs`` are given to its inputs in order, or are put side by side where it has one input.

    Raises:
        DataError: The model does not take what is said that it takes.
        ParameterError: Nothing says what it takes.
    """
    request.check_options("keras")
    feeds, named = _feeds(model, request)
    predictor = KerasPredictor(model, Signature(DEFAULT_SIGNATURE, feeds.inputs, named), feeds.way, "cpu")
    try:
        if request.example is None:
            given = predictor.call(feeds.zeros(_PROBE_ROWS), _PROBE_ROWS)
        else:
            given = predictor.predict(example_batch(request.example, [spec.name for spec in feeds.inputs]))
    except DataError as error:
        raise DataError(
            "the Keras model does not take rows of its signature",
            input="signature" if request.signature else "inputs",
            expected=error.expected,
            got=error.got,
            hint="columns are put side by side where the model has one input; say shapes with a signature",
        ) from error
    if named and [spec.name for spec in named] != list(given):
        raise DataError(
            "the model gives other outputs than its signature says",
            input="outputs",
            expected=", ".join(spec.name for spec in named),
            got=", ".join(given),
        )
    name = request.signature.name if request.signature else DEFAULT_SIGNATURE
    model.save(str(folder / "model.keras"))
    facts = {"way": feeds.way, "custom_objects": [list(import_paths(cls)) for cls in _own_classes(model)]}
    signature = Signature(name, feeds.inputs, output_specs(given))
    return Descriptor("keras", (signature,), _version(model), "model.keras", facts=facts)


def _feeds(model: Any, request: SaveRequest) -> tuple[Feeds, tuple[TensorSpec, ...]]:
    own = input_specs(model)
    outputs = tuple(TensorSpec(name, "float32") for name in request.outputs)
    if request.signature is not None:
        inputs, outputs = request.signature.inputs, request.signature.outputs
        way = STACKED if len(inputs) > max(1, len(own)) else IN_ORDER
    elif request.inputs:
        inputs, way = renamed(own, request.inputs)
    elif own:
        inputs, way = own, IN_ORDER
    elif request.example is not None:
        specs = example_specs(example_batch(request.example))
        inputs, way = tuple(replace(spec, dtype="float32") for spec in specs), STACKED
    else:
        raise ParameterError(
            "the Keras model does not say what it takes",
            input="inputs",
            expected="inputs=['trip_miles', …], an example or a signature; or a model that begins with keras.Input",
        )
    return Feeds(inputs, way), outputs


def _own_classes(model: Any) -> list[type]:
    """Returns the classes of a model and its layers that are no part of Keras, and that Keras cannot find alone."""
    classes = dict.fromkeys(type(layer) for layer in _layers(model))
    ours = [
        cls for cls in classes if cls.__module__.partition(".")[0] not in ("keras", "tf_keras", "builtins")
    ]
    return [cls for cls in ours if cls.__module__.partition(".")[0] != "keras_hub"]


def _layers(model: Any) -> Iterator[Any]:
    yield model
    for layer in getattr(model, "layers", ()):
        yield from _layers(layer)


def _version(model: Any) -> str:
    is_2 = any(base.__module__.startswith("tf_keras.") for base in type(model).__mro__)
    return str(importlib.import_module("tf_keras" if is_2 else "keras").__version__)
