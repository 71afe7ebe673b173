# SPDX-License-Identifier: Apache-2.0
"""Sinks that are folders of files, on a disk or in an object store."""

from __future__ import annotations
