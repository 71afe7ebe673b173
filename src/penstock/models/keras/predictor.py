# SPDX-License-Identifier: Apache-2.0
"""Predicts with a Keras model of either generation, compiled where its backend can."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.errors import DataError
from penstock.models.feeding import Arrays, Feeds
from penstock.models.keras.archive import signature_of
from penstock.models.of_one_signature import OneSignature
from penstock.models.outputs import DEFAULT_OUTPUT, as_array
from penstock.models.signature import Signature, TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
"""Terminal colours, in which Keras sets the part of a message that says something."""


class KerasPredictor(OneSignature):
    """A Keras model.

    Args:
        model: The model.
        signature: What it takes and gives.
        way: ``stacked``: all columns in its one input; ``in_order``: a column for each of its inputs.
        device: Where it is.
    """

    def __init__(self, model: Any, signature: Signature, way: str, device: str) -> None:
        super().__init__(signature, device, 0)
        self._model = model
        self._feeds = Feeds(signature.inputs, way)
        self._keys = _input_keys(model)
        self._call = _compiled(model)

    @property
    def size_bytes(self) -> int:
        """Bytes of its weights, which some models have only once they were called."""
        return sum(_bytes(weight) for weight in self._model.weights)

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        return self.call(self._feeds.arrays(batch), batch.num_rows)

    def call(self, arrays: Arrays, rows: int) -> Mapping[str, Any]:
        """Calls the model with arrays as :class:`Feeds` makes them."""
        try:
            with placed(self._model, self._device):
                given = self._call(self._fed(arrays))
        except Exception as error:
            raise DataError(
                f"the Keras model {self._model.name!r} refused the rows",
                expected=", ".join(map(str, self._signature.inputs)),
                got=f"{type(error).__name__}: {first_line(error)}",
                hint="compare the columns, their order and shapes with those of the training",
            ) from error
        return _named_outputs(given, self._signature.outputs, self._model, rows)

    def _fed(self, arrays: Arrays) -> Any:
        if isinstance(arrays, np.ndarray):
            return _tensor(arrays)
        tensors = [_tensor(array) for array in arrays.values()]
        if self._keys:
            return dict(zip(self._keys, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors


def input_specs(model: Any) -> tuple[TensorSpec, ...]:
    """Returns what a model takes; nothing where it does not know before it is called."""
    known = signature_of(_own_config(model))
    return known.inputs if known else ()


def placed(model: Any, device: str) -> AbstractContextManager[Any]:
    """Returns a context in which a model is made or called on a device."""
    if backend_of(type(model)) != "tensorflow":
        import keras

        return keras.device(device.replace("cuda", "gpu") if ":" in device else "cpu:0")  # type: ignore[no-any-return]  # untyped
    import tensorflow as tf

    from penstock.models.tensorflow.loader import tensorflow_name

    return tf.device(tensorflow_name(device)) if device != "cpu" else nullcontext()


def backend_of(cls: type) -> str:
    """Returns what computes for models of a class: ``tensorflow`` for all of Keras 2, any backend for Keras 3."""
    if any(base.__module__.startswith("tf_keras.") for base in cls.__mro__):
        return "tensorflow"
    import keras

    return str(keras.backend.backend())


def first_line(error: BaseException) -> str:
    """Returns the first line of an error that says something, its type where none does."""
    lines = [_COLOURS.sub("", line).strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    return said[0][:500] if said else type(error).__name__


def _compiled(model: Any) -> Callable[[Any], Any]:
    backend = backend_of(type(model))
    if backend == "tensorflow":
        import tensorflow as tf

        function: Callable[[Any], Any] = tf.function(
            lambda inputs: model(inputs, training=False), reduce_retracing=True
        )
        return function
    if backend == "torch":
        import torch

        def call(inputs: Any) -> Any:
            with torch.inference_mode():
                return model(inputs, training=False)

        return call
    return lambda inputs: model(inputs, training=False)


def _tensor(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind in "OUS":
        import tensorflow as tf

        return tf.constant(array, tf.string)
    return array


def _input_keys(model: Any) -> list[str]:
    """Returns the keys of the mapping that a model takes; none where it takes tensors in order."""
    ends = _own_config(model).get("config", {}).get("input_layers")
    return [str(key) for key in ends] if isinstance(ends, Mapping) else []


def _own_config(model: Any) -> Mapping[str, Any]:
    """Returns the description of a model as its file has it; empty for one that cannot describe itself."""
    # Keras raises any of these for a model of the user's own class that does not say how it is made.
    try:
        return {"class_name": type(model).__name__, "config": model.get_config()}
    except (NotImplementedError, AttributeError, TypeError, ValueError):
        return {}


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _named_outputs(
    given: Any, known: Sequence[TensorSpec], model: Any, rows: int
) -> dict[str, np.ndarray[Any, Any]]:
    if isinstance(given, Mapping):
        parts = dict(given)
    elif isinstance(given, (list, tuple)):
        parts = dict(zip(_output_names(model, known, len(given)), given, strict=True))
    else:
        parts = {known[0].name if len(known) == 1 else DEFAULT_OUTPUT: given}
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, part in parts.items():
        array = as_array(part)
        if array is None or array.shape[:1] != (rows,):
            raise DataError(
                f"output {name!r} of the model has not a row per row",
                input=str(name),
                expected=f"a dense tensor of {rows} rows",
                got=type(part).__name__ if array is None else f"shape {list(array.shape)}",
            )
        arrays[str(name)] = array
    return arrays


def _output_names(model: Any, known: Sequence[TensorSpec], count: int) -> list[str]:
    if len(known) == count:
        return [spec.name for spec in known]
    names = getattr(model, "output_names", None) or [f"{DEFAULT_OUTPUT}_{index}" for index in range(count)]
    return [str(name) for name in names]


def _bytes(weight: Any) -> int:
    name = _dtype(weight)
    size = 2 if name == "bfloat16" else np.dtype(name).itemsize
    return int(np.prod([int(part) for part in weight.shape])) * size
