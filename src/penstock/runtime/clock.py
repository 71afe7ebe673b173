# SPDX-License-Identifier: Apache-2.0
"""Points in time as text, in UTC, which sort as they were."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> str:
    """Returns the present time in ISO 8601, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def new_run_id() -> str:
    """Returns an id made of the present time in UTC, which sorts as it was made."""
    return datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S.%f")
