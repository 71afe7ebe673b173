# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import DependencyError
from penstock.examples.accessor import (
    RecordBatchesOptions,
    data_accessor,
    record_batch_factory,
    tf_dataset_factory,
    torch_dataset,
)
from penstock.examples.batching import rebatch
from penstock.examples.reader import ExamplesReader
from penstock.examples.shares import Share
from penstock.examples.tables import numpy_batches, read_numpy, read_pandas, read_table
from penstock.examples.writer import ExamplesWriter

ROWS = 1000


@pytest.fixture(params=["parquet", "tfrecord"])
def pattern(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Pattern of a split of 1,000 numbered rows in three files."""
    with ExamplesWriter(str(tmp_path), format=request.param, rows_per_shard=400) as writer:
        for start in range(0, ROWS, 200):
            numbers = pa.array(range(start, start + 200))
            texts = pa.array([None if i % 3 == 0 else f"text {i}" for i in range(start, start + 200)])
            writer.write("train", pa.record_batch([numbers, texts], ["n", "t"]))
    return str(tmp_path / "Split-train" / "*")


def numbers(batch: pa.RecordBatch) -> list[int]:
    return [value[0] for value in batch.to_pydict()["n"]]


def test_one_ordered_epoch(pattern: str) -> None:
    options = RecordBatchesOptions(300, num_epochs=1, shuffle=False)
    batches = list(record_batch_factory([pattern], options))
    assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
    assert [n for batch in batches for n in numbers(batch)] == list(range(ROWS))
    assert batches[0].schema.types == [pa.large_list(pa.int64()), pa.large_list(pa.large_binary())]
    assert data_accessor().record_batch_factory is record_batch_factory


def test_the_last_batch_can_be_left_out(pattern: str) -> None:
    options = RecordBatchesOptions(300, drop_final_batch=True, num_epochs=2, shuffle=False)
    assert [batch.num_rows for batch in record_batch_factory(pattern, options)] == [300] * 6


def test_epochs_without_end_have_full_batches(pattern: str) -> None:
    batches = list(islice(record_batch_factory(pattern, RecordBatchesOptions(300, shuffle=False)), 10))
    assert [n for batch in batches for n in numbers(batch)] == list(range(ROWS)) * 3


@pytest.mark.parametrize("window", [1, 10, 10_000])
def test_shuffling_keeps_every_row_of_every_epoch(pattern: str, window: int) -> None:
    options = RecordBatchesOptions(ROWS, num_epochs=2, shuffle_buffer_size=window, shuffle_seed=3)
    first, second = (numbers(batch) for batch in record_batch_factory(pattern, options))
    assert sorted(first) == sorted(second) == list(range(ROWS))
    assert first != second
    assert [numbers(batch) for batch in record_batch_factory(pattern, options)] == [first, second]
    unseeded = next(iter(record_batch_factory(pattern, options._replace(shuffle_seed=None))))
    assert numbers(unseeded) != first


def test_a_window_over_all_rows_mixes_them_all(pattern: str) -> None:
    options = RecordBatchesOptions(ROWS, num_epochs=1, shuffle_seed=0)
    (batch,) = record_batch_factory(pattern, options)
    distance = np.abs(np.array(numbers(batch)) - np.arange(ROWS)).mean()
    assert distance > ROWS / 4  # a third of all rows on average


def test_a_schema_chooses_and_orders_features(pattern: str) -> None:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    text = 'feature {name: "new" type: FLOAT} feature {name: "t" type: BYTES} feature {name: "untyped"}'
    schema = text_format.Parse(text, schema_pb2.Schema())
    batch = next(record_batch_factory(pattern, RecordBatchesOptions(2, shuffle=False), schema))
    assert batch.to_pydict() == {"new": [None, None], "t": [None, [b"text 1"]]}


def test_tables(pattern: str) -> None:
    table = read_table(pattern)
    assert table.schema.types == [pa.int64(), pa.string()]
    assert table.column("n").to_pylist() == list(range(ROWS))
    assert read_pandas(pattern, columns=["t", "n"]).iloc[1].tolist() == ["text 1", 1]
    arrays = read_numpy(pattern)
    assert arrays["n"].dtype == np.int64
    assert arrays["t"][:2].tolist() == [None, "text 1"]


def test_numpy_batches(pattern: str) -> None:
    options = RecordBatchesOptions(600, num_epochs=1, shuffle=False)
    batches = list(numpy_batches(pattern, options, columns=["n"]))
    assert [batch["n"].tolist() for batch in batches] == [list(range(600)), list(range(600, ROWS))]


def test_missing_values_and_lists_as_arrays(tmp_path: Path) -> None:
    with ExamplesWriter(str(tmp_path)) as writer:
        columns = [
            pa.array([1, None]),
            pa.array([0.5, None]),
            pa.array([[1, 2], None]),
            pa.array([b"\xff", None]),
        ]
        writer.write("s", pa.record_batch(columns, ["i", "f", "l", "b"]))
    arrays = read_numpy(str(tmp_path / "Split-s"))
    assert {name: array.dtype for name, array in arrays.items()} == {
        "i": np.float64,
        "f": np.float32,
        "l": object,
        "b": object,
    }
    np.testing.assert_array_equal(arrays["i"], [1, np.nan])
    np.testing.assert_array_equal(arrays["f"], [0.5, np.nan])
    assert arrays["l"][0].tolist() == [1, 2]
    assert arrays["l"][1] is None
    assert arrays["b"].tolist() == [b"\xff", None]


@given(st.lists(st.integers(0, 7), max_size=8), st.integers(1, 9))
def test_rebatch_cuts_exactly(sizes: list[int], rows: int) -> None:
    values = iter(range(100))
    batches = [
        pa.record_batch([pa.array([next(values) for _ in range(size)], pa.int64())], ["x"]) for size in sizes
    ]
    cut = list(rebatch(batches, rows))
    assert [value for batch in cut for value in batch.to_pydict()["x"]] == list(range(sum(sizes)))
    assert all(batch.num_rows == rows for batch in cut[:-1])
    assert all(0 < batch.num_rows <= rows for batch in cut)


def test_the_accessor_loads_nothing_until_it_is_used() -> None:
    script = (
        "import sys; from penstock.examples.accessor import data_accessor; data_accessor(); "
        "sys.exit(str({'tensorflow', 'pyarrow', 'numpy'} & set(sys.modules) or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_pandas_batches(pattern: str) -> None:
    options = RecordBatchesOptions(600, num_epochs=1, shuffle=False)
    frames = list(data_accessor().pandas_batches(pattern, options, columns=["t", "n"]))
    assert [frame["n"].tolist() for frame in frames] == [list(range(600)), list(range(600, ROWS))]
    assert list(frames[0].columns) == ["t", "n"]


def test_the_accessor_is_tfx_s_tuple_with_ways_without_tensorflow_beside(pattern: str) -> None:
    accessor = data_accessor()
    assert accessor == (tf_dataset_factory, record_batch_factory, None)
    assert accessor.read_table(pattern) == read_table(pattern)
    assert accessor.read_pandas(pattern, columns=["n"])["n"].sum() == accessor.read_numpy(pattern)["n"].sum()
    options = RecordBatchesOptions(ROWS, num_epochs=1, shuffle=False)
    (arrays,) = accessor.numpy_batches(pattern, options, columns=["n"])
    assert arrays["n"].tolist() == list(range(ROWS))


def test_shares_of_the_rows_are_disjoint_and_whole(tmp_path: Path) -> None:
    with ExamplesWriter(str(tmp_path), rows_per_shard=300) as writer:
        writer.write("s", pa.record_batch([pa.array(range(ROWS))], ["n"]))
    for path in (tmp_path / "Split-s").iterdir():
        pq.write_table(pq.read_table(path), path, row_group_size=70)
    reader = ExamplesReader(str(tmp_path / "Split-s"))
    found = [
        [n for batch in Share(reader, index, 3).found_batches() for n in batch.to_pydict()["n"]]
        for index in range(3)
    ]
    assert sorted(n for share in found for n in share) == list(range(ROWS))
    assert min(map(len, found)) > 250
    assert Share(reader, 40, 41).parts == ()


def test_torch_dataset_without_torch_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "penstock.examples.torch_data", raising=False)
    with pytest.raises(DependencyError, match="torch is not installed") as told:
        torch_dataset(str(tmp_path), RecordBatchesOptions(1))
    assert "penstock[pytorch]" in str(told.value.hint)
