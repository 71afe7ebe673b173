# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_big_query.example_gen``, for code that imports the older path."""
