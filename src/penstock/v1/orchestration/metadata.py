# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.v1.orchestration.metadata``, for code that imports from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import names_of

if TYPE_CHECKING:
    from penstock.orchestration.metadata import *  # noqa: F403  all names, whatever they are
else:
    __getattr__, __dir__ = names_of("penstock.orchestration.metadata")
