# SPDX-License-Identifier: Apache-2.0
"""TFX's ``proto.orchestration``."""

from __future__ import annotations

from penstock.messages.run_state import RunState as RunState
