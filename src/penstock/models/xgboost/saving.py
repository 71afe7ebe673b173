# SPDX-License-Identifier: Apache-2.0
"""Saves XGBoost's models in its own format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xgboost

from penstock.errors import ParameterError
from penstock.models.descriptor import Descriptor
from penstock.models.example import example_batch
from penstock.models.refusal import first_line
from penstock.models.request import SaveRequest
from penstock.models.signature import Signature, TensorSpec
from penstock.models.xgboost.description import BoosterFacts
from penstock.models.xgboost.loading import XgboostPredictor, read_booster, signature_of


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``model.ubj``, or ``model.json`` with the option ``format="json"``.

    Raises:
        DataError: The model cannot predict the example.
        ParameterError: It is not fitted, or its features have no names.
    """
    request.check_options("xgboost", "format")
    suffix = request.options.get("format", "ubj")
    if suffix not in ("ubj", "json"):
        raise ParameterError(
            "XGBoost has no such format", input="format", expected="ubj or json", got=str(suffix)
        )
    path = folder / f"model.{suffix}"
    try:
        model.save_model(path)
    except (ValueError, TypeError, xgboost.core.XGBoostError) as error:  # NotFittedError is a ValueError
        raise ParameterError(
            f"the {type(model).__name__} cannot be saved",
            input="model",
            expected="a fitted model",
            got=first_line(error),
        ) from error
    booster, facts = read_booster(str(path), str(path))
    signature = _signature(facts, request)
    if request.example is not None:
        names = [spec.name for spec in signature.inputs]
        XgboostPredictor(booster, facts, signature).predict(example_batch(request.example, names))
    return Descriptor(
        "xgboost", (signature,), facts.library_version or xgboost.__version__, path.name, facts.classes
    )


def _signature(facts: BoosterFacts, request: SaveRequest) -> Signature:
    if request.signature is not None:
        signature_of(facts, [spec.name for spec in request.signature.inputs])
        return _with_outputs(request.signature, tuple(spec.name for spec in request.signature.outputs), facts)
    names = request.inputs
    if not names and not facts.feature_names and hasattr(request.example, "columns"):
        names = example_batch(request.example).schema.names
    return _with_outputs(signature_of(facts, names), request.outputs, facts)


def _with_outputs(signature: Signature, names: tuple[str, ...], facts: BoosterFacts) -> Signature:
    known = {spec.name: spec for spec in facts.outputs}
    for name in names:
        if name not in known:
            raise ParameterError(
                f"the model has no output {name!r}", input="outputs", expected=f"some of {', '.join(known)}"
            )
    outputs: tuple[TensorSpec, ...] = tuple(known[name] for name in names or known)
    return Signature(signature.name, signature.inputs, outputs)
