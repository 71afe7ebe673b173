# SPDX-License-Identifier: Apache-2.0
"""TFT's analyzer cache on disk: its own files and names, written with one Beam step each where Beam is in-process.

An entry is a few accumulators. Beam's file sink spends some fifteen steps on each of them, which is most of what
writing a cache costs; in one process one step does it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

import apache_beam as beam
import tensorflow as tf
from tensorflow_transform import beam as tft_beam

from penstock import files
from penstock.beam.arguments import is_in_process


def dataset_key(name: str) -> tft_beam.analyzer_cache.DatasetKey:
    """Returns TFT's key of a set of examples."""
    return tft_beam.analyzer_cache.DatasetKey(name)


def read_cache(
    pipeline: beam.Pipeline, folder: str, names: Iterable[str], beam_pipeline_args: tuple[str, ...]
) -> tft_beam.analyzer_cache.BeamAnalysisCache:
    """Returns what a cache folder holds of the named sets of examples."""
    keys = [dataset_key(name) for name in names]
    source = _EntrySource if is_in_process(beam_pipeline_args) else None
    return pipeline | "ReadCache" >> tft_beam.analyzer_cache.ReadAnalysisCacheFromFS(
        folder, keys, source=source
    )


def write_cache(
    pipeline: beam.Pipeline,
    cache: tft_beam.analyzer_cache.BeamAnalysisCache,
    folder: str,
    beam_pipeline_args: tuple[str, ...],
) -> None:
    """Adds to a cache folder what an analysis found out."""
    sink = _EntrySink if is_in_process(beam_pipeline_args) else None
    _ = cache | "WriteCache" >> tft_beam.analyzer_cache.WriteAnalysisCacheToFS(pipeline, folder, sink=sink)


def copy_known(source: str, target: str, names: Iterable[str]) -> None:
    """Copies what one cache folder holds of the named sets of examples to another folder."""
    for name in names:
        folder = files.join(source, name)
        if files.is_dir(folder):
            files.copy_tree(folder, files.join(target, name))


class _EntrySink(beam.PTransform):
    """Writes one entry to ``<path>-<part>-of-all.gz``, where :class:`_EntrySource` and Beam's source find it."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def expand(self, records: beam.PCollection) -> beam.PCollection:
        return records | beam.ParDo(_WriteEntry(self._path))


class _WriteEntry(beam.DoFn):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._records: list[bytes] = []

    def start_bundle(self) -> None:
        self._records = []

    def process(self, record: bytes) -> None:
        self._records.append(record)

    def finish_bundle(self) -> None:
        first = f"{self._path}-00000-of-all.gz"
        name = f"{self._path}-{uuid.uuid4().hex}-of-all.gz" if tf.io.gfile.exists(first) else first
        with tf.io.TFRecordWriter(name, "GZIP") as writer:
            for record in self._records:
                writer.write(record)


class _EntrySource(beam.PTransform):
    """Reads one entry; ``pattern`` matches its files."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self._pattern = pattern

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection:
        return pbegin | beam.Create([self._pattern]) | beam.FlatMap(_records)


def _records(pattern: str) -> Iterator[bytes]:
    for path in sorted(tf.io.gfile.glob(pattern)):
        # Entries of TFX and of other runners may be named otherwise; all are gzip'd TFRecord.
        yield from tf.data.TFRecordDataset(path, "GZIP").as_numpy_iterator()
