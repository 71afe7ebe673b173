# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.components.common``, for code that imports the older path."""
