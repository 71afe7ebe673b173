# SPDX-License-Identifier: Apache-2.0
"""TFX's ``orchestration.experimental.interactive``: pipelines in notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.orchestration.experimental.interactive import interactive_context as interactive_context
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {"interactive_context": "penstock.orchestration.experimental.interactive.interactive_context:"},
    )
