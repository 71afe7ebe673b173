# SPDX-License-Identifier: Apache-2.0
"""The type of what a parameter may hold."""

from __future__ import annotations

from typing import Any

from penstock.messages.message import Message

JsonableType = bool | bytes | float | int | str | dict[Any, Any] | list[Any] | Message | None
"""What a component's parameter may hold: plain data, a message, or a list or dictionary of these."""
