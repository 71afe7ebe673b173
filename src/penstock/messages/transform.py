# SPDX-License-Identifier: Apache-2.0
"""Configuration of Transform."""

from __future__ import annotations

from penstock.messages.fields import Repeated
from penstock.messages.kinds import STRING
from penstock.messages.message import Message


class SplitsConfig(Message, package="tfx.components.transform"):
    """Which splits Transform works on.

    Attributes:
        analyze: Splits whose data the analyzers see.
        transform: Splits that are transformed.
    """

    analyze: Repeated[str] = Repeated(STRING)
    transform: Repeated[str] = Repeated(STRING)
