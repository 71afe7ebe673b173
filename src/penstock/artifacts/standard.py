# SPDX-License-Identifier: Apache-2.0
"""TFX's standard artifact types, with the names and properties that its metadata stores use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from penstock.artifacts.artifact import Artifact, BaseType, Property, PropertyType
from penstock.artifacts.value_artifact import Boolean as Boolean
from penstock.artifacts.value_artifact import Bytes as Bytes
from penstock.artifacts.value_artifact import Float as Float
from penstock.artifacts.value_artifact import Integer as Integer
from penstock.artifacts.value_artifact import JsonValue as JsonValue
from penstock.artifacts.value_artifact import String as String
from penstock.artifacts.value_artifact import ValueArtifact as ValueArtifact
from penstock.artifacts.value_artifact import annotated_value_type
from penstock.errors import DataError

_SPAN = Property(PropertyType.INT)
_VERSION = Property(PropertyType.INT)
_SPLIT_NAMES = Property(PropertyType.STRING)


class SplitArtifact(Artifact):
    """Base of the artifacts that hold one folder per split, ``Split-<name>``."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, in the order in which they were declared."""
        return tuple(json.loads(self.split_names)) if self.split_names else ()

    def set_splits(self, names: Sequence[str]) -> None:
        """Sets ``split_names``, the JSON list that TFX's readers expect."""
        self.set_property("split_names", json.dumps(list(names)))

    def split_uri(self, split: str) -> str:
        """Returns the folder of one split.

        Raises:
            DataError: The artifact has no such split.
        """
        if split not in self.splits:
            raise DataError(
                f"{self.type_name} artifact {self.id} has no split {split!r}",
                expected=f"one of {', '.join(self.splits) or '(none)'}",
                got=split,
            )
        return f"{self.uri}/Split-{split}"


class Examples(SplitArtifact):
    """Examples in one folder per split, as Parquet or as TFRecord of tf.Example."""

    TYPE_NAME = "Examples"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {
        "span": _SPAN,
        "version": _VERSION,
        "split_names": _SPLIT_NAMES,
    }
    TYPE_ANNOTATION: ClassVar[BaseType | None] = "Dataset"


class ExampleStatistics(SplitArtifact):
    """TFDV statistics, ``Split-<name>/FeatureStats.pb``."""

    TYPE_NAME = "ExampleStatistics"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {"span": _SPAN, "split_names": _SPLIT_NAMES}
    TYPE_ANNOTATION: ClassVar[BaseType | None] = "Statistics"


class ExampleAnomalies(SplitArtifact):
    """TFDV anomalies, ``Split-<name>/SchemaDiff.pb``."""

    TYPE_NAME = "ExampleAnomalies"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {"span": _SPAN, "split_names": _SPLIT_NAMES}


class Schema(Artifact):
    """A TensorFlow Metadata schema in text form, ``schema.pbtxt``."""

    TYPE_NAME = "Schema"

    @property
    def schema_file(self) -> str:
        """URI of the schema's text file."""
        return f"{self.uri}/schema.pbtxt"


class TransformGraph(Artifact):
    """A TFT output folder: ``transform_fn``, ``transformed_metadata``, ``metadata``."""

    TYPE_NAME = "TransformGraph"


class TransformCache(Artifact):
    """Analyzer cache of Transform, one folder per dataset."""

    TYPE_NAME = "TransformCache"


class Model(Artifact):
    """A trained model, servable under ``Format-Serving``."""

    TYPE_NAME = "Model"
    TYPE_ANNOTATION: ClassVar[BaseType | None] = "Model"

    @property
    def serving_uri(self) -> str:
        """Folder of the servable model."""
        return f"{self.uri}/Format-Serving"


class ModelRun(Artifact):
    """What training wrote beside the model, such as TensorBoard logs."""

    TYPE_NAME = "ModelRun"


class ModelEvaluation(Artifact):
    """TFMA's output: ``eval_config.json``, metrics, plots, validations."""

    TYPE_NAME = "ModelEvaluation"


