# SPDX-License-Identifier: Apache-2.0
"""What this machine has, against what nodes ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from glob import glob
from pathlib import Path

from penstock.ir.model import PipelineIR, ResourcesIR

_GIB = 1 << 30
_CGROUP_LIMIT = "/sys/fs/cgroup/memory.max"
_ACCELERATORS = ("/dev/nvidia[0-9]*", "/dev/kfd", "/dev/accel*")


def memory_gib() -> float | None:
    """Returns the memory that this process may use, in GiB; ``None`` where the system does not say."""
    limits: list[float] = []
    with suppress(ValueError, OSError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ValueError, OSError):  # there is no control group, or it has no limit: "max"
        limits.append(float(Path(_CGROUP_LIMIT).read_text(encoding="ascii")))
    return min(limits) / _GIB if limits else None


def accelerators() -> int:
    """Returns how many accelerators the system shows."""
    return sum(len(glob(pattern)) for pattern in _ACCELERATORS)


def shortages(
    ir: PipelineIR,
    memory: Callable[[], float | None] = memory_gib,
    devices: Callable[[], int] = accelerators,
) -> dict[str, str]:
    """Returns what nodes ask for that this machine does not have, as a sentence by node.

    Processor cores are not among it: a node that asks for more than there are takes all.
    """
    asking = {node.id: node.resources for node in ir.nodes if node.resources is not None}
    if not asking:
        return {}
    found = {node_id: _shortage(asked, memory(), devices()) for node_id, asked in asking.items()}
    return {node_id: text for node_id, text in found.items() if text}


def _shortage(asked: ResourcesIR, memory: float | None, devices: int) -> str:
    parts = []
    if asked.memory_gib is not None and memory is not None and asked.memory_gib > memory:
        parts.append(f"{asked.memory_gib:g} GiB of memory, of which this machine has {memory:.1f}")
    if asked.accelerators and asked.accelerators > devices:
        kind = f" ({asked.accelerator_type})" if asked.accelerator_type else ""
        parts.append(f"{asked.accelerators} accelerators{kind}, of which this machine shows {devices}")
    return f"it asks for {', and '.join(parts)}" if parts else ""
