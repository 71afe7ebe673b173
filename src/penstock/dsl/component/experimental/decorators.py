# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.dsl.component.experimental.decorators``, for code that imports the older path."""

from __future__ import annotations

from penstock.components.function_component.component import (
    BaseFunctionalComponent as BaseFunctionalComponent,
)
from penstock.components.function_component.component import (
    BaseFunctionalComponentFactory as BaseFunctionalComponentFactory,
)
from penstock.components.function_component.component import component as component
