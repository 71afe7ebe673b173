# SPDX-License-Identifier: Apache-2.0
"""Examples from JSON Lines files: one JSON object a line, one feature a key."""

from components.json_lines_example_gen.component import JsonLinesExampleGen as JsonLinesExampleGen
