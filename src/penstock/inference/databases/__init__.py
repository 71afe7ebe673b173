# SPDX-License-Identifier: Apache-2.0
"""Databases by URL, through SQLAlchemy: what sinks write to and lookups read from.

``penstock.inference.databases.lookup.Database`` reads rows by key; sinks write through ``open_engine``.
"""

from __future__ import annotations
