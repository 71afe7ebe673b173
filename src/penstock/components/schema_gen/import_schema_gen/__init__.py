# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.schema_gen.import_schema_gen``, for code that imports the older path."""
