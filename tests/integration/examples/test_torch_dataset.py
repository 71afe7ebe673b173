# SPDX-License-Identifier: Apache-2.0
"""Examples in PyTorch's DataLoader: no row lost or doubled, however many workers there are."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.data import ExamplesWriter, RecordBatchesOptions, torch_dataset
from penstock.errors import DataError
from penstock.examples.accessor import data_accessor

torch = pytest.importorskip("torch")
from torch.utils.data import DataLoader  # noqa: E402  only where there is a torch

pytestmark = pytest.mark.pytorch

ROWS = 1000
ONCE = RecordBatchesOptions(64, num_epochs=1, shuffle=False)
SHUFFLED = ONCE._replace(shuffle=True, shuffle_buffer_size=100)


@pytest.fixture(params=["parquet", "tfrecord"])
def split(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A split of 1,000 numbered rows: three files, those of Parquet with a row group per 200 rows."""
    if request.param == "tfrecord":
        pytest.importorskip("tfx_bsl")
    with ExamplesWriter(str(tmp_path), format=request.param, rows_per_shard=400) as writer:
        writer.write("train", pa.record_batch([pa.array(range(ROWS))], ["n"]))
    for path in (tmp_path / "Split-train").glob("*.parquet"):
        pq.write_table(pq.read_table(path), path, row_group_size=200)
    return str(tmp_path / "Split-train")


def numbers(batches: Any) -> list[int]:
    return [int(value) for batch in batches for value in batch["n"]]


@pytest.mark.parametrize("workers", [0, 1, 2, 7])
@pytest.mark.parametrize("options", [ONCE, SHUFFLED], ids=["in order", "shuffled"])
def test_workers_share_the_rows_out(split: str, workers: int, options: RecordBatchesOptions) -> None:
    loader = DataLoader(torch_dataset(split, options), batch_size=None, num_workers=workers)
    first, second = list(loader), list(loader)
    assert sorted(numbers(first)) == sorted(numbers(second)) == list(range(ROWS))
    assert max(len(batch["n"]) for batch in first) == 64
    if workers < 2 and not options.shuffle:
        assert numbers(first) == list(range(ROWS))


def test_workers_that_go_on_share_each_epoch_out(split: str) -> None:
    dataset = torch_dataset(split, SHUFFLED)
    loader = DataLoader(dataset, batch_size=None, num_workers=2, persistent_workers=True)
    first, second = numbers(loader), numbers(loader)
    assert sorted(first) == sorted(second) == list(range(ROWS))
    assert first != second


def test_endless_epochs_have_whole_batches_and_idle_workers_do_not_hang(split: str) -> None:
    loader = DataLoader(torch_dataset(split, RecordBatchesOptions(64)), batch_size=None, num_workers=7)
    batches = [batch for batch, _ in zip(loader, range(40), strict=False)]
    assert {len(batch["n"]) for batch in batches} == {64}


@pytest.mark.parametrize("workers", [0, 2])
def test_the_order_is_new_each_time_and_follows_the_seeds(split: str, workers: int) -> None:
    loader = DataLoader(torch_dataset(split, SHUFFLED), batch_size=None, num_workers=workers)
    torch.manual_seed(5)
    first, second = numbers(loader), numbers(loader)
    torch.manual_seed(5)
    assert [numbers(loader), numbers(loader)] == [first, second]
    assert first != second
    fixed = DataLoader(torch_dataset(split, SHUFFLED._replace(shuffle_seed=3)), None, num_workers=workers)
    assert numbers(fixed) == numbers(fixed)


def test_two_epochs_in_one(split: str) -> None:
    dataset = torch_dataset(split, ONCE._replace(num_epochs=2, drop_final_batch=True))
    assert numbers(dataset) == [*range(ROWS), *range(ROWS)][: 2 * ROWS // 64 * 64]


def test_a_dataset_can_be_sent_to_another_process(split: str) -> None:
    assert numbers(pickle.loads(pickle.dumps(torch_dataset(split, ONCE)))) == list(range(ROWS))


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    columns = {
        "i": pa.array([1, 2, None]),
        "f": pa.array([0.5, None, 2.5]),
        "t": pa.array(["a", None, "c"]),
        "pixels": pa.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]),
        "words": pa.array([[1, 2], [], None]),
    }
    with ExamplesWriter(str(tmp_path)) as writer:
        writer.write("s", pa.record_batch(list(columns.values()), list(columns)))
    return str(tmp_path / "Split-s")


def test_kinds_of_features(mixed: str) -> None:
    (batch,) = data_accessor().torch_dataset(
        mixed, ONCE, missing={"i": -1, "t": "?"}, shapes={"pixels": (2, 2)}
    )
    assert list(batch) == ["i", "f", "t", "pixels", "words"]
    assert batch["i"].tolist() == [1, 2, -1]
    assert batch["i"].dtype == torch.int64
    assert batch["f"].dtype == torch.float32
    assert batch["f"].isnan().tolist() == [False, True, False]
    assert batch["t"] == ["a", "?", "c"]
    assert batch["pixels"][2].tolist() == [[9, 10], [11, 12]]
    assert [row.tolist() for row in batch["words"]] == [[1, 2], [], []]
    batch["f"][0] = 7  # the tensors are one's own


def test_columns_are_chosen(mixed: str) -> None:
    (batch,) = torch_dataset(mixed, ONCE, columns=["f", "t"])
    assert list(batch) == ["f", "t"]


def test_what_does_not_fit_a_tensor_is_named(mixed: str) -> None:
    with pytest.raises(DataError, match="'i' has missing values") as told:
        list(torch_dataset(mixed, ONCE, columns=["i"]))
    assert "missing={'i': 0}" in str(told.value.hint)
    with pytest.raises(DataError, match="'words' has a row that does not have the shape"):
        list(torch_dataset(mixed, ONCE, columns=["words"], shapes={"words": (2,)}))
    with pytest.raises(DataError, match="no feature 'pixel'"):
        torch_dataset(mixed, ONCE, shapes={"pixel": (2, 2)})
