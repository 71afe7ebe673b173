# SPDX-License-Identifier: Apache-2.0
"""TFX's ``extensions``: Google Cloud's services.

Data from BigQuery can be had. The components that hand work to Vertex AI or BigQuery ML can be imported, and say when
they are made what to use instead; their keys are those of TFX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.extensions import google_cloud_ai_platform as google_cloud_ai_platform
    from penstock.extensions import google_cloud_big_query as google_cloud_big_query
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "google_cloud_ai_platform": "penstock.extensions.google_cloud_ai_platform:",
            "google_cloud_big_query": "penstock.extensions.google_cloud_big_query:",
        },
    )
