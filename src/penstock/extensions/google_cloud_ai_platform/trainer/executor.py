# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_ai_platform.trainer.executor``, for code that imports the older path."""

from __future__ import annotations

from penstock.extensions.google_cloud_ai_platform.constants import ENABLE_UCAIP_KEY as ENABLE_UCAIP_KEY
from penstock.extensions.google_cloud_ai_platform.constants import JOB_ID_KEY as JOB_ID_KEY
from penstock.extensions.google_cloud_ai_platform.constants import LABELS_KEY as LABELS_KEY
from penstock.extensions.google_cloud_ai_platform.constants import TRAINING_ARGS_KEY as TRAINING_ARGS_KEY
from penstock.extensions.google_cloud_ai_platform.constants import UCAIP_REGION_KEY as UCAIP_REGION_KEY
