# SPDX-License-Identifier: Apache-2.0
"""Executor of ExampleGens that read files: from the source's rows to splits of examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    ExampleGenResult,
    SplitResult,
)
from penstock.examples.ingest import SourceRows, ingest
from penstock.runtime.roles import Executor, Work


class FileBasedExampleGenExecutor(
    Executor[Any, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan, ExampleGenResult]
):
    """Writes what :meth:`reader` reads, split by split, in constant memory."""

    def execute(self, work: Work[Any, Any, Any, ExampleGenPlan]) -> ExampleGenResult:
        plan = work.plan
        for split in plan.source.splits:
            for file in split.files:
                file.check()
        written = ingest(
            self.reader(work),
            work.outputs.examples.uri,
            plan.examples_format,
            plan.splits,
            plan.rule,
            report=lambda rows: work.context.report(rows=rows),
        )
        return ExampleGenResult(
            splits={
                name: SplitResult(split.rows, split.bytes, split.shards)
                for name, split in written.splits.items()
            },
            features=len(written.features),
        )

    def reader(self, work: Work[Any, Any, Any, ExampleGenPlan]) -> Callable[[], Iterator[SourceRows]]:
        """Returns a function that reads all rows of ``work.plan.source`` from the start each time it is called.

        Rows come as record batches of a few megabytes at most. Reading may raise
        :class:`~penstock.examples.ingest.ReadAgainError` to be started once more.
        """
        raise NotImplementedError(f"{type(self).__name__}.reader")
