# SPDX-License-Identifier: Apache-2.0
"""TFMA's result files: the names, forms and readers are those of ``tfma.load_eval_result`` and its siblings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from penstock import files
from penstock.evaluation.direct import Metrics, split_by_kind, validate
from penstock.evaluation.slices import SliceKey
from penstock.evaluation.tfma import constants, metrics_for_slice_pb2, results_writer, validation_result_pb2

RUN_FILE = "eval_config.json"
_SHARD = "-00000-of-00001.tfrecord"
_FILES = {
    constants.METRICS_KEY: constants.METRICS_KEY + _SHARD,
    constants.PLOTS_KEY: constants.PLOTS_KEY + _SHARD,
    constants.ATTRIBUTIONS_KEY: constants.ATTRIBUTIONS_KEY + _SHARD,
    constants.VALIDATIONS_KEY: constants.VALIDATIONS_KEY + ".tfrecord",
}


@dataclass(frozen=True)
class Results:
    """What TFMA found, as its messages.

    Attributes:
        metrics: ``MetricsForSlice`` messages.
        plots: ``PlotsForSlice`` messages.
        attributions: ``AttributionsForSlice`` messages.
        validation: The ``ValidationResult``; ``None`` where the folder holds none.
    """

    metrics: list[Any] = field(default_factory=list)
    plots: list[Any] = field(default_factory=list)
    attributions: list[Any] = field(default_factory=list)
    validation: Any = None


def to_results(slices: dict[SliceKey, Metrics], config: Any, *, has_model: bool) -> Results:
    """Returns the messages for metrics that were added up directly."""
    results = Results(validation=validate(slices, config, has_model=has_model))
    for key, values in slices.items():
        metrics, plots, attributions = split_by_kind(values)
        results.metrics.append(results_writer.convert_slice_metrics_to_proto((key, metrics), None))
        results.plots.append(results_writer.convert_slice_plots_to_proto((key, plots), None))
        results.attributions.append(results_writer.convert_slice_attributions_to_proto((key, attributions)))
    return results


def write(uri: str, results: Results, run_document: str, temp_dir: str) -> None:
    """Writes all files of an evaluation.

    Args:
        uri: Folder to write into.
        results: What to write.
        run_document: Content of ``eval_config.json``.
        temp_dir: Local folder, used where ``uri`` is not local.
    """
    _write_messages(uri, constants.METRICS_KEY, results.metrics, temp_dir)
    _write_messages(uri, constants.PLOTS_KEY, results.plots, temp_dir)
    _write_messages(uri, constants.ATTRIBUTIONS_KEY, results.attributions, temp_dir)
    write_verdict(uri, results.validation, temp_dir)
    files.write_atomic(files.join(uri, RUN_FILE), run_document)


def write_verdict(uri: str, validation: Any, temp_dir: str) -> None:
    """Writes the ``ValidationResult`` of an evaluation."""
    _write_messages(uri, constants.VALIDATIONS_KEY, [validation], temp_dir)


def _write_messages(uri: str, key: str, messages: Iterable[Any], temp_dir: str) -> None:
    target = files.join(uri, _FILES[key])
    path = files.local_path(target) if files.is_local(target) else os.path.join(temp_dir, _FILES[key])
    with files.storage_errors("write", path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with tf.io.TFRecordWriter(path) as writer:
            for message in messages:
                writer.write(message.SerializeToString())
    if not files.is_local(target):
        files.copy_tree(path, target)


def remove_disabled(uri: str, disabled: Iterable[str]) -> None:
    """Removes the outputs that ``Options.disabled_outputs`` leaves out."""
    for key in disabled:
        for found in (
            *files.glob(files.join(uri, f"{key}*.tfrecord")),
            *files.glob(files.join(uri, f"{key}*.json")),
        ):
            files.remove_tree(found)


def read(uri: str) -> Results:
    """Reads the files of an evaluation, whoever wrote them."""
    validations = list(_read_records(uri, constants.VALIDATIONS_KEY, validation_result_pb2.ValidationResult))
    return Results(
        metrics=list(_read_records(uri, constants.METRICS_KEY, metrics_for_slice_pb2.MetricsForSlice)),
        plots=list(_read_records(uri, constants.PLOTS_KEY, metrics_for_slice_pb2.PlotsForSlice)),
        attributions=list(
            _read_records(uri, constants.ATTRIBUTIONS_KEY, metrics_for_slice_pb2.AttributionsForSlice)
        ),
        validation=validations[0] if validations else None,
    )


def _read_records(uri: str, key: str, message: Any) -> Iterator[Any]:
    for path in files.glob(files.join(uri, f"{key}*")):
        for record in _records(path):
            yield message.FromString(record)


def _records(path: str) -> Iterator[bytes]:
    # https://www.tensorflow.org/tutorials/load_data/tfrecord: length (8), its checksum (4), data, its checksum (4)
    with files.open(path) as stream:
        while header := stream.read(12):
            length = int.from_bytes(header[:8], "little")
            yield stream.read(length)
            stream.read(4)
