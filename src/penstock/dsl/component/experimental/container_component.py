# SPDX-License-Identifier: Apache-2.0
"""TFX's ``create_container_component``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.container_component.component import (
        create_container_component as create_container_component,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {
            "create_container_component": "penstock.components.container_component.component",
        },
    )
