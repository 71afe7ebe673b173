# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.util``, for code that imports the older path."""
