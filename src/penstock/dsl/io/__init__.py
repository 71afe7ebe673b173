# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.io``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.dsl.io import fileio as fileio
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, {"fileio": "penstock.dsl.io.fileio:"})
