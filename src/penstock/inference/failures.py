# SPDX-License-Identifier: Apache-2.0
"""Rows that cannot be predicted: found out by halving, while their neighbours go on."""

from __future__ import annotations

from penstock.errors import UserCodeError


class BrokenContractError(UserCodeError):
    """The user's code does what no rows can be blamed for: another number of rows, or something that is no batch."""
