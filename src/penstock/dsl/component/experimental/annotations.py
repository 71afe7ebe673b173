# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.component.experimental.annotations``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.function_component.annotations import AsyncOutputArtifact as AsyncOutputArtifact
from penstock.components.function_component.annotations import (
    BeamComponentParameter as BeamComponentParameter,
)
from penstock.components.function_component.annotations import InputArtifact as InputArtifact
from penstock.components.function_component.annotations import OutputArtifact as OutputArtifact
from penstock.components.function_component.annotations import OutputDict as OutputDict
from penstock.components.function_component.annotations import Parameter as Parameter
