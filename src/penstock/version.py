# SPDX-License-Identifier: Apache-2.0
"""The version of Penstock, and the TFX version whose names and layouts it writes."""

from __future__ import annotations

__version__ = "0.1.0"
TFX_COMPATIBLE_VERSION = "1.16.0"
