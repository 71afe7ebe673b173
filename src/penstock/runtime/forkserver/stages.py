# SPDX-License-Identifier: Apache-2.0
"""Plans the chain of parents from what nodes require."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Stage = tuple[str, ...]


def plan_stages(requirements: Iterable[Sequence[str]]) -> tuple[Stage, ...]:
    """Returns the modules that each stage imports on top of the stage before.

    Args:
        requirements: Modules required by each node, in the order in which the nodes will run.

    Returns:
        One tuple of module names per stage; the first stage is empty and serves nodes that require nothing.
    """
    stages: list[Stage] = [()]
    loaded: set[str] = set()
    for modules in requirements:
        more = tuple(name for name in dict.fromkeys(modules) if name not in loaded)
        if more:
            stages.append(more)
            loaded.update(more)
    return tuple(stages)


def stage_for(stages: Sequence[Stage], modules: Sequence[str]) -> int:
    """Returns the index of the first stage that has imported all of ``modules``; the last where none has."""
    loaded: set[str] = set()
    for index, stage in enumerate(stages):
        loaded.update(stage)
        if loaded.issuperset(modules):
            return index
    return len(stages) - 1
