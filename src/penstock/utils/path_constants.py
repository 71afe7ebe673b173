# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.path_constants``: names of folders in a Model artifact."""

from __future__ import annotations

EVAL_MODEL_DIR = "Format-TFMA"
SERVING_MODEL_DIR = "Format-Serving"
STAMPED_MODEL_DIR = "stamped_model"
TFMA_EVAL = "tfma_eval"
TF_ESTIMATOR = "tf_estimator"
TF_KERAS = "tf_keras"
TF_GENERIC = "tf_generic"
TF_LITE = "tf_lite"
TF_JS = "tf_js"
