# SPDX-License-Identifier: Apache-2.0
"""What kind of artifact or of work a type stands for in the metadata store.

``Dataset``, ``Metrics``, ``Model`` and ``Statistics`` are for ``TYPE_ANNOTATION`` of an artifact type, the others for
``component_annotation`` of ``@component`` and ``TYPE_ANNOTATION`` of a component's specification. They are names.
"""

from __future__ import annotations

from typing import Final

Dataset: Final = "Dataset"
Metrics: Final = "Metrics"
Model: Final = "Model"
Statistics: Final = "Statistics"

Deploy: Final = "Deploy"
Evaluate: Final = "Evaluate"
Process: Final = "Process"
Train: Final = "Train"
Transform: Final = "Transform"
