# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.experimental.conditionals``, for code that imports the older path."""
