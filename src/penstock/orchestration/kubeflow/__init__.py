# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.kubeflow``, for code that imports the older path."""
