# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_ai_platform.bulk_inferrer.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.extensions.google_cloud_ai_platform.components import BulkInferrer

CloudAIBulkInferrerComponent = BulkInferrer

__all__ = ["CloudAIBulkInferrerComponent"]