class ModelBlessing(Artifact):
    """A file ``BLESSED`` or ``NOT_BLESSED``; the verdict stands in the custom property ``blessed``."""

    TYPE_NAME = "ModelBlessing"


class InfraBlessing(Artifact):
    """The verdict of InfraValidator."""

    TYPE_NAME = "InfraBlessing"


class PushedModel(Artifact):
    """A copy of a model that was pushed to its destination."""

    TYPE_NAME = "PushedModel"
    TYPE_ANNOTATION: ClassVar[BaseType | None] = "Model"


class HyperParameters(Artifact):
    """The best hyperparameters that a Tuner found, ``best_hyperparameters.txt``."""

    TYPE_NAME = "HyperParameters"


class TunerResults(Artifact):
    """All trials of a Tuner, ``tuner_results.json``."""

    TYPE_NAME = "TunerResults"


class InferenceResult(Artifact):
    """Predictions: Parquet, or TFRecord of PredictionLog as TFX writes it, ``prediction_logs-*.gz``."""

    TYPE_NAME = "InferenceResult"


class DeadLetters(Artifact):
    """Rows that failed in inference, with key, step, stage and cause, ``failed-rows-*.parquet``; none where none has.

    A type that TFX does not have.
    """

    TYPE_NAME = "DeadLetters"


class ExamplesDiff(Artifact):
    """The differences that ExampleDiff found between two sets of examples."""

    TYPE_NAME = "ExamplesDiff"


class ExternalArtifact(Artifact):
    """Something that lives outside every pipeline."""

    TYPE_NAME = "ExternalArtifact"


STANDARD_TYPES: Mapping[str, type[Artifact]] = {
    cls.TYPE_NAME: cls
    for cls in (
        Examples, ExampleStatistics, ExampleAnomalies, Schema, TransformGraph, TransformCache, Model, ModelRun,
        ModelEvaluation, ModelBlessing, InfraBlessing, PushedModel, HyperParameters, TunerResults, InferenceResult,
        DeadLetters, ExamplesDiff, ExternalArtifact, String, Bytes, Integer, Float, Boolean, JsonValue,
    )
}  # fmt: skip


def artifact_class(type_name: str, declared: type[Artifact] | None = None) -> type[Artifact]:
    """Returns the class of an artifact type: a standard one, ``declared``, or one made for an unknown name."""
    if declared is not None and declared.TYPE_NAME == type_name:
        return declared
    known = STANDARD_TYPES.get(type_name)
    if known is not None:
        return known
    for cls in _subclasses(Artifact):
        if cls.__dict__.get("TYPE_NAME") == type_name:
            return cls
    return annotated_value_type(type_name) or type(
        type_name, (Artifact,), {"TYPE_NAME": type_name, "__doc__": f"Artifacts of type {type_name}."}
    )


def _subclasses(cls: type[Artifact]) -> list[type[Artifact]]:
    found = []
    for sub in cls.__subclasses__():
        found += [sub, *_subclasses(sub)]
    return found


def from_json_dict(data: Mapping[str, Any]) -> Artifact:
    """Rebuilds an artifact from ``Artifact.to_json_dict``, also where the class that it had is not loaded."""
    cls = artifact_class(data["type"])
    undeclared = {name: value for name, value in data["properties"].items() if name not in cls.PROPERTIES}
    if undeclared:
        more = {name: Property(_kind(value)) for name, value in undeclared.items()}
        cls = type(cls.__name__, (cls,), {"PROPERTIES": {**cls.PROPERTIES, **more}, "__doc__": cls.__doc__})
    return cls(
        data["uri"],
        id=data["id"],
        name=data["name"],
        state=data["state"],
        properties=data["properties"],
        custom_properties=data["custom_properties"],
    )


def _kind(value: object) -> PropertyType:
    kinds = {int: PropertyType.INT, float: PropertyType.FLOAT, str: PropertyType.STRING}
    return kinds.get(type(value), PropertyType.JSON_VALUE)
