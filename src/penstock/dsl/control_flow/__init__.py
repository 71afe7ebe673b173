# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.control_flow``, for code that imports the older path."""
