# SPDX-License-Identifier: Apache-2.0
"""TFX's path of LocalDagRunner."""

from __future__ import annotations

from penstock.runners.local import LocalDagRunner as LocalDagRunner
