# SPDX-License-Identifier: Apache-2.0
"""TFX's runner for Kubeflow Pipelines and Vertex AI, which is not built yet; making one raises an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from penstock.orchestration.not_built import no_runner

_MEANWHILE = (
    "run it with LocalDagRunner or `penstock run`; a scheduler of your own can start each node of the IR that "
    "`penstock compile` prints with `penstock run-node`"
)


class KubeflowV2DagRunnerConfig:
    """What the runner is told; making one raises an error.

    Args:
        display_name: Name of the pipeline for people.
        default_image: Image of the containers, one for all or one each.
        default_commands: Command of the containers.
        use_pipeline_spec_2_1: Which form of the pipeline's document to write.
        **kwargs: What TFX hands to its base class.

    Raises:
        UsageError: Always.
    """

    def __init__(
        self,
        display_name: str | None = None,
        default_image: str | Mapping[str, str] | None = None,
        default_commands: Sequence[str] | None = None,
        use_pipeline_spec_2_1: bool = False,
        **kwargs: Any,
    ) -> NoReturn:
        no_runner("KubeflowV2DagRunnerConfig", _MEANWHILE)


class KubeflowV2DagRunner:
    """Writes a pipeline as Kubeflow's document; making one raises an error.

    Args:
        config: What it is told.
        output_dir: Folder of the document.
        output_filename: Name of the document.

    Raises:
        UsageError: Always.
    """

    def __init__(
        self,
        config: KubeflowV2DagRunnerConfig,
        output_dir: str | None = None,
        output_filename: str | None = None,
    ) -> NoReturn:
        no_runner("KubeflowV2DagRunner", _MEANWHILE)
