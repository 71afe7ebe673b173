# SPDX-License-Identifier: Apache-2.0
"""Saves scikit-learn's estimators with joblib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import sklearn

from penstock.errors import ParameterError
from penstock.models.descriptor import Descriptor
from penstock.models.example import example_batch, input_specs, output_specs
from penstock.models.refusal import first_line
from penstock.models.request import SaveRequest
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec
from penstock.models.sklearn.estimator import feature_count, feature_names, form_of
from penstock.models.sklearn.loading import inferred_inputs, probed_outputs, read_estimator
from penstock.models.sklearn.predictor import (
    SklearnPredictor,
    answers_of,
    check_inputs,
    check_outputs,
    classes_of,
)

FILE_NAME = "model.joblib"


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes ``model.joblib``; the option ``compress`` is joblib's.

    Raises:
        DataError: The model is not fitted, or was fitted on something else than it is said to take.
        ParameterError: It cannot be pickled, or what it takes is not known.
    """
    request.check_options("sklearn", "compress")
    path = folder / FILE_NAME
    _dump(model, path, request.options.get("compress", 0))
    # What is described is what was written: it is read back, which also leaves the user's own object as it is.
    estimator = read_estimator(str(path), str(path))
    categories = _categories(request.example)
    frame = hasattr(request.example, "dtypes") and form_of(estimator, frame=True) == "frame"
    classes = classes_of(estimator)
    signature = _signature(estimator, request, frame, categories)
    facts: dict[str, Any] = {"frame": True} if frame else {}
    if categories:
        facts["categories"] = categories
    return Descriptor("sklearn", (signature,), sklearn.__version__, FILE_NAME, classes, facts)


def _dump(model: Any, path: Path, compress: Any) -> None:
    try:
        joblib.dump(model, path, compress=compress)
    except OSError:
        raise
    except Exception as error:  # pickle lets through whatever the classes inside it raise
        raise ParameterError(
            f"the {type(model).__name__} cannot be pickled",
            input="model",
            got=f"{type(error).__name__}: {first_line(error)}",
            hint="use functions and classes that a module defines by name, not lambdas or local ones",
        ) from error


def _signature(
    estimator: Any, request: SaveRequest, frame: bool, categories: dict[str, list[Any]]
) -> Signature:
    if request.signature is not None:
        check_inputs(estimator, request.signature)
        check_outputs(estimator, [spec.name for spec in request.signature.outputs], "signature")
        return request.signature
    check_outputs(estimator, request.outputs, "outputs")
    possible = request.outputs or answers_of(estimator)
    if request.example is None:
        inputs = inferred_inputs(estimator, request.inputs) or _unknown_inputs(estimator)
        check_inputs(estimator, Signature(DEFAULT_SIGNATURE, inputs))
        given = probed_outputs(estimator, inputs, "the model")
    else:
        batch = example_batch(request.example, request.inputs or feature_names(estimator))
        inputs = input_specs(batch)
        sketch = Signature(DEFAULT_SIGNATURE, inputs)
        check_inputs(estimator, sketch)
        predictor = SklearnPredictor(estimator, sketch, frame=frame, categories=categories)
        given = output_specs(predictor.predict(batch))
    outputs = tuple(spec for spec in given if spec.name in possible)
    return Signature(DEFAULT_SIGNATURE, inputs, outputs)


def _unknown_inputs(estimator: Any) -> tuple[TensorSpec, ...]:
    count = feature_count(estimator)
    raise ParameterError(
        "the model does not say which columns it takes: it was fitted on an array",
        input="inputs",
        expected=f"inputs=[...] with {count if count is not None else 'the'} name(s), in the order of the columns",
        hint="or example=..., or fit it on a DataFrame, whose names it keeps",
    )


def _categories(example: Any) -> dict[str, list[Any]]:
    """Returns the values of a DataFrame's columns of pandas' type ``category``, by column."""
    found = {}
    for name, dtype in getattr(example, "dtypes", {}).items() if hasattr(example, "columns") else ():
        if str(dtype) == "category":
            found[str(name)] = dtype.categories.tolist()
    return found
