# SPDX-License-Identifier: Apache-2.0
"""Turns TFMA's messages into the report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import json_format

from penstock import files
from penstock.errors import DataError
from penstock.evaluation import plots as plots_of
from penstock.evaluation.checks import SliceResult, check_all
from penstock.evaluation.config import PreparedConfig, read_run, thresholds
from penstock.evaluation.metric_names import display_name
from penstock.evaluation.report import EvaluationReport, MetricValue, ReportedModel, Role, SliceReport, finite
from penstock.evaluation.result_files import RUN_FILE, Results, read
from penstock.evaluation.slices import name_of, parts_of
from penstock.evaluation.tfma import metric_types, model_util, slicer_lib

_EXAMPLE_COUNT = "example_count"
_ERROR = "__ERROR__"
_MAX_DETAIL = 20_000
_MAX_PLOTTED_SLICES = 50


def make_report(
    prepared: PreparedConfig,
    results: Results,
    slices: Sequence[SliceResult],
    *,
    models: Sequence[ReportedModel],
    splits: Sequence[str],
    rows: int,
    rows_without_label: int,
) -> EvaluationReport:
    """Returns the report of an evaluation.

    Args:
        prepared: The configuration.
        results: What TFMA found.
        slices: All slices, as ``slices_of`` returns them.
        models: As in ``EvaluationReport``.
        splits: As in ``EvaluationReport``.
        rows: As in ``EvaluationReport``.
        rows_without_label: As in ``EvaluationReport``.

    Raises:
        DataError: A slice that has a threshold of its own does not occur in the data.
    """
    checks = check_all(prepared.proto, slices, results.validation) if prepared.validates else ()
    return EvaluationReport(
        models=tuple(models),
        splits=tuple(splits),
        label=prepared.label,
        rows=rows,
        rows_without_label=rows_without_label,
        blessed=bool(results.validation.validation_ok) if prepared.validates else None,
        slices=tuple(item.told for item in slices),
        checks=checks,
        notes=tuple(_notes(prepared, rows_without_label)),
    )


def _notes(prepared: PreparedConfig, rows_without_label: int) -> Iterable[str]:
    if not prepared.validates:
        yield "No threshold is configured, so the model was neither blessed nor refused."
    if prepared.dropped_changes:
        yield "There is no blessed model to compare with yet, so thresholds on changes were left out."
    if rows_without_label:
        yield f"{rows_without_label:,} examples have no label and were left out."


def slices_of(config: Any, results: Results) -> list[SliceResult]:
    """Returns all slices, all the data first, then by features and values."""
    baseline = model_util.get_baseline_model_spec(config)
    baseline_name = baseline.name if baseline else None
    plotted = {_key(message)[0]: message for message in results.plots}
    found = []
    for message in results.metrics:
        key, is_cross = _key(message)
        told = _slice(key, is_cross, message, baseline_name)
        found.append((key, is_cross, told))
    found.sort(key=lambda item: _order(item[0], item[1]))
    shown = sorted(range(len(found)), key=lambda i: (bool(found[i][2].parts), -(found[i][2].examples or 0)))
    with_plots = set(shown[:_MAX_PLOTTED_SLICES])
    return [
        SliceResult(
            key, is_cross, _with_plots(told, plotted.get(key) if i in with_plots else None, baseline_name)
        )
        for i, (key, is_cross, told) in enumerate(found)
    ]


def _key(message: Any) -> tuple[Any, bool]:
    if message.HasField("cross_slice_key"):
        return slicer_lib.deserialize_cross_slice_key(message.cross_slice_key), True
    return slicer_lib.deserialize_slice_key(message.slice_key), False


def _order(key: Any, is_cross: bool) -> tuple[Any, ...]:
    if is_cross:
        return (1, repr(key))
    return (0, len(key), [(column, isinstance(value, str), value) for column, value in key])


def _slice(key: Any, is_cross: bool, message: Any, baseline: str | None) -> SliceReport:
    metrics = _metrics(message, baseline)
    count = next((m.value for m in metrics if m.name.partition(" (")[0] == _EXAMPLE_COUNT), None)
    name = f"{name_of(key[0])} against {name_of(key[1])}" if is_cross else name_of(key)
    return SliceReport(
        name=name,
        parts=() if is_cross else parts_of(key),
        examples=None if is_cross else count,
        metrics=metrics,
        message=message.metrics[_ERROR].debug_message if _ERROR in message.metrics else "",
    )


def _with_plots(told: SliceReport, message: Any, baseline: str | None) -> SliceReport:
    if message is None:
        return told
    return SliceReport(
        told.name,
        told.parts,
        told.examples,
        told.metrics,
        tuple(plots_of.plots(message, baseline)),
        told.message,
    )


def _metrics(message: Any, baseline: str | None) -> tuple[MetricValue, ...]:
    values: dict[str, dict[str, Any]] = {}
    for pair in message.metric_keys_and_values:
        key = metric_types.MetricKey.from_proto(pair.key)
        entry = values.setdefault(display_name(key), {})
        number, detail = _number(pair.value)
        if key.is_diff:
            entry["difference"] = number
        elif baseline is not None and key.model_name == baseline:
            entry["baseline"] = number
        else:
            entry.update(value=number, detail=detail)
            if pair.HasField("confidence_interval"):
                entry["lower"] = _number(pair.confidence_interval.lower_bound)[0]
                entry["upper"] = _number(pair.confidence_interval.upper_bound)[0]
    ordered = sorted(values, key=lambda name: name.partition(" (")[0] != _EXAMPLE_COUNT)
    return tuple(MetricValue(name=name, **values[name]) for name in ordered)


def _number(value: Any) -> tuple[float | None, str]:
    """Returns a metric's number, or the JSON of what is not one number."""
    kind = value.WhichOneof("type")
    if kind == "double_value":
        return finite(value.double_value.value), ""
    if kind == "bounded_value":
        return finite(value.bounded_value.value.value), ""
    if kind == "bytes_value":
        return None, json.dumps(value.bytes_value.decode("utf-8", errors="replace"))[:_MAX_DETAIL]
    if kind is None:
        return None, ""
    text = json.dumps(json_format.MessageToDict(getattr(value, kind)), separators=(",", ":"))
    return None, text if len(text) <= _MAX_DETAIL else json.dumps(
        f"{len(text):,} characters; see TFMA's files"
    )


