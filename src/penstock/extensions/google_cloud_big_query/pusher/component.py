# SPDX-License-Identifier: Apache-2.0
"""The component that deploys a model into BigQuery ML, with TFX's arguments; making one raises an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent


class Pusher(BaseComponent):
    """Makes a model of BigQuery ML from a SavedModel; making one raises an error.

    Args:
        model: The model.
        model_blessing: Whether Evaluator blessed it.
        infra_blessing: Whether InfraValidator did.
        custom_config: Under ``PUSHER_SERVING_ARGS_KEY``, project, dataset and model name.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        model: Channel | None = None,
        model_blessing: Channel | None = None,
        infra_blessing: Channel | None = None,
        custom_config: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            "extensions.google_cloud_big_query.Pusher",
            "Penstock makes no models in BigQuery ML",
            "use components.Pusher with a gs:// folder as push_destination (pip install 'penstock[gcs]'), and CREATE "
            "MODEL from there; BulkInferrer writes predictions to BigQuery without it (penstock[bigquery])",
        )
