# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.util.model_utils``: what blessings say."""

from __future__ import annotations

from penstock.artifacts.artifact import Artifact


def is_model_blessed(model_blessing: Artifact) -> bool:
    """Says whether Evaluator has blessed the model."""
    return model_blessing.get_int_custom_property("blessed") == 1


def is_infra_validated(infra_blessing: Artifact) -> bool:
    """Says whether InfraValidator has blessed the model."""
    return infra_blessing.get_int_custom_property("blessed") == 1
