# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.orchestration.airflow``, for code that imports the older path."""
