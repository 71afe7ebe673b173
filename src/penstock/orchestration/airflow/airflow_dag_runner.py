# SPDX-License-Identifier: Apache-2.0
"""TFX's runner for Airflow, which is not built yet; making one raises an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from penstock.orchestration.not_built import no_runner

_MEANWHILE = (
    "have an Airflow task call `penstock run FILE`, or one task a node of the IR that `penstock compile` prints call "
    "`penstock run-node`"
)


class AirflowPipelineConfig:
    """What the runner is told; making one raises an error.

    Args:
        airflow_dag_config: Arguments of Airflow's DAG.
        **kwargs: What TFX hands to its base class.

    Raises:
        UsageError: Always.
    """

    def __init__(self, airflow_dag_config: Mapping[str, Any] | None = None, **kwargs: Any) -> NoReturn:
        no_runner("AirflowPipelineConfig", _MEANWHILE)


class AirflowDagRunner:
    """Makes an Airflow DAG of a pipeline; making one raises an error.

    Args:
        config: What it is told.

    Raises:
        UsageError: Always.
    """

    def __init__(self, config: AirflowPipelineConfig | Mapping[str, Any] | None = None) -> NoReturn:
        no_runner("AirflowDagRunner", _MEANWHILE)
