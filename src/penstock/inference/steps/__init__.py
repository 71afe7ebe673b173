# SPDX-License-Identifier: Apache-2.0
"""What the steps of a graph do with rows."""

from __future__ import annotations
