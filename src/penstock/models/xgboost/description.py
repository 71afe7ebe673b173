# SPDX-License-Identifier: Apache-2.0
"""Describes an XGBoost model from its file, without XGBoost.

Format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock import files
from penstock.errors import DataError
from penstock.models.location import model_file
from penstock.models.signature import DEFAULT_SIGNATURE, ModelInfo, Signature, TensorSpec
from penstock.models.xgboost import ubjson

PATTERNS = ("model.ubj", "*.ubj", "model.json", "*.bst", "*.json")

_DTYPES = {"int": "int64", "i": "bool", "c": "int64"}
"""What a feature's type in the file stands for; all others are floats. Categories without names are codes."""


@dataclass(frozen=True, slots=True)
class BoosterFacts:
    """What the file of a model says of it.

    Attributes:
        booster: ``gbtree``, ``dart`` or ``gblinear``.
        objective: Name of its objective.
        feature_count: Number of features.
        feature_names: Their names; none where it was trained on arrays.
        feature_types: Their types in XGBoost's words; none where they are all numbers.
        categories: The texts or integers that a feature's codes stand for, by position of the feature.
        class_count: Classes that it tells apart; 0 for other models.
        target_count: Numbers that it predicts for a row, where these are not classes.
        classifier: Whether it is one of scikit-learn's manner, ``XGBClassifier``.
        sklearn: Whether it is of scikit-learn's manner at all, which predicts with the best iteration.
        best_iteration: The iteration after which training saw no more gain, where it looked.
        library_version: Version of XGBoost that saved it.
    """

    booster: str = "gbtree"
    objective: str = ""
    feature_count: int = 0
    feature_names: tuple[str, ...] = ()
    feature_types: tuple[str, ...] = ()
    categories: Mapping[int, tuple[str | int, ...]] = field(default_factory=dict)
    class_count: int = 0
    target_count: int = 1
    classifier: bool = False
    sklearn: bool = False
    best_iteration: int | None = None
    library_version: str = ""

    @property
    def classes(self) -> tuple[int, ...]:
        """The labels that a classifier tells apart: XGBoost takes no others than these."""
        return tuple(range(max(2, self.class_count))) if self.classifier and self.target_count == 1 else ()

    def inputs(self, names: tuple[str, ...]) -> tuple[TensorSpec, ...]:
        """Returns an input for each feature, under these names."""
        types = self.feature_types or ("float",) * len(names)
        return tuple(
            TensorSpec(name, self._dtype(index, type_), (None,))
            for index, (name, type_) in enumerate(zip(names, types, strict=True))
        )

    def _dtype(self, index: int, type_: str) -> str:
        texts = any(isinstance(value, str) for value in self.categories.get(index, ()))
        return "string" if texts else _DTYPES.get(type_, "float32")

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """What it gives: ``label`` and ``probabilities`` as a classifier, else ``prediction``."""
        several = (self.target_count,) if self.target_count > 1 else ()
        if self.classifier:
            classes = several or (len(self.classes),)
            return (
                TensorSpec("label", "int64", (None, *several)),
                TensorSpec("probabilities", "float32", (None, *classes)),
            )
        if self.class_count > 1 and self.objective != "multi:softmax":
            several = (self.class_count,)
        return (TensorSpec("prediction", "float32", (None, *several)),)


def describe(uri: str) -> ModelInfo:
    """Returns the features, types and outputs that a model's file names.

    Raises:
        DataError: The file is damaged.
    """
    facts = read_facts(model_file(uri, PATTERNS))
    if facts is None:
        return ModelInfo("xgboost")
    signatures: tuple[Signature, ...] = ()
    if facts.feature_names:
        signatures = (Signature(DEFAULT_SIGNATURE, facts.inputs(facts.feature_names), facts.outputs),)
    return ModelInfo("xgboost", signatures, facts.library_version, facts.classes)


def read_facts(path: str) -> BoosterFacts | None:
    """Returns what a file says of its model, ``None`` where it is of the binary format that XGBoost has given up.

    Raises:
        DataError: It is damaged, or no model of XGBoost.
    """
    with files.storage_errors("read", path), files.open(path) as file:
        content: bytes = file.read()
    if not content.lstrip().startswith(b"{") and content[:4] in (b"binf", b"bs64", b"CONF"):
        return None
    try:
        # UBJSON goes on with the length of a name where JSON has a quote or a blank.
        document = ubjson.parse(content) if content[1:2] in (b"L", b"l", b"i", b"U") else json.loads(content)
        return _facts(document)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(
            f"{path} cannot be read",
            input=path,
            expected="a model that XGBoost's save_model wrote, as .ubj or .json",
            got=f"{len(content)} bytes: {error!r}",
            hint="it is damaged or half-written: train or copy the model again",
        ) from error


def _facts(document: Mapping[str, Any]) -> BoosterFacts:
    learner = document["learner"]
    model, attributes = learner["learner_model_param"], learner.get("attributes") or {}
    booster = learner["gradient_booster"]
    manner = json.loads(attributes.get("scikit_learn", "null")) or {}
    best = attributes.get("best_iteration")
    return BoosterFacts(
        booster=booster["name"],
        objective=learner["objective"]["name"],
        feature_count=int(model["num_feature"]),
        feature_names=tuple(learner.get("feature_names") or ()),
        feature_types=tuple(learner.get("feature_types") or ()),
        categories=_categories(booster),
        class_count=int(model["num_class"]),
        target_count=int(model.get("num_target", 1)),
        classifier=manner.get("_estimator_type") == "classifier",
        sklearn=bool(manner),
        best_iteration=None if best is None else int(best),
        library_version=".".join(map(str, document.get("version") or ())),
    )


def _categories(booster: Mapping[str, Any]) -> dict[int, tuple[str | int, ...]]:
    """Returns what codes stand for, which XGBoost 3.1 and later keep."""
    model = booster.get("gbtree", booster)["model"]
    encodings = (model.get("cats") or {}).get("enc") or []
    found = {index: _values(encoding) for index, encoding in enumerate(encodings)}
    return {index: values for index, values in found.items() if values}


def _values(encoding: Mapping[str, Any]) -> tuple[str | int, ...]:
    values, offsets = encoding.get("values") or (), encoding.get("offsets")
    if offsets is None:
        return tuple(values)
    content = bytes(value & 0xFF for value in values)
    # XGBoost 3.2 cuts texts that are not ASCII, which must not keep the others from being read.
    return tuple(content[start:end].decode("utf-8", "replace") for start, end in itertools.pairwise(offsets))
