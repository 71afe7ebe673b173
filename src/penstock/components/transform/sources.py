# SPDX-License-Identifier: Apache-2.0
"""The splits that Transform reads, each with what is to be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.components.transform.component import TransformWork
from penstock.examples.reader import ExamplesReader
from penstock.statistics.readers import split_reader


@dataclass(frozen=True)
class Source:
    """One split of one of the examples.

    Attributes:
        artifact: Position among the examples.
        split: Name of the split.
        reader: The examples.
        analyzed: Whether the analyzers see it.
        transformed: Whether it is transformed.
    """

    artifact: int
    split: str
    reader: ExamplesReader
    analyzed: bool
    transformed: bool


def sources_of(work: TransformWork) -> tuple[Source, ...]:
    """Returns every split that is analysed, transformed or both, in the order of examples and their splits.

    Raises:
        DataError: One of them has no rows.
    """
    analyzed = {(dataset.artifact, dataset.split) for dataset in work.plan.analyze}
    return tuple(
        _source(work, position, split, (position, split) in analyzed)
        for position, artifact in enumerate(work.inputs.examples)
        for split in artifact.splits
        if (position, split) in analyzed or split in work.plan.transform
    )


def _source(work: TransformWork, position: int, split: str, analyzed: bool) -> Source:
    reader = split_reader([work.inputs.examples[position].split_uri(split)], split)
    return Source(position, split, reader, analyzed, split in work.plan.transform)
