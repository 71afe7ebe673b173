# SPDX-License-Identifier: Apache-2.0
"""The sklearn flavor: estimators and pipelines in joblib's or pickle's format."""