def report_of_files(uri: str) -> EvaluationReport:
    """Makes a report of TFMA's files alone, such as those of an evaluation that TFX made.

    Raises:
        DataError: The folder holds no evaluation.
    """
    run_uri = files.join(uri, RUN_FILE)
    if not files.exists(run_uri):
        raise DataError(f"{uri} holds no evaluation", expected=f"a file {RUN_FILE}")
    with files.open(run_uri, "r") as stream:
        run = read_run(stream.read())
    results = read(uri)
    config = run.eval_config
    verdict = results.validation
    validates = verdict is not None and any(True for _ in thresholds(config))
    baseline = model_util.get_baseline_model_spec(config)
    slices = slices_of(config, results)
    overall = next((item.told for item in slices if not item.told.parts and not item.is_cross), None)
    return EvaluationReport(
        models=tuple(_told_models(run.model_locations, baseline.name if baseline else None)),
        splits=(),
        label=PreparedConfig(config, validates=validates, dropped_changes=False).label
        if config.model_specs
        else "",
        rows=int(overall.examples or 0) if overall else 0,
        rows_without_label=0,
        blessed=bool(verdict.validation_ok) if validates else None,
        slices=tuple(item.told for item in slices),
        checks=check_all(config, slices, verdict) if validates and not verdict.missing_slices else (),
        notes=(),
    )


def _told_models(locations: Any, baseline: str | None) -> Iterable[ReportedModel]:
    for name, uri in sorted(locations.items()):
        role: Role = "baseline" if baseline is not None and name == baseline else "candidate"
        yield ReportedModel(role, uri.partition("/Format-Serving")[0])
