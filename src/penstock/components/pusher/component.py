# SPDX-License-Identifier: Apache-2.0
"""Declaration of Pusher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.artifacts.standard import InfraBlessing, Model, ModelBlessing, PushedModel
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import ExecutorSpec
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import never_empty
from penstock.ir.model import ExecutionBaseType
from penstock.messages.pusher import PushDestination
from penstock.models.signature import ModelInfo
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class PusherInputs:
    """What Pusher reads."""

    model: Model | None = None
    model_blessing: ModelBlessing | None = never_empty()
    infra_blessing: InfraBlessing | None = never_empty()


@dataclass(frozen=True, slots=True)
class PusherOutputs:
    """What Pusher makes."""

    pushed_model: PushedModel


@dataclass(frozen=True, slots=True)
class PusherParameters:
    """Parameters of Pusher.

    Attributes:
        push_destination: The folder that takes a sub-folder per version; only a custom executor can do without one.
        custom_config: Anything that JSON can hold, for a custom executor.
    """

    push_destination: PushDestination | None = None
    custom_config: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PusherPlan:
    """What the driver decided.

    Attributes:
        source_uri: Folder whose content is pushed.
        destination_uri: Folder that takes the version; empty where a custom executor pushes elsewhere.
    """

    source_uri: str
    destination_uri: str


@dataclass(frozen=True, slots=True)
class PusherResult:
    """What the executor reports.

    Attributes:
        version: The version, as seconds since the epoch, or the next free number after that.
        uri: Folder of the version.
        copied: Whether it was copied; ``False`` where the newest version there already was this model.
        size_bytes: Bytes of all its files.
        model: What was pushed; ``None`` where its files are of no known flavor.
    """

    version: int
    uri: str
    copied: bool
    size_bytes: int
    model: ModelInfo | None = None


PusherWork = Work[PusherInputs, PusherOutputs, PusherParameters, PusherPlan]
"""What executor and publisher see."""


class Pusher(BaseComponent):
    """Pushes a model to a folder from which it is served, if it is blessed.

    Each push is a new sub-folder named by the time in seconds, which appears whole or not at all, as TensorFlow
    Serving wants it. Models of any flavor can be pushed. Without a blessing as input the model is pushed as it is;
    a blessing that refuses makes Pusher a skipped node, which is a normal outcome.

    Args:
        model: The model; may be left out where InfraValidator hands one on.
        model_blessing: Evaluator's verdict.
        infra_blessing: InfraValidator's verdict; where it holds a model with warm-up requests, that one is pushed.
        push_destination: Folder of versions, local or on whatever fsspec knows; relative to the project's root.
        custom_config: Anything that JSON can hold, for ``custom_executor_spec``; nothing else takes it.
        custom_executor_spec: Pushes elsewhere: ``ExecutorClassSpec`` of a class with TFX's ``Do``. It gets the blessed
            model, and what it sets on ``output_dict['pushed_model']`` is recorded.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.pusher.component.Pusher"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Deploy"
    Inputs = PusherInputs
    Outputs = PusherOutputs
    Parameters = PusherParameters
    Plan = PusherPlan
    Result = PusherResult
    DRIVER = "penstock.components.pusher.driver:PusherDriver"
    EXECUTOR = "penstock.components.pusher.executor:PusherExecutor"
    PUBLISHER = "penstock.components.pusher.publisher:PusherPublisher"

    def __init__(
        self,
        model: Channel | None = None,
        model_blessing: Channel | None = None,
        infra_blessing: Channel | None = None,
        push_destination: PushDestination | Mapping[str, Any] | RuntimeParameter | None = None,
        custom_config: Mapping[str, Any] | None = None,
        custom_executor_spec: ExecutorSpec | None = None,
    ) -> None:
        if model is None and infra_blessing is None:
            raise PipelineError(
                "Pusher has nothing to push",
                component="Pusher",
                expected="the input model, or infra_blessing",
            )
        if push_destination is None and custom_executor_spec is None:
            raise ParameterError(
                "parameter 'push_destination' is missing",
                component="Pusher",
                expected="PushDestination(filesystem=PushDestination.Filesystem(base_directory='…'))",
            )
        if custom_config and custom_executor_spec is None:
            raise ParameterError(
                "Pusher takes no custom_config",
                component="Pusher",
                expected="push_destination alone: this Pusher copies files and has nothing to configure",
                got=", ".join(map(str, custom_config)),
                hint="leave it out, or use the component of the service that it is meant for",
            )
        super().__init__(
            inputs={"model": model, "model_blessing": model_blessing, "infra_blessing": infra_blessing},
            parameters={"push_destination": push_destination, "custom_config": custom_config},
            custom_executor_spec=custom_executor_spec,
        )
