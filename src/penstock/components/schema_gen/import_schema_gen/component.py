# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.schema_gen.import_schema_gen.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.import_schema_gen.component import ImportSchemaGen as ImportSchemaGen
