# SPDX-License-Identifier: Apache-2.0
"""Checks what a model takes against the features that there are, before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from penstock.errors import DataError, did_you_mean
from penstock.models.signature import ModelInfo, Signature, TensorSpec

_KINDS = {
    "float": ("float", "int"),
    "int": ("int",),
    "uint": ("int",),
    "bool": ("int",),
    "string": ("bytes",),
}
"""Kinds of features that an input takes, by the beginning of its type's name."""


class Feature(Protocol):
    """A feature as ``penstock.examples.kinds.FeatureSpec`` says it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """``int``, ``float`` or ``bytes``."""


def check_features(
    model: ModelInfo | Signature,
    features: Iterable[Feature],
    *,
    renamed: Mapping[str, str] | None = None,
    signature_name: str | None = None,
) -> None:
    """Refuses a model that takes features which are not there, or are of another kind.

    Nothing is said of a model whose files do not say what it takes.

    Args:
        model: What is known of the model, or the signature that will be called.
        features: The features that there are, a ``FeatureSet`` for instance.
        renamed: Column for an input, by input, where the names differ.
        signature_name: Signature that will be called; ``None`` means the default one.

    Raises:
        DataError: A feature is missing or of another kind, or ``renamed`` names an input that the model does not have.
        ParameterError: The model has no such signature.
    """
    signature = _called(model, signature_name)
    if signature is None or not signature.inputs:
        return
    columns = renamed or {}
    _check_renamed(signature, columns)
    kinds = {feature.name: feature.kind for feature in features}
    if _takes_examples(model, signature, kinds):
        return
    missing = [spec for spec in signature.inputs if columns.get(spec.name, spec.name) not in kinds]
    if missing:
        raise _missing(missing, columns, kinds)
    for spec in signature.inputs:
        name = columns.get(spec.name, spec.name)
        accepted = next((kinds for start, kinds in _KINDS.items() if spec.dtype.startswith(start)), None)
        if accepted is not None and kinds[name] not in accepted:
            raise DataError(
                f"feature {name!r} is of another type than the model takes",
                input=name,
                expected=f"{spec}: a feature of kind {' or '.join(accepted)}",
                got=f"kind {kinds[name]}",
                hint="convert it before the model, in a preprocess function for instance",
            )


def _called(model: ModelInfo | Signature, name: str | None) -> Signature | None:
    if isinstance(model, Signature):
        return model
    if name is not None and model.signatures:
        return model.named(name)
    return model.signature


def _check_renamed(signature: Signature, renamed: Mapping[str, str]) -> None:
    inputs = [spec.name for spec in signature.inputs]
    for name in renamed:
        if name not in inputs:
            raise DataError(
                f"the model has no input {name!r}",
                input="inputs",
                expected=f"some of {', '.join(inputs)}",
                hint=did_you_mean(name, inputs),
            )


def _takes_examples(model: ModelInfo | Signature, signature: Signature, kinds: Mapping[str, str]) -> bool:
    """Says whether a signature takes whole rows, as serialized tf.Examples."""
    if isinstance(model, ModelInfo) and model.flavor != "tensorflow":
        return False
    if len(signature.inputs) != 1 or signature.inputs[0].name in kinds:
        return False
    only = signature.inputs[0]
    return only.dtype == "string" and (only.shape is None or len(only.shape) == 1)


def _missing(specs: list[TensorSpec], renamed: Mapping[str, str], kinds: Mapping[str, str]) -> DataError:
    names = [renamed.get(spec.name, spec.name) for spec in specs]
    others = f" (also missing: {', '.join(names[1:10])})" if names[1:] else ""
    return DataError(
        f"the model takes {specs[0]}, and the examples have no feature {names[0]!r}{others}",
        input=names[0],
        got=f"features {', '.join(sorted(kinds)[:20])}" if kinds else "no features",
        hint=did_you_mean(names[0], kinds),
    )
