# SPDX-License-Identifier: Apache-2.0
"""TFX's path of BeamDagRunner."""

from __future__ import annotations

from penstock.runners.beam import BeamDagRunner as BeamDagRunner
