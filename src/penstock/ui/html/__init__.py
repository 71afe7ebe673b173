# SPDX-License-Identifier: Apache-2.0
"""Artifacts as HTML pages: one file each, nothing from the network, readable without JavaScript.

Pages are made of what the artifact's own files hold, without TensorFlow.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from penstock.artifacts.artifact import Artifact
from penstock.errors import DependencyError

_PAGES: Mapping[str, str] = {
    "ExampleStatistics": "penstock.ui.html.statistics",
    "Schema": "penstock.ui.html.schema",
    "ExampleAnomalies": "penstock.ui.html.anomalies",
    "ModelEvaluation": "penstock.ui.html.evaluation",
    "InferenceResult": "penstock.ui.html.inference",
    "DeadLetters": "penstock.ui.html.inference",
    "Examples": "penstock.ui.html.examples",
    "Model": "penstock.ui.html.model",
    "PushedModel": "penstock.ui.html.model",
}
_ANY_TYPE = "penstock.ui.html.properties"

RENDERED_TYPES = tuple(_PAGES)
"""Names of the artifact types that have a page of their own."""


def render(artifact: Artifact) -> str:
    """Returns the HTML page of an artifact; where its type has none of its own, one of its properties and files.

    Raises:
        DependencyError: The messages of TensorFlow Metadata are not installed.
        DataError: The artifact's files are damaged or not there.
    """
    module_name = _PAGES.get(artifact.type_name, _ANY_TYPE)
    try:
        page: str = importlib.import_module(module_name).render(artifact)
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{error.name} is not installed, which this page needs", hint="pip install 'penstock[tensorflow]'"
        ) from error
    return page
