# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.types.system_executions``, for code that imports the older path."""

from __future__ import annotations

from penstock.artifacts.annotations import Deploy as Deploy
from penstock.artifacts.annotations import Evaluate as Evaluate
from penstock.artifacts.annotations import Process as Process
from penstock.artifacts.annotations import Train as Train
from penstock.artifacts.annotations import Transform as Transform
