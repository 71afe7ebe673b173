# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.components.example_gen.csv_example_gen.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.csv_example_gen.component import CsvExampleGen as CsvExampleGen
