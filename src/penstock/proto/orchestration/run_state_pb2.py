# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.proto.orchestration.run_state_pb2``, for code that imports the older path."""

from __future__ import annotations

from penstock.messages.run_state import RunState as RunState
