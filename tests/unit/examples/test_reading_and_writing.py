# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import subprocess
import sys
import uuid
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.errors import DataError, StorageError
from penstock.examples import parquet_shards
from penstock.examples.kinds import FEATURES_FILE, FeatureSet, FeatureSpec
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader, read_split
from penstock.examples.shard_names import ShardNames
from penstock.examples.writer import ExamplesWriter, SplitSummary

FORMATS: tuple[ExamplesFormat, ...] = ("parquet", "tfrecord")

TABLE = pa.record_batch(
    [pa.array([1, None, 3]), pa.array(["a", "é", None]), pa.array([0.5, None, 2.5], pa.float32())],
    ["n", "t", "f"],
)
FEATURES = FeatureSet(
    (FeatureSpec("n", "int"), FeatureSpec("t", "bytes", is_text=True), FeatureSpec("f", "float"))
)


@pytest.fixture(params=FORMATS)
def format(request: pytest.FixtureRequest) -> ExamplesFormat:
    value: ExamplesFormat = request.param
    return value


def write(
    uri: Path, format: ExamplesFormat, *batches: pa.RecordBatch, rows_per_shard: int = 10
) -> SplitSummary:
    with ExamplesWriter(str(uri), format=format, rows_per_shard=rows_per_shard) as writer:
        for batch in batches:
            writer.write("train", batch)
        return writer.close()["train"]


def rows(reader: ExamplesReader, layout: str = "table") -> list[dict[str, object]]:
    return [row for batch in reader.batches(2, layout) for row in batch.to_pylist()]  # type: ignore[arg-type]


def test_what_is_written_is_read(format: ExamplesFormat, tmp_path: Path) -> None:
    summary = write(tmp_path, format, TABLE, TABLE)
    reader = ExamplesReader(str(tmp_path / "Split-train"))
    assert reader.format == format
    assert reader.features == FEATURES
    assert reader.num_rows == summary.rows == 6
    assert summary.bytes == sum(Path(shard).stat().st_size for shard in reader.shards)
    assert rows(reader) == TABLE.to_pylist() * 2
    assert [batch.num_rows for batch in reader.batches(4)] == [4, 2]
    examples = rows(reader, "examples")
    assert examples[0] == {"n": [1], "t": [b"a"], "f": [0.5]}
    assert examples[1] == {"n": None, "t": ["é".encode()], "f": None}
    assert [row for batch in read_split(str(tmp_path), "train") for row in batch.to_pylist()] == rows(reader)


def test_files_are_named_as_in_tfx(format: ExamplesFormat, tmp_path: Path) -> None:
    assert write(tmp_path, format, TABLE, TABLE, TABLE, rows_per_shard=3).shards == 3
    stem, suffix = {"parquet": ("data", ".parquet"), "tfrecord": ("data_tfrecord", ".gz")}[format]
    names = sorted(path.name for path in (tmp_path / "Split-train").iterdir())
    assert names == [f"{stem}-{i:05d}-of-00003{suffix}" for i in range(3)]
    assert rows(ExamplesReader(str(tmp_path / "Split-train"))) == TABLE.to_pylist() * 3


def test_columns_are_chosen_and_ordered(format: ExamplesFormat, tmp_path: Path) -> None:
    write(tmp_path, format, TABLE)
    reader = ExamplesReader(str(tmp_path / "Split-train"), columns=["f", "n"])
    assert reader.features.names == ("f", "n")
    assert list(rows(reader)[0]) == ["f", "n"]
    with pytest.raises(DataError, match="no feature 'nn'"):
        list(ExamplesReader(str(tmp_path / "Split-train"), columns=["nn"]).batches())


