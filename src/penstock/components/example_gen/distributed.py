# SPDX-License-Identifier: Apache-2.0
"""The same work on a Beam runner's workers: one file each, first to find out its features, then to write its rows.

Only numbers of files go through the pipeline. What a worker found or wrote it says in a small file beside the
examples, and writing a file twice (a runner may repeat work) gives the same files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import apache_beam as beam

from penstock import files
from penstock.beam.pipeline import open_pipeline
from penstock.errors import DataError
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.ingest import Ingested, ReadAgainError, check_rows, write_rows
from penstock.examples.kinds import FeatureKind, FeatureSet, FeatureSpec
from penstock.examples.payload import PAYLOADS
from penstock.examples.source_files import SourceSplit
from penstock.examples.writer import ExamplesWriter, SplitSummary

if TYPE_CHECKING:
    from penstock.components.example_gen.executor import ExampleGenWork, FileBasedExampleGenExecutor


def ingest_on_beam(executor: FileBasedExampleGenExecutor, work: ExampleGenWork) -> Ingested:
    """Writes all rows of a source as an Examples artifact, on the workers of the runner that the arguments name.

    Raises:
        DataError: A split has no rows, files disagree in a feature, or the source's data is wrong.
        ExecutionError: The runner failed.
    """
    executor.reader(work)
    work = replace(work, context=replace(work.context, report=_report_nothing))
    folder = files.join(work.outputs.examples.uri, ".temp")
    count = work.plan.source.num_files
    try:
        found = _on_workers(work, _Discover(executor, work), count, files.join(folder, "features"))
        features = merged([_Found.from_json(text) for text in found], executor.WIDENING)
        written = _on_workers(work, _Write(executor, work, features), count, files.join(folder, "rows"))
    finally:
        files.remove_tree(folder)
    splits = {split: _total(split, written) for split in work.plan.splits}
    check_rows(splits, work.plan.splits, work.plan.rule)
    return Ingested(splits, features)


@dataclass(frozen=True, slots=True)
class _Found:
    """The features of one file, and which of them have no value in it."""

    features: FeatureSet
    without_kind: tuple[str, ...]

    def to_json(self) -> str:
        return json.dumps({"features": self.features.to_json(), "without_kind": self.without_kind})

    @classmethod
    def from_json(cls, text: str) -> _Found:
        data = json.loads(text)
        return cls(FeatureSet.from_json(data["features"]), tuple(data["without_kind"]))


def merged(parts: Sequence[_Found], widening: Sequence[FeatureKind]) -> FeatureSet:
    """Returns the features of all files.

    Args:
        parts: The features of each file.
        widening: Kinds, the narrowest first, of which a feature takes the widest that a file has.

    Raises:
        DataError: A feature has two kinds that do not widen.
    """
    names = dict.fromkeys(feature.name for part in parts for feature in part.features)
    known = [feature for part in parts for feature in part.features if feature.name not in part.without_kind]
    widest: dict[str, FeatureKind] = {}
    for feature in known:
        if feature.kind in widening:
            so_far = widest.get(feature.name, feature.kind)
            widest[feature.name] = max(feature.kind, so_far, key=widening.index)
    discovery = FeatureDiscovery()
    for feature in known:
        kind = widest[feature.name] if feature.kind in widening else feature.kind
        discovery.include(FeatureSet((_widened(feature, kind),)))
    found = discovery.features()
    return FeatureSet(
        tuple(found[name] if name in found else FeatureSpec(name, "bytes", is_text=True) for name in names)
    )


def _widened(feature: FeatureSpec, kind: FeatureKind) -> FeatureSpec:
    return replace(
        feature, kind=kind, is_text=kind == "bytes" and (feature.is_text or feature.kind != "bytes")
    )


@dataclass(frozen=True, slots=True)
class _Discover:
    """Finds out the features of one file."""

    executor: FileBasedExampleGenExecutor
    work: ExampleGenWork

    def __call__(self, index: int) -> str:
        read = self.executor.reader(_part(self.work, index))
        while True:
            discovery = FeatureDiscovery()
            try:
                for found in read():
                    discovery.observe(found.rows)
            except ReadAgainError:
                continue
            return _Found(discovery.features(), discovery.without_kind()).to_json()


@dataclass(frozen=True, slots=True)
class _Write:
    """Writes the rows of one file, with the features of all."""

    executor: FileBasedExampleGenExecutor
    work: ExampleGenWork
    features: FeatureSet

    def __call__(self, index: int) -> str:
        plan = self.work.plan
        prefix = f"{PAYLOADS[plan.examples_format].file_prefix}-{index:05d}"
        part = _part(self.work, index)
        written = write_rows(
            self.executor.typed_reader(part, self.features),
            lambda: ExamplesWriter(
                self.work.outputs.examples.uri, self.features, plan.examples_format, file_prefix=prefix
            ),
            plan.rule,
        )
        if written.features != self.features:
            file = part.plan.source.splits[0].files[0].uri
            raise DataError(f"{file} has changed while it was read", input=file, hint="let its writer finish")
        return json.dumps({split: asdict(summary) for split, summary in written.splits.items()})


def _part(work: ExampleGenWork, index: int) -> ExampleGenWork:
    """Returns the work on one file of all."""
    source = work.plan.source
    split, file = [(split.name, file) for split in source.splits for file in split.files][index]
    return replace(
        work, plan=replace(work.plan, source=replace(source, splits=(SourceSplit(split, (file,)),)))
    )


class _OneFile(beam.DoFn):
    def __init__(self, run: Callable[[int], str], folder: str) -> None:
        super().__init__()
        self._run = run
        self._folder = folder

    def process(self, index: int) -> Iterator[None]:
        files.write_atomic(_answer(self._folder, index), self._run(index))
        return iter(())


def _on_workers(work: ExampleGenWork, run: Callable[[int], str], count: int, folder: str) -> list[str]:
    """Calls a function for each file on some worker and returns what it answered, in the files' order."""
    with open_pipeline(work.context.beam_pipeline_args, what="making examples") as pipeline:
        _ = pipeline | beam.Create(range(count), reshuffle=True) | beam.ParDo(_OneFile(run, folder))
    answers = []
    for index in range(count):
        with files.open(_answer(folder, index), "r") as file:
            answers.append(file.read())
    return answers


def _answer(folder: str, index: int) -> str:
    return files.join(folder, f"{index:05d}.json")


def _total(split: str, written: Sequence[str]) -> SplitSummary:
    parts = [SplitSummary(**summaries[split]) for summaries in map(json.loads, written) if split in summaries]
    return SplitSummary(
        rows=sum(part.rows for part in parts),
        bytes=sum(part.bytes for part in parts),
        shards=sum(part.shards for part in parts),
    )


def _report_nothing(rows: int | None = None) -> None:
    """Workers elsewhere cannot reach the run's display."""
