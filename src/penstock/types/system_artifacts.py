# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.system_artifacts``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.annotations import Dataset as Dataset
from penstock.artifacts.annotations import Metrics as Metrics
from penstock.artifacts.annotations import Model as Model
from penstock.artifacts.annotations import Statistics as Statistics
