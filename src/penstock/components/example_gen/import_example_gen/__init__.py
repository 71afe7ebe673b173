# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.example_gen.import_example_gen``, for code that imports the older path."""
