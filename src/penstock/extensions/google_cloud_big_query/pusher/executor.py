# SPDX-License-Identifier: Apache-2.0
"""Key of ``custom_config`` by which TFX's Pusher for BigQuery ML is told project, dataset and name of the model."""

from __future__ import annotations

from typing import Final

SERVING_ARGS_KEY: Final = "bigquery_serving_args"

PUSHER_SERVING_ARGS_KEY: Final = SERVING_ARGS_KEY
"""Its name in ``tfx.v1``."""
