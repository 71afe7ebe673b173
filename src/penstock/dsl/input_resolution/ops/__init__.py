# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.input_resolution.ops``, for code that imports the older path."""
