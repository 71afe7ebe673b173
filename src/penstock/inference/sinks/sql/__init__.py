# SPDX-License-Identifier: Apache-2.0
"""Sinks that are tables of a database."""

from __future__ import annotations
