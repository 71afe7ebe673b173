# SPDX-License-Identifier: Apache-2.0
"""Clears away what Beam leaves behind of every pipeline, so that a stream of pipelines does not grow."""

from __future__ import annotations

import sys
from typing import Any


def forget_shared_models() -> int:
    """Removes the entries that Beam keeps of the models of pipelines; returns how many.

    RunInference registers its model under a key of its own in a map of the process (``apache_beam.utils.shared``) that
    only grows: some 600 bytes for each model step of each pipeline. A pipeline that is still running would just load
    its model anew. Where a release of Beam has no such map, there is nothing to do.
    """
    module: Any = sys.modules.get("apache_beam.utils.shared")
    shared = getattr(module, "_shared_map", None)
    entries = getattr(shared, "_cache_map", None)
    lock = getattr(shared, "_lock", None)
    if not isinstance(entries, dict) or lock is None:
        return 0
    with lock:
        count = len(entries)
        entries.clear()
    return count
