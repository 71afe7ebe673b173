# SPDX-License-Identifier: Apache-2.0
"""Which part of a pipeline is to be run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from penstock.errors import UsageError


@dataclass(frozen=True, slots=True)
class RunOptions:
    """A partial run: the nodes that follow ``from_nodes`` and that ``to_nodes`` need, both ends included.

    What these read of other nodes is taken from an earlier run. A sub-pipeline's id stands for all its nodes.

    Args:
        from_nodes: Ids of the first nodes; ``None`` begins at the beginning.
        to_nodes: Ids of the last nodes; ``None`` goes to the end.
        base_pipeline_run_id: The earlier run; the latest one of the pipeline where it is not given.

    Raises:
        UsageError: Neither end is given, or one is no collection of ids.
    """

    from_nodes: Collection[str] | None = None
    to_nodes: Collection[str] | None = None
    base_pipeline_run_id: str | None = None

    def __post_init__(self) -> None:
        for name in ("from_nodes", "to_nodes"):
            given = getattr(self, name)
            is_ids = not isinstance(given, (str, bytes)) and isinstance(given, Collection)
            if given is not None and not (is_ids and all(isinstance(item, str) for item in given)):
                raise UsageError(
                    f"{name} of RunOptions is no collection of ids",
                    expected="a list of node ids, such as [trainer.id]",
                    got=f"{given!r} ({type(given).__name__})",
                )
        if not (self.from_nodes or self.to_nodes):
            raise UsageError(
                "RunOptions says neither where to begin nor where to end",
                expected="from_nodes, to_nodes, or both",
                hint="run the pipeline without run_options to run all of it",
            )
