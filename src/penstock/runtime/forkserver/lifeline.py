# SPDX-License-Identifier: Apache-2.0
"""Makes sure that no process outlives the one that it works for."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Has the kernel kill this process when its parent ends; ends at once if that happened already.

    The kernel looks at the thread that forked, so this is for children of processes with one thread.
    """
    _on_parents_end(signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def outlive_parent() -> None:
    """Takes ``die_with_parent`` back: from here on this process looks itself whether its parent is there."""
    _on_parents_end(0)


def _on_parents_end(number: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
