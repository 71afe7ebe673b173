# SPDX-License-Identifier: Apache-2.0
"""TFX's path of the interactive context."""

from __future__ import annotations

from penstock.notebook.context import InteractiveContext as InteractiveContext
