# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.base``, for code that imports the older path."""
