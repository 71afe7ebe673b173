# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.components``: what components that are Python functions are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.function_component.annotations import AsyncOutputArtifact as AsyncOutputArtifact
    from penstock.components.function_component.annotations import (
        BeamComponentParameter as BeamComponentParameter,
    )
    from penstock.components.function_component.annotations import InputArtifact as InputArtifact
    from penstock.components.function_component.annotations import OutputArtifact as OutputArtifact
    from penstock.components.function_component.annotations import OutputDict as OutputDict
    from penstock.components.function_component.annotations import Parameter as Parameter
    from penstock.components.function_component.component import component as component
else:
    _ANNOTATIONS = "penstock.components.function_component.annotations"
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "AsyncOutputArtifact": _ANNOTATIONS,
            "BeamComponentParameter": _ANNOTATIONS,
            "InputArtifact": _ANNOTATIONS,
            "OutputArtifact": _ANNOTATIONS,
            "OutputDict": _ANNOTATIONS,
            "Parameter": _ANNOTATIONS,
            "component": "penstock.components.function_component.component",
        },
    )
