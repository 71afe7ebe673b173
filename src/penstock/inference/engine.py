# SPDX-License-Identifier: Apache-2.0
"""Runs an inference job: one linear Beam pipeline of batches, from the source's files to the results'."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.writing import ResultWriter


def run(
    job: InferenceJob,
    beam_pipeline_args: Sequence[str] = (),
    *,
    report: Callable[..., None] | None = None,
    writers: Sequence[ResultWriter] | None = None,
) -> InferenceSummary:
    """Runs a job to its end. Files get their final names when all rows are through; before, nothing is to be seen.

    Args:
        job: What is to be done.
        beam_pipeline_args: Arguments of Beam. Without a runner, or with Beam's in-process ones, the work is done on this
            machine, by as many processes as ``--direct_num_workers`` says (0: one a core).
        report: Told ``report(rows=…)``, the rows done so far.
        writers: How results are written; ``None`` means as Parquet into ``job.result_uri``.

    Returns:
        How it went. Failed rows are no error here: the caller compares ``failed_fraction`` with what is allowed.

    Raises:
        PenstockError: A model cannot be loaded, a file not be read or written, a function is wrong whatever its rows.
    """
    raise NotImplementedError
