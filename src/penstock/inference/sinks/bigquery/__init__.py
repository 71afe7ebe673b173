# SPDX-License-Identifier: Apache-2.0
"""The sink that is a table of BigQuery."""

from __future__ import annotations
