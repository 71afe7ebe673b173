# SPDX-License-Identifier: Apache-2.0
"""Predicts batches with a fitted estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from penstock.errors import DataError, ParameterError, PenstockError
from penstock.models.columns import (
    Array,
    ColumnStack,
    Missing,
    dense_column,
    takes_one_value,
    text_column,
    values_of,
)
from penstock.models.devices import CPU
from penstock.models.of_one_signature import OneSignature
from penstock.models.refusal import refused
from penstock.models.signature import Signature
from penstock.models.sklearn.estimator import (
    dtype_of,
    feature_count,
    feature_names,
    form_of,
    kind_of,
    missing_text,
    nested_estimators,
    takes_missing,
)

if TYPE_CHECKING:
    import pyarrow as pa

_LABELS_FROM_PROBABILITIES = ("sklearn.tree._classes", "sklearn.ensemble._forest")
"""Where the label is, by definition, the class with the highest probability."""

_NOTHING = np.asarray(None, dtype=object)


class SklearnPredictor(OneSignature):
    """A fitted estimator behind its signature.

    Answers are named for what they are: ``prediction`` of regressors; ``label`` and ``probabilities`` of classifiers;
    ``prediction`` and ``score`` of outlier detectors; ``cluster`` of clusterers; ``transformed`` of transformers.

    Args:
        estimator: The estimator; it is this predictor's own from here on.
        signature: What it takes; and what it gives, all of which where no output is named.
        size_bytes: Bytes of the model.
        frame: Whether it is known to take DataFrames, although it does not say so itself.
        categories: Values of features that were pandas categories, by feature.
    """

    def __init__(
        self,
        estimator: Any,
        signature: Signature,
        size_bytes: int = 0,
        frame: bool = False,
        categories: Mapping[str, list[Any]] | None = None,
    ) -> None:
        super().__init__(signature, CPU, size_bytes)
        self._categories = categories or {}
        self._form = "frame" if self._categories else form_of(estimator, frame)
        self._missing: Missing = "nan" if takes_missing(estimator) else "refuse"
        numbers = self._form == "array" and all(spec.dtype != "string" for spec in signature.inputs)
        self._stack = ColumnStack(signature.inputs, dtype_of(estimator), self._missing) if numbers else None
        self._columns = feature_names(estimator) or tuple(spec.name for spec in signature.inputs)
        self._no_text = missing_text(estimator)
        self._head, self._final = _parts(estimator)
        self._kind = kind_of(self._final)  # scikit-learn takes its time to tell
        self._wanted = frozenset(spec.name for spec in signature.outputs) or frozenset(answers_of(estimator))
        if len(self._wanted) == 1:  # the pipeline's own call is as quick
            self._head, self._final = None, estimator
        if self._form != "frame":
            _forget_names(estimator)

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Array]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        rows = self._rows(batch)
        if not batch.num_rows:
            return self._empty()
        try:
            return self._answer(rows)
        except (PenstockError, MemoryError):
            raise
        except Exception as error:
            raise refused("scikit-learn's model", error, batch, self._signature.inputs) from error

    def _rows(self, batch: pa.RecordBatch) -> Any:
        inputs = self._signature.inputs
        if self._form == "texts":
            return text_column(batch, inputs[0])
        if self._form == "frame":
            return self._frame(batch)
        if self._stack is not None:
            return self._stack(batch)
        columns = [self._column(batch, index) for index in range(len(inputs))]
        return np.column_stack([column.astype(object) for column in columns])

    def _column(self, batch: pa.RecordBatch, index: int) -> Array:
        spec = self._signature.inputs[index]
        if spec.dtype == "string":
            texts = text_column(batch, spec, self._missing)
            if self._no_text is not None:
                texts[np.equal(texts, _NOTHING)] = self._no_text
            return texts
        return dense_column(batch, spec, self._missing).reshape(batch.num_rows)

    def _frame(self, batch: pa.RecordBatch) -> Any:
        import pandas as pd

        columns: dict[str, Any] = {}
        for index, name in enumerate(self._columns):
            values: Any = self._column(batch, index)
            if name in self._categories:
                values = pd.Categorical(values, categories=self._categories[name])
            columns[name] = values
        return pd.DataFrame(columns, copy=False)

    def _answer(self, rows: Any) -> dict[str, Array]:
        if self._head is not None:
            rows = self._head.transform(rows)
        if self._kind == "transformer":
            return {"transformed": _dense(self._final.transform(rows))}
        if self._kind == "classifier":
            return self._classified(rows)
        if self._kind == "clusterer":
            return {"cluster": np.asarray(self._final.predict(rows))}
        answers = {}
        if "prediction" in self._wanted:
            answers["prediction"] = np.asarray(self._final.predict(rows))
        if "score" in self._wanted:
            answers["score"] = np.asarray(self._final.decision_function(rows))
        return answers

    def _classified(self, rows: Any) -> dict[str, Array]:
        answers: dict[str, Array] = {}
        if "probabilities" in self._wanted:
            answers["probabilities"] = np.asarray(self._final.predict_proba(rows))
        if "label" not in self._wanted:
            return answers
        by_definition = type(self._final).__module__ in _LABELS_FROM_PROBABILITIES
        if by_definition and "probabilities" in answers:
            labels = self._final.classes_.take(np.argmax(answers["probabilities"], axis=1))
        else:
            labels = np.asarray(self._final.predict(rows))
        return {"label": labels.astype(object) if labels.dtype.kind in "US" else labels, **answers}

    def _empty(self) -> dict[str, Array]:
        """Returns the answers to no rows, which estimators refuse."""
        return {
            spec.name: np.empty(
                (0, *(size or 0 for size in (spec.shape or (None,))[1:])),
                object if spec.dtype == "string" else spec.dtype,
            )
            for spec in self._signature.outputs
        }


def answers_of(estimator: Any) -> tuple[str, ...]:
    """Returns the names of all that an estimator can answer; none where it can answer nothing."""
    kind = kind_of(estimator)
    if kind == "classifier":
        final = _parts(estimator)[1]
        several = isinstance(getattr(final, "classes_", None), list)
        return (
            ("label", "probabilities") if hasattr(estimator, "predict_proba") and not several else ("label",)
        )
    if kind == "outlier_detector":
        return ("prediction", "score") if hasattr(estimator, "decision_function") else ("prediction",)
    names = {"clusterer": ("cluster",), "predictor": ("prediction",), "transformer": ("transformed",)}
    return names[kind] if kind else ()


def classes_of(estimator: Any) -> tuple[str | int | float | bool, ...]:
    """Returns what a classifier tells apart, in the order of its probabilities."""
    classes = getattr(_parts(estimator)[1], "classes_", None)
    if kind_of(estimator) != "classifier" or not isinstance(classes, np.ndarray):
        return ()
    return tuple(classes.tolist())


def check_inputs(estimator: Any, signature: Signature) -> None:
    """Refuses a signature with another number of values than the estimator takes.

    Raises:
        DataError: With both numbers.
    """
    count = feature_count(estimator)
    given = sum(values_of(spec) for spec in signature.inputs)
    by_name = form_of(estimator) == "frame" and not all(map(takes_one_value, signature.inputs))
    if count is not None and (given != count or by_name):
        names = ": " + ", ".join(feature_names(estimator)[:10]) if feature_names(estimator) else ""
        raise DataError(
            "the signature is not what the model was fitted on",
            input="signature",
            expected=f"{count} value(s) a row{names}",
            got=f"{given}: {', '.join(map(str, signature.inputs[:10]))}",
        )


def check_outputs(estimator: Any, wanted: Sequence[str], given_as: str) -> None:
    """Refuses outputs that the estimator does not give.

    Args:
        estimator: The estimator.
        wanted: Names of outputs.
        given_as: What of the caller's names them.

    Raises:
        ParameterError: With those that it gives.
    """
    answers = answers_of(estimator)
    for name in wanted:
        if name not in answers:
            raise ParameterError(
                f"a {type(estimator).__name__} has no output {name!r}",
                input=given_as,
                expected=f"some of {', '.join(answers)}",
                hint="a step of a graph gives outputs other names",
            )


def _parts(estimator: Any) -> tuple[Any, Any]:
    """Takes a pipeline apart into what comes before its last step and that step, so that both answers share it."""
    # A subclass may do otherwise than pipelines do.
    if type(estimator) is not Pipeline or len(estimator.steps) < 2:
        return None, estimator
    final = estimator.steps[-1][1]
    if final is None or isinstance(final, str) or isinstance(estimator.steps[0][1], (str, type(None))):
        return None, estimator
    return estimator.steps[0][1] if len(estimator.steps) == 2 else estimator[:-1], final


def _forget_names(estimator: Any) -> None:
    """Makes estimators that were fitted on a DataFrame take arrays without a warning for each."""
    for found in nested_estimators(estimator):
        vars(found).pop("feature_names_in_", None)


def _dense(rows: Any) -> Array:
    array: Array = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
    return array
