# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.value_artifact``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.value_artifact import ValueArtifact as ValueArtifact
