# SPDX-License-Identifier: Apache-2.0
"""TFX's ``extensions.google_cloud_ai_platform``: keys, and components that say what to use instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.extensions.google_cloud_ai_platform import experimental as experimental
    from penstock.extensions.google_cloud_ai_platform.components import BulkInferrer as BulkInferrer
    from penstock.extensions.google_cloud_ai_platform.components import Pusher as Pusher
    from penstock.extensions.google_cloud_ai_platform.components import Trainer as Trainer
    from penstock.extensions.google_cloud_ai_platform.components import Tuner as Tuner
    from penstock.extensions.google_cloud_ai_platform.constants import ENABLE_UCAIP_KEY as ENABLE_UCAIP_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import ENABLE_VERTEX_KEY as ENABLE_VERTEX_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import JOB_ID_KEY as JOB_ID_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import LABELS_KEY as LABELS_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import SERVING_ARGS_KEY as SERVING_ARGS_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import TRAINING_ARGS_KEY as TRAINING_ARGS_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import UCAIP_REGION_KEY as UCAIP_REGION_KEY
    from penstock.extensions.google_cloud_ai_platform.constants import (
        VERTEX_CONTAINER_IMAGE_URI_KEY as VERTEX_CONTAINER_IMAGE_URI_KEY,
    )
    from penstock.extensions.google_cloud_ai_platform.constants import VERTEX_REGION_KEY as VERTEX_REGION_KEY
else:
    _COMPONENTS = ("BulkInferrer", "Pusher", "Trainer", "Tuner")
    _KEYS = (
        "ENABLE_UCAIP_KEY", "ENABLE_VERTEX_KEY", "JOB_ID_KEY", "LABELS_KEY", "SERVING_ARGS_KEY", "TRAINING_ARGS_KEY",
        "UCAIP_REGION_KEY", "VERTEX_CONTAINER_IMAGE_URI_KEY", "VERTEX_REGION_KEY",
    )  # fmt: skip
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        dict.fromkeys(_COMPONENTS, f"{__name__}.components")
        | dict.fromkeys(_KEYS, f"{__name__}.constants")
        | {"experimental": f"{__name__}.experimental:"},
    )
