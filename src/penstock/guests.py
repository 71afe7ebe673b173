# SPDX-License-Identifier: Apache-2.0
"""Guests: components of other frameworks as nodes of a Penstock pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.components.tfx_guest.component import tfx_component as tfx_component
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__, {"tfx_component": "penstock.components.tfx_guest.component"}
    )
