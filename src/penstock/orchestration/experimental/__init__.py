# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration.experimental``: exit handlers, and the runner for Kubeflow, which is not built yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.function_component.exit_handler import exit_handler as exit_handler
    from penstock.components.function_component.final_status import FinalStatusStr as FinalStatusStr
    from penstock.orchestration.experimental import interactive as interactive
    from penstock.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import (
        KubeflowV2DagRunner as KubeflowV2DagRunner,
    )
    from penstock.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import (
        KubeflowV2DagRunnerConfig as KubeflowV2DagRunnerConfig,
    )
else:
    _KUBEFLOW = "penstock.orchestration.kubeflow.v2.kubeflow_v2_dag_runner"
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "FinalStatusStr": "penstock.components.function_component.final_status",
            "KubeflowV2DagRunner": _KUBEFLOW,
            "KubeflowV2DagRunnerConfig": _KUBEFLOW,
            "exit_handler": "penstock.components.function_component.exit_handler",
            "interactive": "penstock.orchestration.experimental.interactive:",
        },
    )
