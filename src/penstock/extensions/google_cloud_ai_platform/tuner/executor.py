# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_ai_platform.tuner.executor``, for code that imports the older path."""

from __future__ import annotations

from penstock.extensions.google_cloud_ai_platform.constants import (
    REMOTE_TRIALS_WORKING_DIR_KEY as REMOTE_TRIALS_WORKING_DIR_KEY,
)
from penstock.extensions.google_cloud_ai_platform.constants import TUNING_ARGS_KEY as TUNING_ARGS_KEY
