# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_big_query.example_gen.component``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.query_based_example_gen.component import BigQueryExampleGen as BigQueryExampleGen
