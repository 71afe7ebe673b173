# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_big_query.pusher``, for code that imports the older path."""
