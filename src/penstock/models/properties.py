# SPDX-License-Identifier: Apache-2.0
"""What is recorded of a model on its artifact, so that whoever reads the metadata need not read the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.models.signature import ModelInfo, Signature

FLAVOR = "flavor"
"""Custom property: name of the model's flavor; not set where its files are of no known one."""

SIGNATURES = "signatures"
"""Custom property: list of signatures, each as ``Signature.to_json_dict`` gives it."""

LIBRARY_VERSION = "library_version"
"""Custom property: version of the library that saved the model."""

CLASSES = "classes"
"""Custom property: list of what a classifier tells apart, in the order of its probabilities."""

METRICS = "metrics"
"""Custom property: final metrics that training reported, by name."""


def model_properties(
    info: ModelInfo | None, metrics: Mapping[str, float] | None = None
) -> dict[str, PropertyValue]:
    """Returns the custom properties of a model's artifact; nothing is recorded of what is not known."""
    properties: dict[str, PropertyValue] = {}
    if info is not None:
        properties[FLAVOR] = info.flavor
        properties[SIGNATURES] = [signature.to_json_dict() for signature in info.signatures]
        properties[LIBRARY_VERSION] = info.library_version
        properties[CLASSES] = list(info.classes)
    properties[METRICS] = dict(metrics or {})
    return {name: value for name, value in properties.items() if value}


def recorded_info(artifact: Artifact) -> ModelInfo | None:
    """Returns what was recorded of a model, ``None`` where nothing was (a model that TFX made, or an imported one)."""
    flavor = artifact.get_string_custom_property(FLAVOR)
    if not flavor:
        return None
    rows: Any = artifact.get_json_value_custom_property(SIGNATURES) or []
    classes: Any = artifact.get_json_value_custom_property(CLASSES) or []
    return ModelInfo(
        flavor,
        tuple(Signature.from_json_dict(row) for row in rows),
        artifact.get_string_custom_property(LIBRARY_VERSION),
        tuple(classes),
    )
