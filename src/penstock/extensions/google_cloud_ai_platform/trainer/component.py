# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_ai_platform.trainer.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.extensions.google_cloud_ai_platform.components import Trainer as Trainer
