# SPDX-License-Identifier: Apache-2.0
"""Executor of ExampleGens that read files: from the source's rows to splits of examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from penstock.beam.arguments import is_in_process
from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    ExampleGenResult,
    SplitResult,
)
from penstock.examples.ingest import Ingested, SourceRows, ingest
from penstock.examples.kinds import FeatureKind, FeatureSet
from penstock.runtime.roles import Executor, Work

ExampleGenWork = Work[Any, ExampleGenOutputs, Any, ExampleGenPlan]
"""What executor and publisher see."""


class FileBasedExampleGenExecutor(
    Executor[Any, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan, ExampleGenResult]
):
    """Writes what :meth:`reader` reads, split by split, in constant memory.

    Files are read one after the other in this process. Only where the Beam arguments name a runner on other machines,
    which must then see the same files, each file is the work of one of its workers.

    Class attributes:
        WIDENING: Kinds, the narrowest first, of which a feature takes the widest that some file has for it;
            :meth:`typed_reader` must then read the others as that kind. A feature of two other kinds is an error.
    """

    WIDENING: ClassVar[tuple[FeatureKind, ...]] = ()

    def execute(self, work: ExampleGenWork) -> ExampleGenResult:
        plan = work.plan
        plan.check_inputs()
        if is_in_process(work.context.beam_pipeline_args):
            written = ingest(
                self.reader(work),
                work.outputs.examples.uri,
                plan.examples_format,
                plan.splits,
                plan.rule,
                report=lambda rows: work.context.report(rows=rows),
            )
        else:
            from penstock.components.example_gen.distributed import ingest_on_beam

            written = ingest_on_beam(self, work)
        return result_of(written)

    def reader(self, work: ExampleGenWork) -> Callable[[], Iterator[SourceRows]]:
        """Returns a function that reads all rows of ``work.plan.source`` from the start each time it is called.

        What concerns all files together is checked before it returns. Rows come as record batches of a few
        megabytes at most. Reading may raise
        :class:`~penstock.examples.ingest.ReadAgainError` to be started once more.
        """
        raise NotImplementedError(f"{type(self).__name__}.reader")

    def typed_reader(
        self,
        work: ExampleGenWork,
        features: FeatureSet,  # noqa: ARG002  for those whose files do not say their types
    ) -> Callable[[], Iterator[SourceRows]]:
        """Returns what :meth:`reader` does, for a part of the files, where the features of all files are known."""
        return self.reader(work)


def result_of(written: Ingested) -> ExampleGenResult:
    """Returns what an executor reports of examples that it has written."""
    return ExampleGenResult(
        splits={
            name: SplitResult(split.rows, split.bytes, split.shards) for name, split in written.splits.items()
        },
        features=len(written.features),
    )
