# SPDX-License-Identifier: Apache-2.0
"""TFX's ``utils``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.lazy import lazy_names

if TYPE_CHECKING:
    from penstock.utils.jsonable import JsonableType as JsonableType
    from penstock.utils.pbtxt import parse_pbtxt_file as parse_pbtxt_file
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        {"JsonableType": "penstock.utils.jsonable", "parse_pbtxt_file": "penstock.utils.pbtxt"},
    )
