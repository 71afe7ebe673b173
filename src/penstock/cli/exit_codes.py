# SPDX-License-Identifier: Apache-2.0
"""Exit codes of the ``penstock`` command."""

from __future__ import annotations

OK = 0
FAILED = 1
USAGE = 2
NOTHING_PUSHED = 3
SKIPPED = 99
"""``run-node`` only: the node was skipped, which schedulers know as a state of its own."""


def by_signal(number: int) -> int:
    """Returns the exit code of a process that a signal has ended."""
    return 128 + number
