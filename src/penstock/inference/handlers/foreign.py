# SPDX-License-Identifier: Apache-2.0
"""Predicts batches with a Beam ``ModelHandler`` as RunInference would drive it, with its own limits and functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from apache_beam.ml.inference.base import KeyedModelHandler, ModelHandler

from penstock.errors import ParameterError, PenstockError, did_you_mean
from penstock.inference.failures import BrokenContractError, UnfitInputError
from penstock.inference.handlers.answers import columns_of, columns_of_batch, values_of
from penstock.inference.handlers.elements import elements_of, keys_of
from penstock.inference.handlers.known import KnownHandler, known_class
from penstock.inference.spec import ElementKind, ModelSettings
from penstock.models import Signature, TensorSpec
from penstock.models.signature import unknown_signature
from penstock.runtime.user_code import user_code


class ForeignPredictor:
    """A handler with its loaded model, as a ``penstock.models.Predictor``.

    Args:
        handler: The handler.
        model: What its ``load_model`` has returned.
        settings: How it is called.
    """

    def __init__(self, handler: ModelHandler[Any, Any, Any], model: Any, settings: ModelSettings) -> None:
        inner = innermost(handler)
        known: KnownHandler | None = known_class(type(inner))
        self._handler = handler
        self._name = type(inner).__name__
        self._model = model
        self._settings = settings
        self._arguments = dict(settings.inference_arguments) or None
        self._elements: ElementKind = settings.elements or (known.elements if known else "dict")
        self._answer = known.answer if known else "as_it_is"
        self._is_keyed = is_keyed(handler)
        self._limits = Limits(handler, known)
        self._prepare = list(handler.get_preprocess_fns())
        self._finish = list(handler.get_postprocess_fns())

    @property
    def signature(self) -> Signature:
        """The columns that the settings name; what handlers give is not known beforehand."""
        kind = "float32" if self._elements in ("numpy", "tensor", "tensors") else "string"
        named = [TensorSpec(name, kind) for name in self._settings.features]
        key = self._settings.element_key
        if named and key and key not in self._settings.features:
            named.append(TensorSpec(key, "string"))
        return Signature(inputs=tuple(named))

    @property
    def size_bytes(self) -> int:
        """Handlers do not tell."""
        return 0

    @property
    def device(self) -> str:
        """Where it runs: the device that Beam's handlers choose, as far as they keep it."""
        device = getattr(innermost(self._handler), "_device", None)
        return "" if device is None else str(device)

    @property
    def most_rows(self) -> int | None:
        """Most rows that the handler takes in a call, ``None`` where it does not say."""
        return None if self._elements == "batch" else self._limits.elements

    def with_signature(self, name: str) -> ForeignPredictor:
        """Returns the handler itself, which has one way to be called."""
        if name != self.signature.name:
            raise unknown_signature(name, [self.signature.name])
        return self

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Returns a NumPy or Arrow array per output, rows first; see ``penstock.models.Predictor``.

        Raises:
            BrokenContractError: The handler has not returned a result for each element.
            DataError: The rows cannot become its elements.
            UserCodeError: It has raised.
        """
        features = self._settings.features
        taken = _select(batch, features) if features else batch
        elements = elements_of(taken, self._elements)
        if self._answer == "chat" and self._elements == "text":
            elements = [_as_chat(text) for text in elements]
        keys = keys_of(batch, self._settings.element_key) if self._is_keyed else None
        values = list(self._inferred(elements, keys))
        if self._elements == "batch":
            return columns_of_batch(values[0], batch.num_rows, self._name)
        return columns_of(values, self._answer)

    def _inferred(self, elements: Sequence[Any], keys: Sequence[Any] | None) -> Iterator[Any]:
        given: Sequence[Any] = elements if keys is None else list(zip(keys, elements, strict=True))
        for start, end in self._limits.parts(given):
            part = given[start:end]
            with user_code(None, what=self._name):
                results = self._run(part)
            yield from values_of(results, None if keys is None else keys[start:end], end - start, self._name)

    def _run(self, part: Sequence[Any]) -> list[Any]:
        """Does with a part of the elements what RunInference does with a batch."""
        if self._handler.should_skip_batching():  # then such functions are given the batch
            for function in self._prepare:
                part = function(part)
        else:
            for function in self._prepare:
                part = [function(element) for element in part]
        results = self._handler.run_inference(part, self._model, self._arguments)
        if results is None:
            raise BrokenContractError(
                f"{self._name} has returned nothing", expected="a result for each element"
            )
        made = list(results)
        for function in self._finish:
            made = [function(result) for result in made]
        return made


class Limits:
    """How many elements a handler takes in a call, by its own ``batch_elements_kwargs``.

    Args:
        handler: The handler.
        known: What is known of its class.
    """

    def __init__(self, handler: ModelHandler[Any, Any, Any], known: KnownHandler | None) -> None:
        given = handler.batch_elements_kwargs()
        sizes = [size for size in (given.get("max_batch_size"), known and known.most_elements) if size]
        self.elements: int | None = min(sizes) if sizes else None
        self._weight = given.get("max_batch_weight")
        self._weigh = given.get("element_size_fn")

    def parts(self, elements: Sequence[Any]) -> Iterator[tuple[int, int]]:
        """Yields where the elements of each call start and end."""
        start, weight = 0, 0
        for index, element in enumerate(elements):
            size = self._weigh(element) if self._weigh and self._weight else 0
            full = self.elements is not None and index - start >= self.elements
            if index > start and (full or (self._weight and weight + size > self._weight)):
                yield start, index
                start, weight = index, 0
            weight += size
        if len(elements) > start:
            yield start, len(elements)


def load_handler(handler: ModelHandler[Any, Any, Any], settings: ModelSettings) -> ForeignPredictor:
    """Loads a handler's model as RunInference does: its environment first, its check of the arguments, the model.

    Raises:
        ParameterError: It does not take the ``inference_arguments``.
        UserCodeError: It has raised.
    """
    name = type(innermost(handler)).__name__
    try:
        handler.validate_inference_args(dict(settings.inference_arguments) or None)
    except PenstockError:
        raise
    except Exception as error:
        raise ParameterError(
            f"{name} does not take these arguments of a call", input="inference_arguments", got=str(error)
        ) from error
    with user_code(None, what=f"loading the model of {name}"):
        handler.set_environment_vars()
        # A handler of several models counts for itself, and must be told under which name before its first call.
        for layer in layers(handler):
            layer.override_metrics(handler.get_metrics_namespace())
        model = handler.load_model()
    return ForeignPredictor(handler, model, settings)


def layers(handler: ModelHandler[Any, Any, Any]) -> Iterator[ModelHandler[Any, Any, Any]]:
    """Yields a handler and those inside it: Beam wraps functions, batching and keys around a handler."""
    current: Any = handler
    while isinstance(current, ModelHandler):
        yield current
        inner = getattr(current, "_base", None) or getattr(current, "_unkeyed", None)
        several = getattr(current, "_id_to_mh_map", None)
        current = next(iter(several.values())) if several and inner is None else inner


def innermost(handler: ModelHandler[Any, Any, Any]) -> ModelHandler[Any, Any, Any]:
    """Returns the handler that does the work, the first one where there are several by key."""
    return list(layers(handler))[-1]


def is_keyed(handler: ModelHandler[Any, Any, Any]) -> bool:
    """Says whether a handler takes pairs of key and element."""
    return any(isinstance(layer, KeyedModelHandler) for layer in layers(handler))


def _as_chat(text: str) -> Sequence[Any]:
    from apache_beam.ml.inference.vllm_inference import OpenAIChatMessage

    return [OpenAIChatMessage("user", text)]


def _select(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    for name in names:
        if name not in batch.schema.names:
            raise UnfitInputError(
                f"the rows have no column {name!r}, which the model's features name",
                input="features",
                hint=did_you_mean(name, batch.schema.names),
            )
    columns = [batch.column(batch.schema.get_field_index(name)) for name in names]
    return pa.RecordBatch.from_arrays(columns, list(names))
