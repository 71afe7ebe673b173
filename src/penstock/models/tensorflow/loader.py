# SPDX-License-Identifier: Apache-2.0
"""Loads SavedModels and calls any of their signatures, with TensorFlow alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from penstock import files
from penstock.errors import DataError, ParameterError
from penstock.examples.layout import encode_examples
from penstock.models.columns import dense_column
from penstock.models.devices import choose_device
from penstock.models.flavor import LoadOptions
from penstock.models.location import local_copy
from penstock.models.refusal import first_line
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger(__name__)


class SavedModelPredictor:
    """A loaded SavedModel behind one of its signatures.

    A signature with one input of strings that is named after no feature takes serialized tf.Examples; any other is
    fed with the features that its inputs are named after.

    Args:
        model: What ``tf.saved_model.load`` returned; it is kept, because its functions do not keep it.
        name: Name of the signature.
        device: Where it runs.
        size_bytes: Bytes of its files.
    """

    def __init__(self, model: Any, name: str, device: str, size_bytes: int) -> None:
        if name not in model.signatures:
            raise unknown_signature(name, list(model.signatures))
        self._model = model
        self._function = model.signatures[name]
        self._signature = _signature_of(name, self._function)
        self._device = device
        self._size_bytes = size_bytes

    @property
    def signature(self) -> Signature:
        """The signature that is called."""
        return self._signature

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._device

    @property
    def size_bytes(self) -> int:
        """Bytes of its files."""
        return self._size_bytes

    def with_signature(self, name: str) -> SavedModelPredictor:
        """Returns the same model behind another of its signatures."""
        return SavedModelPredictor(self._model, name, self._device, self._size_bytes)

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, np.ndarray[Any, Any]]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        try:
            with tf.device(tensorflow_name(self._device)):
                outputs = self._function(**self._feeds(batch))
        except tf.errors.InvalidArgumentError as error:
            raise DataError(
                f"the model refused the examples in signature {self._signature.name!r}",
                expected="the features that it was trained on, in type and number",
                got=first_line(error),
                hint="compare the examples' schema with the one that the model was trained with",
            ) from error
        return {name: _array(name, value) for name, value in outputs.items()}

    def _feeds(self, batch: pa.RecordBatch) -> dict[str, Any]:
        inputs = self._signature.inputs
        if len(inputs) == 1 and _may_be_examples(inputs[0]) and inputs[0].name not in batch.schema.names:
            return {inputs[0].name: tf.constant(encode_examples(batch), tf.string)}
        return {spec.name: tf.constant(dense_column(batch, spec), spec.dtype) for spec in inputs}


def load(uri: str, signature_name: str | None, options: LoadOptions) -> SavedModelPredictor:
    """Loads a SavedModel from any file system.

    Args:
        uri: Its folder.
        signature_name: Signature to call; ``None`` means ``serving_default``, or the only one.
        options: Its ``features`` are refused: a SavedModel names what it takes.

    Raises:
        DataError: It does not load.
        ParameterError: It has no such signature, or none at all; no such device; or features are given.
    """
    options.check_arguments("tensorflow")
    if options.features:
        raise ParameterError(
            "a SavedModel names its own inputs",
            input="features",
            expected="no features for a model of flavor tensorflow",
            hint="where a column has another name than the input, say so in the step's inputs",
        )
    limit_threads(options.threads)
    device = choose_device(options.device, gpus(), library="TensorFlow")
    with local_copy(uri) as path, tf.device(tensorflow_name(device)):
        model = _load(path, uri)
    name = signature_name or _default_name(list(model.signatures), uri)
    return SavedModelPredictor(model, name, device, files.tree_size(uri))


def gpus() -> list[str]:
    """Returns the names of the GPUs that TensorFlow can use here."""
    return [f"cuda:{index}" for index in range(len(tf.config.list_logical_devices("GPU")))]


def tensorflow_name(device: str) -> str:
    """Returns a device as TensorFlow names it."""
    return f"/{device.replace('cuda', 'GPU')}" if ":" in device else "/CPU:0"


def limit_threads(threads: int | None) -> None:
    """Limits the threads of a call; TensorFlow takes that once in a process, before it does anything else."""
    settings = tf.config.threading
    if threads is None or settings.get_intra_op_parallelism_threads() == threads:
        return
    try:
        settings.set_intra_op_parallelism_threads(threads)
        settings.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        _LOG.warning(
            "TensorFlow has started with another number of threads in this process: %d is too late", threads
        )


def _load(path: str, uri: str) -> Any:
    try:
        return tf.saved_model.load(path)
    except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
        raise DataError(
            f"the SavedModel at {uri} does not load with TensorFlow {tf.__version__}",
            input=uri,
            expected="a folder that tf.saved_model.save wrote",
            got=first_line(error),
            hint="where it names an operation that is not registered, import the library that defines it",
        ) from error


def _default_name(names: list[str], uri: str) -> str:
    if DEFAULT_SIGNATURE in names:
        return DEFAULT_SIGNATURE
    if len(names) == 1:
        return names[0]
    raise ParameterError(
        f"the SavedModel at {uri} has no signature {DEFAULT_SIGNATURE!r}",
        expected="signature_name" if names else "tf.saved_model.save(model, path, signatures=...)",
        got=", ".join(names) or "no signature at all",
    )


def _signature_of(name: str, function: Any) -> Signature:
    inputs = function.structured_input_signature[1]
    return Signature(name, _specs(inputs), _specs(function.structured_outputs))


def _specs(tensors: Mapping[str, Any]) -> tuple[TensorSpec, ...]:
    return tuple(_spec(name, tensors[name]) for name in sorted(tensors))


def _spec(name: str, tensor: Any) -> TensorSpec:
    shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
    return TensorSpec(name, tensor.dtype.name, shape)


def _may_be_examples(spec: TensorSpec) -> bool:
    return spec.dtype == "string" and (spec.shape is None or len(spec.shape) == 1)


def _array(name: str, value: Any) -> np.ndarray[Any, Any]:
    if not isinstance(value, tf.Tensor):
        raise DataError(
            f"output {name!r} of the model is a {type(value).__name__}",
            input=name,
            expected="a dense tensor",
            hint="make it dense in the signature, for instance with tf.sparse.to_dense",
        )
    array: np.ndarray[Any, Any] = value.numpy()
    return array
