# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.artifact``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.artifact import Artifact as Artifact
from penstock.artifacts.artifact import Property as Property
from penstock.artifacts.artifact import PropertyType as PropertyType

DEFAULT_EXAMPLE_SPLITS = ["train", "eval"]
