# SPDX-License-Identifier: Apache-2.0
"""Artifacts as HTML pages: one file each, nothing from the network, readable without JavaScript.

Pages are made of what the artifact's own files hold, without TensorFlow.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from penstock.artifacts.artifact import Artifact
from penstock.errors import DependencyError, UsageError

_PAGES: Mapping[str, str] = {
    "ExampleStatistics": "penstock.ui.html.statistics",
    "Schema": "penstock.ui.html.schema",
    "ExampleAnomalies": "penstock.ui.html.anomalies",
    "ModelEvaluation": "penstock.ui.html.evaluation",
    "InferenceResult": "penstock.ui.html.inference",
    "DeadLetters": "penstock.ui.html.inference",
}

RENDERED_TYPES = tuple(_PAGES)
"""Names of the artifact types that have a page."""


def render(artifact: Artifact) -> str:
    """Returns the HTML page of an artifact.

    Raises:
        UsageError: There is no page for artifacts of this type.
        DependencyError: The messages of TensorFlow Metadata are not installed.
        DataError: The artifact's files are damaged or not there.
    """
    module_name = _PAGES.get(artifact.type_name)
    if module_name is None:
        raise UsageError(
            f"there is no page for artifacts of type {artifact.type_name}",
            expected=f"one of {', '.join(RENDERED_TYPES)}",
            got=f"artifact {artifact.id} of type {artifact.type_name}",
        )
    try:
        page: str = importlib.import_module(module_name).render(artifact)
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{error.name} is not installed, which this page needs", hint="pip install 'penstock[tensorflow]'"
        ) from error
    return page
