# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.experimental.node_execution_options``, for code that imports the older path."""
