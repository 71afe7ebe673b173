# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.extensions.google_cloud_ai_platform.pusher``, for code that imports the older path."""
