# SPDX-License-Identifier: Apache-2.0
"""Executor of JsonLinesExampleGen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from components.json_lines_example_gen.component import JsonLinesExampleGenWork
from components.json_lines_example_gen.json_lines import JsonLines
from penstock.data import FeatureKind, FeatureSet, FileBasedExampleGenExecutor, SourceRows


class JsonLinesExampleGenExecutor(FileBasedExampleGenExecutor):
    """Streams JSON Lines files into splits of examples."""

    WIDENING = ("int", "float")

    def reader(self, work: JsonLinesExampleGenWork) -> Callable[[], Iterator[SourceRows]]:
        return _reader(work, {})

    def typed_reader(
        self, work: JsonLinesExampleGenWork, features: FeatureSet
    ) -> Callable[[], Iterator[SourceRows]]:
        return _reader(work, {feature.name: feature.kind for feature in features})


def _reader(
    work: JsonLinesExampleGenWork, kinds: Mapping[str, FeatureKind]
) -> Callable[[], Iterator[SourceRows]]:
    files = [(split.name, file.uri) for split in work.plan.source.splits for file in split.files]
    # One source for all splits, so that a feature has one kind in all of them.
    source = JsonLines([uri for _, uri in files], kinds)

    def read() -> Iterator[SourceRows]:
        for index, rows in source.batches():
            split, uri = files[index]
            yield SourceRows(split, rows, uri)

    return read
