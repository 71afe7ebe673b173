# SPDX-License-Identifier: Apache-2.0
"""TFX's ``extensions.google_cloud_big_query``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.query_based_example_gen.component import BigQueryExampleGen as BigQueryExampleGen
    from penstock.extensions.google_cloud_big_query.pusher.component import Pusher as Pusher
    from penstock.extensions.google_cloud_big_query.pusher.executor import (
        PUSHER_SERVING_ARGS_KEY as PUSHER_SERVING_ARGS_KEY,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "BigQueryExampleGen": "penstock.components.query_based_example_gen.component",
            "PUSHER_SERVING_ARGS_KEY": f"{__name__}.pusher.executor",
            "Pusher": f"{__name__}.pusher.component",
        },
    )
