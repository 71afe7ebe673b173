# SPDX-License-Identifier: Apache-2.0
"""What can be refused of a graph before anything runs."""

from __future__ import annotations

from penstock.inference.ways import ends as ends
from penstock.inference.ways import ordered as ordered
