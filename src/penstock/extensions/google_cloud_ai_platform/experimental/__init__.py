# SPDX-License-Identifier: Apache-2.0
"""TFX's ``extensions.google_cloud_ai_platform.experimental``: keys."""

from __future__ import annotations

from penstock.extensions.google_cloud_ai_platform.constants import ENDPOINT_ARGS_KEY as ENDPOINT_ARGS_KEY
from penstock.extensions.google_cloud_ai_platform.constants import (
    REMOTE_TRIALS_WORKING_DIR_KEY as REMOTE_TRIALS_WORKING_DIR_KEY,
)
from penstock.extensions.google_cloud_ai_platform.constants import SERVING_ARGS_KEY
from penstock.extensions.google_cloud_ai_platform.constants import TUNING_ARGS_KEY as TUNING_ARGS_KEY

BULK_INFERRER_SERVING_ARGS_KEY = SERVING_ARGS_KEY
PUSHER_SERVING_ARGS_KEY = SERVING_ARGS_KEY

__all__ = [
    "BULK_INFERRER_SERVING_ARGS_KEY",
    "ENDPOINT_ARGS_KEY",
    "PUSHER_SERVING_ARGS_KEY",
    "REMOTE_TRIALS_WORKING_DIR_KEY",
    "TUNING_ARGS_KEY",
]
