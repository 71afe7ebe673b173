# SPDX-License-Identifier: Apache-2.0
"""Loads XGBoost's models and predicts batches with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xgboost

from penstock import files
from penstock.errors import DataError, ParameterError
from penstock.models.columns import Array, ColumnStack, text_column
from penstock.models.descriptor import read_descriptor
from penstock.models.devices import CPU, choose_device, cuda_devices
from penstock.models.flavor import LoadOptions
from penstock.models.location import local_copy, model_file
from penstock.models.of_one_signature import OneSignature
from penstock.models.refusal import first_line, refused
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature
from penstock.models.xgboost.description import PATTERNS, BoosterFacts, read_facts

if TYPE_CHECKING:
    from collections.abc import Sequence


class XgboostPredictor(OneSignature):
    """A booster behind its signature; NaN and missing values are values like others to it.

    A model of scikit-learn's manner answers as that does: with its best iteration, and a classifier with ``label`` and
    ``probabilities``. Any other answers with ``prediction``.

    Args:
        booster: The booster.
        facts: What its file says of it.
        signature: What it takes and gives.
        device: Where it runs.
        size_bytes: Bytes of its file.
    """

    def __init__(
        self,
        booster: xgboost.Booster,
        facts: BoosterFacts,
        signature: Signature,
        device: str = CPU,
        size_bytes: int = 0,
    ) -> None:
        super().__init__(signature, device, size_bytes)
        self._booster = booster
        self._facts = facts
        self._stack = None if facts.categories else ColumnStack(signature.inputs, np.float32, "nan")
        best = facts.best_iteration if facts.sklearn else None
        self._iterations = (0, 0) if best is None else (0, best + 1)
        # XGBoost predicts arrays in place only with trees of numbers, and only where the arrays are.
        self._in_place = facts.booster != "gblinear" and "c" not in facts.feature_types and device == CPU
        self._outputs = frozenset(spec.name for spec in signature.outputs)
        self._sizes = [size or 0 for size in (facts.outputs[-1].shape or (None,))[1:]]

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Array]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        rows = self._stack(batch) if self._stack else self._with_codes(batch)
        try:
            answer = self._call(rows)
        except (xgboost.core.XGBoostError, ValueError) as error:
            raise refused("XGBoost's model", error, batch, self._signature.inputs) from error
        answers = self._classified(answer) if self._facts.classifier else {"prediction": answer}
        return {name: values for name, values in answers.items() if name in self._outputs}

    def _call(self, rows: Array) -> Array:
        if not len(rows):
            classes = [] if self._facts.classifier and len(self._facts.classes) == 2 else self._sizes
            return np.empty((0, *classes), np.float32)
        if self._in_place:
            answer = self._booster.inplace_predict(rows, iteration_range=self._iterations)
        else:
            matrix = xgboost.DMatrix(
                rows,
                feature_names=list(self._facts.feature_names) or None,
                feature_types=list(self._facts.feature_types) or None,
                enable_categorical=True,
            )
            answer = self._booster.predict(matrix, iteration_range=self._iterations)
        return np.asarray(answer)

    def _classified(self, answer: Array) -> dict[str, Array]:
        if self._facts.target_count > 1:
            return {"label": (answer > 0.5).astype(np.int64), "probabilities": answer}
        if answer.ndim == 2:
            return {"label": np.argmax(answer, axis=1), "probabilities": answer}
        probabilities = np.empty((len(answer), 2), answer.dtype)
        np.subtract(1, answer, out=probabilities[:, 0])
        probabilities[:, 1] = answer
        return {"label": (answer > 0.5).astype(np.int64), "probabilities": probabilities}

    def _with_codes(self, batch: pa.RecordBatch) -> Array:
        inputs = self._signature.inputs
        rows = np.empty((batch.num_rows, len(inputs)), np.float32)
        for index, spec in enumerate(inputs):
            if index in self._facts.categories:
                rows[:, index] = _codes(batch, spec, self._facts.categories[index])
            else:
                rows[:, index] = ColumnStack((spec,), np.float32, "nan")(batch)[:, 0]
        return rows


def load(uri: str, signature_name: str | None, options: LoadOptions) -> XgboostPredictor:
    """Loads a model that ``save_model`` of a Booster or of XGBoost's scikit-learn classes wrote.

    Args:
        uri: Its folder, or the file.
        signature_name: Name of its one signature.
        options: How it is loaded.

    Raises:
        DataError: It does not load.
        ParameterError: What its features are called is not known, or there is no such signature or device.
    """
    options.check_arguments("xgboost")
    path = model_file(uri, PATTERNS)
    with local_copy(path) as local:
        booster, facts = read_booster(local, path)
        size = files.size(local)
    descriptor = read_descriptor(uri)
    signature = descriptor.signatures[0] if descriptor and descriptor.signatures else None
    if signature is None:
        signature = signature_of(facts, options.features)
    else:
        signature = signature.with_inputs_named(options.features)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    gpus = cuda_devices() if xgboost.build_info().get("USE_CUDA") else ()
    device = choose_device(options.device, gpus, library="XGBoost")
    booster.set_param({"device": device})
    if options.threads is not None:
        booster.set_param({"nthread": options.threads})
    return XgboostPredictor(booster, facts, signature, device, size)


def read_booster(local: str, path: str) -> tuple[xgboost.Booster, BoosterFacts]:
    """Loads a booster, and what its file says of it.

    Args:
        local: The file on this machine.
        path: What messages call it.

    Raises:
        DataError: It does not load.
    """
    facts = read_facts(local)
    try:
        booster = xgboost.Booster(model_file=local)
    except xgboost.core.XGBoostError as error:
        raise DataError(
            f"{path} does not load with XGBoost {xgboost.__version__}",
            input=path,
            expected="a model that save_model wrote, as .ubj or .json",
            got=first_line(error),
            hint="where a much older XGBoost wrote it, load it there and save it as .ubj",
        ) from error
    if facts is None:
        facts = BoosterFacts(
            feature_count=booster.num_features(), feature_names=tuple(booster.feature_names or ())
        )
    return booster, facts


def signature_of(facts: BoosterFacts, names: Sequence[str]) -> Signature:
    """Returns what a booster takes and gives, under these names, or its own where none is given.

    Raises:
        ParameterError: It has no names, or another number of features.
    """
    names = tuple(names) or facts.feature_names
    if len(names) != facts.feature_count:
        own = f": {', '.join(facts.feature_names[:10])}" if facts.feature_names else ""
        raise ParameterError(
            "the names do not go with the model's features"
            if names
            else "the model does not say which columns it takes: it was trained on an array",
            input="features",
            expected=f"{facts.feature_count} name(s){own}, in the order of the training data",
            got=f"{len(names)}: {', '.join(names[:10])}" if names else None,
            hint="features: [...] in the model's settings, or penstock.models.save(..., inputs=[...])",
        )
    return Signature(DEFAULT_SIGNATURE, facts.inputs(names), facts.outputs)


def _codes(batch: pa.RecordBatch, spec: TensorSpec, known: Sequence[str | int]) -> Array:
    """Returns a feature's categories as the model's codes, NaN where there is no value."""
    if spec.dtype == "string":
        column = pa.array(text_column(batch, spec, "nan"), pa.string())
    else:
        column = pa.array(ColumnStack((spec,), np.float64, "nan")(batch)[:, 0], from_pandas=True)
    codes = pc.index_in(column, value_set=pa.array(known, column.type), skip_nulls=True)
    unknown = pc.and_(codes.is_null(), column.is_valid()).to_numpy(zero_copy_only=False)
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise DataError(
            f"feature {spec.name!r} has a category that the model was not trained on",
            input=spec.name,
            expected=f"one of {', '.join(map(str, known[:10]))}",
            got=f"{column[row].as_py()!r} in row {row} of the batch",
        )
    array: Array = codes.to_numpy(zero_copy_only=False)
    return array
