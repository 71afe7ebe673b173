# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration``: runners, and where metadata is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.orchestration import beam as beam
    from penstock.orchestration import data_types as data_types
    from penstock.orchestration import experimental as experimental
    from penstock.orchestration import local as local
    from penstock.orchestration import metadata as metadata
    from penstock.orchestration import pipeline as pipeline
    from penstock.runners.beam import BeamDagRunner as BeamDagRunner
    from penstock.runners.local import LocalDagRunner as LocalDagRunner
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "BeamDagRunner": "penstock.runners.beam",
            "LocalDagRunner": "penstock.runners.local",
            "beam": "penstock.orchestration.beam:",
            "data_types": "penstock.orchestration.data_types:",
            "experimental": "penstock.orchestration.experimental:",
            "local": "penstock.orchestration.local:",
            "metadata": "penstock.orchestration.metadata:",
            "pipeline": "penstock.orchestration.pipeline:",
        },
    )