def test_features_that_widen_late_are_one_schema_in_all_shards_and_splits(
    format: ExamplesFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_shards, "_ROW_GROUP_ROWS", 2)
    wide = pa.record_batch(
        [pa.array([[1, 2], [], None]), pa.array([b"\xff", b"b", None]), pa.array([1, 2, 3])],
        ["n", "t", "new"],
    )
    with ExamplesWriter(str(tmp_path), format=format, rows_per_shard=2) as writer:
        for batch in (TABLE, TABLE, wide):
            writer.write("train", batch)
        writer.write("eval", TABLE)
    widened = FeatureSet(
        (
            FeatureSpec("n", "int", is_list=True),
            FeatureSpec("t", "bytes"),
            FeatureSpec("f", "float"),
            FeatureSpec("new", "int"),
        )
    )
    for split in ("train", "eval"):
        reader = ExamplesReader(str(tmp_path / f"Split-{split}"))
        assert reader.features == widened
        if format == "parquet":
            schemas = [pq.read_schema(shard) for shard in reader.shards]
            assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    train = rows(ExamplesReader(str(tmp_path / "Split-train")))
    assert train[0] == {"n": [1], "t": b"a", "f": 0.5, "new": None}
    assert train[6:] == [
        {"n": [1, 2], "t": b"\xff", "f": None, "new": 1},
        {"n": [], "t": b"b", "f": None, "new": 2},
        {"n": None, "t": None, "f": None, "new": 3},
    ]


def test_parquet_is_readable_as_it_is_by_pandas(tmp_path: Path) -> None:
    write(tmp_path, "parquet", TABLE)
    frame = pd.read_parquet(tmp_path / "Split-train")
    assert frame["t"].tolist() == ["a", "é", None]
    assert frame["f"].dtype == "float32"
    assert (
        pq.ParquetFile(next((tmp_path / "Split-train").iterdir())).metadata.row_group(0).column(0).compression
        == "ZSTD"
    )


def test_tfrecord_says_its_features_beside_the_splits(tmp_path: Path) -> None:
    write(tmp_path, "tfrecord", TABLE)
    told = ExamplesReader(str(tmp_path / "Split-train")).features
    (tmp_path / FEATURES_FILE).unlink()
    found = ExamplesReader(str(tmp_path / "Split-train")).features
    assert told == FEATURES
    assert set(found) == set(FEATURES)


def test_known_features_keep_order_and_kind(format: ExamplesFormat, tmp_path: Path) -> None:
    known = FeatureSet((FeatureSpec("label", "float"), *FEATURES))
    with ExamplesWriter(str(tmp_path), known, format) as writer:
        writer.write("train", TABLE)
    assert ExamplesReader(str(tmp_path / "Split-train")).features == known


def test_nothing_has_its_final_name_before_the_writer_closes(format: ExamplesFormat, tmp_path: Path) -> None:
    def visible() -> list[Path]:
        return [path for path in tmp_path.glob("Split-*/*") if not path.name.startswith(".")]

    writer = ExamplesWriter(str(tmp_path), format=format)
    with pytest.raises(ZeroDivisionError), writer:  # noqa: PT012  what fails is the block of the writer
        writer.write("train", TABLE)
        assert not visible()
        _ = 1 / 0
    assert not visible()


def test_a_full_disk_is_named(
    format: ExamplesFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ShardNames, "unfinished", lambda self, index: "/dev/full")
    with pytest.raises(StorageError, match="cannot write /dev/full: the disk is full"):
        write(tmp_path, format, TABLE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(st.tuples(st.none() | st.integers(-5, 5), st.none() | st.text(max_size=3)), min_size=1))
def test_batches_cut_anyhow_hold_the_same_rows(
    format: ExamplesFormat, data: list[tuple[int | None, str | None]], tmp_path: Path
) -> None:
    numbers, texts = zip(*data, strict=True)
    batch = pa.record_batch([pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], ["n", "t"])
    target = tmp_path / uuid.uuid4().hex
    write(target, format, batch)
    reader = ExamplesReader(str(target / "Split-train"))
    for size in (1, 3, 1000):
        assert [row for part in reader.batches(size) for row in part.to_pylist()] == batch.to_pylist()


def parquet(path: Path, **columns: object) -> None:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path)


