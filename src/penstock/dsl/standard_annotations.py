# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.standard_annotations``: what kind of artifact or of work a type stands for in the metadata store."""

from __future__ import annotations

from penstock.artifacts.annotations import Dataset as Dataset
from penstock.artifacts.annotations import Deploy as Deploy
from penstock.artifacts.annotations import Evaluate as Evaluate
from penstock.artifacts.annotations import Metrics as Metrics
from penstock.artifacts.annotations import Model as Model
from penstock.artifacts.annotations import Process as Process
from penstock.artifacts.annotations import Statistics as Statistics
from penstock.artifacts.annotations import Train as Train
from penstock.artifacts.annotations import Transform as Transform
