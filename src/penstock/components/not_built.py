# SPDX-License-Identifier: Apache-2.0
"""How a component of TFX answers that Penstock has no equal of yet: by its name, with TFX's arguments, and an error.

Pipelines that name one can be imported and read; what cannot be had is said where it is made.
"""

from __future__ import annotations

from typing import NoReturn

from penstock.errors import PipelineError


def not_built(component: str, reason: str, meanwhile: str) -> NoReturn:
    """Refuses to make a component.

    Args:
        component: Its name.
        reason: Why there is none, as a clause.
        meanwhile: What to use until there is.

    Raises:
        PipelineError: Always.
    """
    raise PipelineError(f"{component} cannot be used: {reason}", hint=meanwhile)
