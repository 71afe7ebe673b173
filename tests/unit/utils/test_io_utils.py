# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import wrappers_pb2

from penstock.errors import StorageError
from penstock.examples.tfrecord import read_records
from penstock.messages.example_gen import Input
from penstock.utils import io_utils


def test_whole_files(tmp_path: Path) -> None:
    text, raw = str(tmp_path / "a" / "b" / "t.txt"), str(tmp_path / "raw")
    io_utils.write_string_file(text, "zwölf")
    io_utils.write_bytes_file(raw, b"\x00\xff")
    assert io_utils.read_string_file(text) == "zwölf"
    assert io_utils.read_bytes_file(raw) == b"\x00\xff"
    with pytest.raises(StorageError):
        io_utils.read_string_file(str(tmp_path / "nowhere"))
    assert io_utils.ensure_local(text) == text
    assert io_utils.all_files_pattern("gs://x/y") == "gs://x/y/*"


def test_a_copy_replaces_only_what_it_may(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "deep" / "target"
    source.write_text("new")
    io_utils.copy_file(str(source), str(target))
    assert target.read_text() == "new"
    source.write_text("newer")
    with pytest.raises(StorageError, match="is already there.*overwrite=True"):
        io_utils.copy_file(str(source), str(target))
    io_utils.copy_file(str(source), str(target), overwrite=True)
    assert target.read_text() == "newer"


def test_a_folder_is_copied_as_far_as_the_patterns_say(tmp_path: Path) -> None:
    for name in ("a.txt", "b.log", "deep/c.txt", "deep/d.tmp"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(name)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("gone")
    io_utils.copy_dir(str(tmp_path / "in"), str(tmp_path / "out"))
    copied = sorted(
        str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file()
    )
    assert copied == ["a.txt", "b.log", "deep/c.txt", "deep/d.tmp"]
    io_utils.copy_dir(str(tmp_path / "in"), str(tmp_path / "out"), [r"\.t.{2}$"], [r"\.tmp$"])
    copied = sorted(
        str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file()
    )
    assert copied == ["a.txt", "deep/c.txt"]
    io_utils.delete_dir(str(tmp_path / "out"))
    io_utils.delete_dir(str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_one_thing_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert io_utils.get_only_uri_in_dir(str(tmp_path)) == str(tmp_path / "one")
    (tmp_path / "two").mkdir()
    with pytest.raises(StorageError, match="does not hold exactly one thing.*got: one, two"):
        io_utils.get_only_uri_in_dir(str(tmp_path))


def test_messages_and_protobufs_in_files(tmp_path: Path) -> None:
    message = Input(splits=[Input.Split(name="train", pattern="a*")])
    for written, empty in (
        (message, Input()),
        (wrappers_pb2.StringValue(value="x"), wrappers_pb2.StringValue()),
    ):
        file = str(tmp_path / "message.pbtxt")
        io_utils.write_pbtxt_file(file, written)
        assert io_utils.parse_pbtxt_file(file, empty) == written
    io_utils.write_string_file(str(tmp_path / "m.json"), '{"splits": [{"name": "train", "pattern": "a*"}]}')
    assert io_utils.parse_json_file(str(tmp_path / "m.json"), Input()) == message
    records = [wrappers_pb2.Int64Value(value=number) for number in range(3)]
    io_utils.write_tfrecord_file(str(tmp_path / "records"), *records)
    (read,) = read_records(str(tmp_path / "records"), 10)
    assert read == [record.SerializeToString() for record in records]


def test_the_columns_of_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    assert io_utils.load_csv_column_names(str(tmp_path / "data.csv")) == ["a", "b"]