def test_parquet_of_others_is_read_by_its_column_types(tmp_path: Path) -> None:
    parquet(
        tmp_path / "s" / "1.parquet",
        i=pa.array([1, 2], pa.int32()),
        d=pa.array([Decimal("1.5"), None]),
        o=[True, False],
        c=pa.array(["x", "y"]).dictionary_encode(),
        e=pa.nulls(2),
        l=[[1.5], []],
    )
    parquet(tmp_path / "s" / "2.parquet", i=[3], e=[7])
    reader = ExamplesReader(str(tmp_path / "s"))
    assert {
        feature.name: (feature.kind, feature.is_list, feature.is_text) for feature in reader.features
    } == {
        "i": ("int", False, False),
        "d": ("float", False, False),
        "o": ("int", False, False),
        "c": ("bytes", False, True),
        "e": ("int", False, False),
        "l": ("float", True, False),
    }
    assert rows(reader) == [
        {"i": 1, "d": 1.5, "o": 1, "c": "x", "e": None, "l": [1.5]},
        {"i": 2, "d": None, "o": 0, "c": "y", "e": None, "l": []},
        {"i": 3, "d": None, "o": None, "c": None, "e": 7, "l": None},
    ]
    assert rows(ExamplesReader(str(tmp_path / "s"), columns=["e"])) == [{"e": None}, {"e": None}, {"e": 7}]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([0], pa.timestamp("s")), "type timestamp.*input: x"),
        (pa.array([{"a": 1}]), "cannot be a feature; input: x"),
        (pa.array([[[1]]]), "cannot be a feature"),
        (pa.array([[1, None]]), "list with a missing value"),
    ],
)
def test_columns_that_no_feature_can_hold_are_named(tmp_path: Path, column: pa.Array, said: str) -> None:
    parquet(tmp_path / "s" / "1.parquet", x=column)
    with pytest.raises(DataError, match=said):
        rows(ExamplesReader(str(tmp_path / "s")))


def test_a_column_that_changes_its_kind_between_files_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    parquet(tmp_path / "s" / "1.parquet", x=[1])
    parquet(tmp_path / "s" / "2.parquet", x=["a"])
    with pytest.raises(DataError, match=r"'x' changes its kind.*2\.parquet"):
        rows(ExamplesReader(str(tmp_path / "s")))


def bad_files() -> Sequence[tuple[str, bytes, str]]:
    return [
        ("damaged.parquet", b"PAR1 and then nothing", "cannot be read as Parquet"),
        ("text.gz", b"no,records\n1,2\n", "record 0 of .* cannot be read"),
        (
            "zipped.gz",
            gzip.compress(b"no records, for sure not", mtime=0),
            "record 0 of .*checksum of its length",
        ),
        ("cut.gz", gzip.compress(b"x" * 10_000, mtime=0)[:-10], "is cut off or damaged"),
    ]


@pytest.mark.parametrize(("name", "content", "said"), bad_files())
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        rows(ExamplesReader(str(tmp_path)))


def test_a_truncated_or_altered_record_is_found(tmp_path: Path) -> None:
    write(tmp_path, "tfrecord", TABLE)
    path = next((tmp_path / "Split-train").iterdir())
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(content[:-1])
    with pytest.raises(DataError, match="record 2 of .*ends in the middle"):
        rows(ExamplesReader(str(path)))
    path.write_bytes(content[:14] + b"\x00" + content[15:])
    with pytest.raises(DataError, match="record 0 of .*checksum of its data"):
        rows(ExamplesReader(str(path)))


def test_no_files_and_mixed_formats_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no examples under"):
        ExamplesReader(str(tmp_path / "none" / "*"))
    write(tmp_path / "a", "parquet", TABLE)
    write(tmp_path / "b", "tfrecord", TABLE)
    with pytest.raises(DataError, match="differ in format"):
        ExamplesReader([str(tmp_path / "a" / "Split-train"), str(tmp_path / "b" / "Split-train")])


def test_hidden_files_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, "parquet", TABLE)
    (tmp_path / "Split-train" / "_SUCCESS").touch()
    (tmp_path / "Split-train" / ".data.crc").touch()
    assert ExamplesReader(str(tmp_path / "Split-train")).num_rows == 3


def test_examples_on_other_file_systems(format: ExamplesFormat) -> None:
    uri = f"memory://examples-{format}"
    with ExamplesWriter(uri, format=format) as writer:
        writer.write("train", TABLE)
    assert rows(ExamplesReader(f"{uri}/Split-train")) == TABLE.to_pylist()


def test_parquet_needs_neither_tensorflow_nor_tfx_bsl(tmp_path: Path) -> None:
    script = f"""
import sys
import pyarrow as pa
from penstock.examples.reader import ExamplesReader
from penstock.examples.writer import ExamplesWriter
with ExamplesWriter({str(tmp_path)!r}) as writer:
    writer.write("train", pa.record_batch([pa.array([1])], ["n"]))
assert ExamplesReader({str(tmp_path / "Split-train")!r}).num_rows == 1
loaded = {{"tensorflow", "tfx_bsl", "apache_beam", "google_crc32c"}} & set(sys.modules)
sys.exit(str(loaded) if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
