# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.example_gen.import_example_gen.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.import_example_gen.component import ImportExampleGen as ImportExampleGen
