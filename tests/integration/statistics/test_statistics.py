# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from penstock.beam.pipeline import open_pipeline
from penstock.errors import ParameterError
from penstock.examples.layout import to_example_layout
from penstock.examples.reader import ExamplesReader
from penstock.examples.writer import ExamplesWriter
from penstock.statistics import top_values
from penstock.statistics.batching import rows_per_batch
from penstock.statistics.computing import compute_statistics
from penstock.statistics.options import parse_options, with_schema
from penstock.statistics.streaming import StatisticsStream, can_stream, statistics_of
from penstock.statistics.top_values import ValueCounts

TAXI = Path(__file__).parents[3] / "data" / "taxi" / "span-1" / "trips.csv"
ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")

SLICED = json.dumps(
    {"slicing_config_json": json.dumps({"slicing_specs": [{}, {"feature_keys": ["payment_type"]}]})}
)


@pytest.fixture(scope="module")
def taxi(tmp_path_factory: pytest.TempPathFactory) -> ExamplesReader:
    """7,000 trips, one column of them with a different value in every row and one of raw bytes."""
    table = pc.read_csv(TAXI)
    rows = table.num_rows
    generator = np.random.default_rng(1)
    table = table.append_column("id", pa.array([f"trip {i:05d}" for i in generator.permutation(rows)]))
    table = table.append_column("raw", pa.array([bytes([200 + i % 3]) for i in range(rows)]))
    root = str(tmp_path_factory.mktemp("taxi"))
    with ExamplesWriter(root) as writer:
        for batch in table.to_batches(max_chunksize=3000):
            writer.write("train", batch)
    return ExamplesReader(f"{root}/Split-train")


def batches(reader: ExamplesReader, rows: int = 1000) -> Iterator[pa.RecordBatch]:
    return reader.batches(rows, layout="examples")


def on_beam(reader: ExamplesReader, options: tfdv.StatsOptions, folder: Path) -> Any:
    """Returns what TFDV's own transform gives."""
    path = str(folder / "stats.pb")
    with open_pipeline() as pipeline:
        _ = (
            pipeline
            | beam.Create([0])
            | beam.FlatMap(lambda _: batches(reader))
            | tfdv.GenerateStatistics(options)
            | tfdv.WriteStatisticsToBinaryFile(path)
        )
    return tfdv.load_stats_binary(path)


