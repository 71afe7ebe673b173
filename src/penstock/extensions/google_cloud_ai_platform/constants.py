# SPDX-License-Identifier: Apache-2.0
"""Keys of ``custom_config`` by which TFX's components for Vertex AI and AI Platform are told what to do."""

from __future__ import annotations

from typing import Final

ENABLE_VERTEX_KEY: Final = "ai_platform_enable_vertex"
VERTEX_REGION_KEY: Final = "ai_platform_vertex_region"
VERTEX_CONTAINER_IMAGE_URI_KEY: Final = "ai_platform_vertex_container_image_uri"
SERVING_ARGS_KEY: Final = "ai_platform_serving_args"
ENDPOINT_ARGS_KEY: Final = "endpoint"

TRAINING_ARGS_KEY: Final = "ai_platform_training_args"
JOB_ID_KEY: Final = "ai_platform_training_job_id"
LABELS_KEY: Final = "ai_platform_training_labels"
ENABLE_UCAIP_KEY: Final = "ai_platform_training_enable_ucaip"
UCAIP_REGION_KEY: Final = "ai_platform_training_ucaip_region"

TUNING_ARGS_KEY: Final = "ai_platform_tuning_args"
REMOTE_TRIALS_WORKING_DIR_KEY: Final = "remote_trials_working_dir"
