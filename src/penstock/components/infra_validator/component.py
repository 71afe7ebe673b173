# SPDX-License-Identifier: Apache-2.0
"""InfraValidator, with TFX's arguments, which is not built yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.messages.infra_validator import RequestSpec, ServingSpec, ValidationSpec


class InfraValidator(BaseComponent):
    """Tries a model in the server that is to serve it; not built yet, so that making one raises an error.

    Args:
        model: The model.
        serving_spec: The server, and where it is started.
        examples: Examples to send as requests.
        request_spec: How requests are made of the examples.
        validation_spec: How long and how often it is tried.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        model: Channel,
        serving_spec: ServingSpec | Mapping[str, Any],
        examples: Channel | None = None,
        request_spec: RequestSpec | Mapping[str, Any] | None = None,
        validation_spec: ValidationSpec | Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            "InfraValidator",
            "it is not built yet",
            "leave it out, and Pusher's infra_blessing too: Evaluator loads the model that it blesses and predicts "
            "with it; to try a server as well, write a component that makes an InfraBlessing artifact",
        )