def flat(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> dict[str, Any]:
    """Returns every field of every feature by its path."""
    values: dict[str, Any] = {"rows": statistics.datasets[0].num_examples}

    def walk(prefix: str, message: Any) -> None:
        for field, value in message.ListFields():
            repeated = hasattr(value, "__len__") and not isinstance(value, (str, bytes))
            items = value if repeated else [value]
            for index, item in enumerate(items):
                name = f"{prefix}.{field.name}[{index}]"
                if hasattr(item, "ListFields"):
                    walk(name, item)
                else:
                    values[name] = item

    for feature in statistics.datasets[0].features:
        walk(".".join(feature.path.step), feature)
    return values


def assert_same(found: Any, expected: Any) -> None:
    """Compares statistics: all equal but for the rounding of sums that were added in another order."""
    left, right = flat(found), flat(expected)
    assert left.keys() == right.keys()
    for name, value in right.items():
        if isinstance(value, float):
            assert math.isclose(left[name], value, rel_tol=1e-9, abs_tol=1e-12), name
        else:
            assert left[name] == value, name


@pytest.fixture(scope="module")
def categorical() -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    hour = schema.feature.add(name="trip_start_hour", type=schema_pb2.INT)
    hour.int_domain.is_categorical = True
    schema.feature.add(name="raw", type=schema_pb2.BYTES).image_domain.SetInParent()
    return schema


@pytest.mark.parametrize(
    "document",
    [None, '{"num_top_values": 3, "num_rank_histogram_buckets": 7}', '{"frequency_threshold": 900}'],
)
def test_a_stream_gives_what_tfdv_gives_on_beam(
    taxi: ExamplesReader, tmp_path: Path, document: str | None
) -> None:
    options = parse_options(document)
    assert_same(statistics_of(batches(taxi, 800), options), on_beam(taxi, options, tmp_path))


def test_the_same_holds_with_a_schema(
    taxi: ExamplesReader, tmp_path: Path, categorical: schema_pb2.Schema
) -> None:
    options = with_schema(parse_options(None), categorical)
    expected = on_beam(taxi, options, tmp_path)
    hour = next(f for f in expected.datasets[0].features if f.path.step[0] == "trip_start_hour")
    assert hour.string_stats.unique == 24, "the schema must matter"
    assert_same(statistics_of(batches(taxi), options), expected)


def test_distinct_values_are_exact_where_tfdv_in_memory_estimates(taxi: ExamplesReader) -> None:
    statistics = statistics_of(batches(taxi), tfdv.StatsOptions())
    ids = next(f for f in statistics.datasets[0].features if f.path.step[0] == "id")
    assert ids.string_stats.unique == taxi.num_rows
    assert ids.string_stats.top_values[0].value == f"trip {taxi.num_rows - 1:05d}"


def test_a_feature_of_too_many_values_is_estimated_and_the_others_are_not(
    taxi: ExamplesReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(top_values, "MAX_DISTINCT_VALUES", 1000)
    options = tfdv.StatsOptions()
    found = flat(statistics_of(batches(taxi), options))
    sketched = flat(statistics_of(batches(taxi), tfdv.StatsOptions(use_sketch_based_topk_uniques=True)))
    exact_company = {name: value for name, value in sketched.items() if name.startswith("company.")}
    assert {name: value for name, value in found.items() if name.startswith("company.")} == exact_company
    assert found["id.string_stats[0].unique[0]"] == sketched["id.string_stats[0].unique[0]"]
    assert found["id.string_stats[0].unique[0]"] == pytest.approx(taxi.num_rows, rel=0.05)


def test_value_counts_end_where_their_bytes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top_values, "MAX_DISTINCT_BYTES", 10)
    counts = ValueCounts()
    counts.add(pa.array([b"aaaa", b"bbbb", b"aaaa"]))
    assert counts.top(5) == [(b"aaaa", 2), (b"bbbb", 1)]
    counts.add(pa.array([b"cccc"]))
    assert counts.counts is None
    other = ValueCounts()
    other.merge(counts)
    assert other.counts is None


def test_merged_counts_are_added() -> None:
    left, right = ValueCounts(), ValueCounts()
    left.add(pa.array([1, 2, 2]))
    right.add(pa.array([2, 3]))
    left.merge(right)
    assert left.top(2) == [(2, 3), (3, 1)]


@pytest.mark.parametrize(
    "document",
    [
        '{"label_feature": "tips"}',
        '{"weight_feature": "fare"}',
        '{"experimental_num_feature_partitions": 2}',
        SLICED,
    ],
)
def test_what_tfdv_can_only_do_on_beam_is_known(document: str) -> None:
    assert not can_stream(parse_options(document))


def test_options_that_need_beam_go_there(taxi: ExamplesReader, tmp_path: Path) -> None:
    statistics = compute_statistics(taxi, parse_options(SLICED), temp_dir=str(tmp_path / "temp"))
    names = {dataset.name for dataset in statistics.datasets}
    assert "All Examples" in names
    assert "payment_type_Cash" in names
    assert not (tmp_path / "temp").exists()


def test_another_runner_gets_the_work_and_gives_the_same(taxi: ExamplesReader, tmp_path: Path) -> None:
    temp = str(tmp_path / "temp")
    found = compute_statistics(taxi, tfdv.StatsOptions(), temp_dir=temp, beam_pipeline_args=ELSEWHERE)
    assert_same(found, statistics_of(batches(taxi), tfdv.StatsOptions()))


def test_sampling_keeps_that_share_of_the_rows_and_always_the_same(
    taxi: ExamplesReader, tmp_path: Path
) -> None:
    options = parse_options('{"sample_rate": 0.3}')
    first, second = (compute_statistics(taxi, options, temp_dir=str(tmp_path)) for _ in range(2))
    assert first == second
    assert first.datasets[0].num_examples == pytest.approx(0.3 * taxi.num_rows, rel=0.1)


def test_only_allowed_features_are_measured(taxi: ExamplesReader) -> None:
    options = parse_options('{"feature_allowlist": ["fare", "not there"]}')
    statistics = statistics_of(batches(taxi), options)
    assert [feature.path.step[0] for feature in statistics.datasets[0].features] == ["fare"]


def test_rows_are_reported(taxi: ExamplesReader, tmp_path: Path) -> None:
    reported: list[int] = []
    options = parse_options('{"desired_batch_size": 3000}')
    compute_statistics(taxi, options, temp_dir=str(tmp_path), report=reported.append)
    assert reported == [3000, 6000, taxi.num_rows]


def test_a_stream_counts_rows_and_takes_empty_batches(taxi: ExamplesReader) -> None:
    stream = StatisticsStream(tfdv.StatsOptions())
    one = next(batches(taxi, 10))
    stream.add(one.slice(0, 0))
    stream.add(one)
    assert stream.rows == 10
    assert stream.finish().datasets[0].num_examples == 10


def test_batches_of_large_rows_are_small(tmp_path: Path, taxi: ExamplesReader) -> None:
    with ExamplesWriter(str(tmp_path)) as writer:
        images = pa.array([bytes(300_000)] * 3)
        writer.write("train", pa.RecordBatch.from_arrays([images], ["image"]))
    assert rows_per_batch(ExamplesReader(f"{tmp_path}/Split-train")) < 50
    assert rows_per_batch(taxi) > 5000


def test_features_without_values_count_as_missing() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.nulls(2)], ["a", "b"])
    statistics = statistics_of([to_example_layout(batch)], tfdv.StatsOptions())
    feature = next(f for f in statistics.datasets[0].features if f.path.step[0] == "b")
    assert feature.string_stats.common_stats.num_missing == 2


def test_options_come_back_from_tfdvs_own_json() -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="x", type=schema_pb2.INT)
    options = tfdv.StatsOptions(num_top_values=4, schema=schema, sample_rate=0.5)
    parsed = parse_options(options.to_json())
    assert (parsed.num_top_values, parsed.sample_rate, parsed.schema) == (4, 0.5, schema)


def test_a_part_of_the_options_is_enough() -> None:
    parsed = parse_options('{"num_top_values": 4, "sample_rate": 0.5}')
    assert (parsed.num_top_values, parsed.sample_rate, parsed.num_histogram_buckets) == (4, 0.5, 10)


def test_options_of_other_versions_do_not_matter_where_they_are_not_set() -> None:
    assert parse_options('{"_gone_since": null, "num_top_values": 4}').num_top_values == 4


def test_unknown_options_are_named() -> None:
    with pytest.raises(ParameterError, match="has no option 'num_top_value'.*'num_top_values'"):
        parse_options('{"num_top_value": 4}')


@pytest.mark.parametrize("document", ["{", "[1]", '{"schema_json": "no schema"}'])
def test_what_is_no_options_is_refused(document: str) -> None:
    with pytest.raises(ParameterError, match="stats_options cannot be read"):
        parse_options(document)
