# SPDX-License-Identifier: Apache-2.0
"""What a fitted estimator says of itself: the features it takes, in which form, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_outlier_detector
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

Form = Literal["array", "frame", "texts"]
"""How an estimator is fed: one array, a DataFrame, or one array of texts."""

Kind = Literal["classifier", "outlier_detector", "clusterer", "predictor", "transformer"]

_SINGLE_PRECISION = ("sklearn.tree", "sklearn.ensemble._forest", "sklearn.ensemble._gb")
"""Where estimators compute on float32 whatever they are given."""

_COLUMNWISE = ("sklearn.preprocessing._function_transformer", "sklearn.compose._column_transformer")
"""Where estimators may pick columns by name."""


def kind_of(estimator: Any) -> Kind | None:
    """Returns what an estimator does with rows, ``None`` where it can do nothing with new ones."""
    if not hasattr(estimator, "predict"):
        return "transformer" if hasattr(estimator, "transform") else None
    if is_classifier(estimator):
        return "classifier"
    if is_outlier_detector(estimator):
        return "outlier_detector"
    return "clusterer" if _is_clusterer(estimator) else "predictor"


def steps_of(estimator: Any) -> list[Any]:
    """Returns the steps of a pipeline, those that pass rows on left out; any other estimator is its only step."""
    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for _, step in estimator.steps if step is not None and not isinstance(step, str)]
    return [found for step in steps for found in steps_of(step)]


def feature_names(estimator: Any) -> tuple[str, ...]:
    """Returns the names of the features that an estimator was fitted with; none where it was fitted on an array."""
    return tuple(str(name) for name in getattr(estimator, "feature_names_in_", ()))


def feature_count(estimator: Any) -> int | None:
    """Returns the number of features that an estimator takes, ``None`` where it does not say."""
    count = getattr(estimator, "n_features_in_", None)
    return None if count is None else int(count)


def form_of(estimator: Any, frame: bool = False) -> Form:
    """Returns how an estimator is to be fed.

    One fitted on a DataFrame takes an array of the same columns as well, which is quicker, unless some part of it may
    choose columns by name: a ColumnTransformer, estimators inside others, and all that is not scikit-learn's own.

    Args:
        estimator: The fitted estimator.
        frame: Whether it is known to have been fitted on a DataFrame, although it keeps no names.
    """
    steps = steps_of(estimator)
    if steps and _takes_texts(steps[0]):
        return "texts"
    named = frame or bool(feature_names(estimator))
    return "frame" if named and any(map(_may_choose_columns, steps)) else "array"


def dtype_of(estimator: Any) -> np.dtype[Any]:
    """Returns the type of the numbers that an estimator takes: that of the arrays that it was fitted to."""
    steps = steps_of(estimator)
    if steps and type(steps[0]).__module__.startswith(_SINGLE_PRECISION):
        return np.dtype(np.float32)
    single = any({array.dtype for array in _fitted_floats(step)} == {np.dtype(np.float32)} for step in steps)
    return np.dtype(np.float32 if single else np.float64)


def takes_missing(estimator: Any) -> bool:
    """Says whether NaN is a value like others to an estimator, or to estimators inside it, which then decide."""
    steps = steps_of(estimator)
    return bool(steps) and (_is_composite(steps[0]) or _allows_nan(steps[0]))


def missing_text(estimator: Any) -> float | None:
    """Returns what stands for a missing text: ``None`` where a part of the estimator knows it as that, else NaN."""
    for part in nested_estimators(estimator):
        known = [part.missing_values] if hasattr(part, "missing_values") else []
        for categories in getattr(part, "categories_", ()):
            known += [value for value in categories if value is None]
        if None in known:
            return None
    return float("nan")


def text_features(estimator: Any) -> dict[str, str]:
    """Returns the features that a ColumnTransformer's encoders take as text, each with a text that they know."""
    found: dict[str, str] = {}
    names = feature_names(estimator)
    for step in steps_of(estimator):
        for _, part, columns in getattr(step, "transformers_", ()):
            if isinstance(part, str):  # "drop" and "passthrough"
                continue
            for index, name in enumerate(_names_of(columns, names)):
                for text in _known_texts(part, index):
                    found.setdefault(name, text)
    return found


def nested_estimators(estimator: Any) -> Iterator[Any]:
    """Yields an estimator and all that are inside it: steps, transformers, members of an ensemble."""
    seen: set[int] = set()
    waiting: list[Any] = [estimator]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, BaseEstimator):
            yield value
            waiting += vars(value).values()
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            waiting += value


def _names_of(columns: Any, names: tuple[str, ...]) -> list[str]:
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice) and not isinstance(columns.start or columns.stop, str):
        return list(names[columns])
    listed = list(columns) if isinstance(columns, (list, tuple, np.ndarray)) else []
    if listed and all(isinstance(column, (bool, np.bool_)) for column in listed):
        return [name for name, taken in zip(names, listed, strict=False) if taken]
    return [
        column if isinstance(column, str) else names[column]
        for column in listed
        if isinstance(column, str) or -len(names) <= column < len(names)
    ]


def _known_texts(part: Any, index: int) -> Iterator[str]:
    """Yields a text that a fitted transformer knows in its column of this index, if any of its steps takes text."""
    for step in steps_of(part):
        categories = getattr(step, "categories_", None)
        if categories is not None and index < len(categories):
            yield from (value for value in categories[index] if isinstance(value, str))
        if hasattr(step, "vocabulary_") or _takes_texts(step):
            yield ""


def _may_choose_columns(estimator: Any) -> bool:
    module = type(estimator).__module__
    own = module.startswith("sklearn.") and not module.startswith(_COLUMNWISE)
    return not own or _is_composite(estimator)


def _is_composite(estimator: Any) -> bool:
    if isinstance(estimator, ColumnTransformer):
        return True
    parts = list(estimator.get_params(deep=False).values()) if hasattr(estimator, "get_params") else []
    return any(isinstance(part, BaseEstimator) or _holds_estimators(part) for part in parts)


def _holds_estimators(value: Any) -> bool:
    return isinstance(value, list) and any(
        isinstance(part, tuple) and any(isinstance(one, BaseEstimator) for one in part) for part in value
    )


def _fitted_floats(estimator: Any) -> list[np.ndarray[Any, Any]]:
    """Returns the floating-point arrays that fitting has left in an estimator."""
    return [
        value
        for name, value in vars(estimator).items()
        if name.endswith("_") and isinstance(value, np.ndarray) and value.dtype.kind == "f"
    ]


def _allows_nan(estimator: Any) -> bool:
    try:
        from sklearn.utils import get_tags
    except ImportError:  # scikit-learn below 1.6
        return bool(_older_tags(estimator).get("allow_nan", False))
    return bool(get_tags(estimator).input_tags.allow_nan)


def _takes_texts(estimator: Any) -> bool:
    try:
        from sklearn.utils import get_tags
    except ImportError:  # scikit-learn below 1.6
        return "string" in _older_tags(estimator).get("X_types", ())
    tags = get_tags(estimator).input_tags
    return bool(tags.string and not tags.two_d_array)


def _is_clusterer(estimator: Any) -> bool:
    try:
        from sklearn.base import is_clusterer
    except ImportError:  # scikit-learn below 1.6
        return getattr(estimator, "_estimator_type", None) == "clusterer"
    return bool(is_clusterer(estimator))


def _older_tags(estimator: Any) -> dict[str, Any]:
    tags: dict[str, Any] = getattr(estimator, "_get_tags", dict)()
    return tags
