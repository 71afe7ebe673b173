# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.inference.streaming.decoding import Decoded, Message, decoded
from penstock.inference.streaming.incoming import Incoming
from penstock.inference.streaming.messages import BatchFolder


def message(id: str, value: Any) -> Message:
    return Message(id, value if isinstance(value, bytes) else json.dumps(value).encode())


def rows(group: Decoded) -> list[dict[str, Any]]:
    return [json.loads(line) for line in group.content.decode("ascii").splitlines()]


def arrow(**columns: list[Any]) -> bytes:
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def test_objects_and_lists_of_objects_become_rows_with_their_message() -> None:
    (group,) = decoded([message("1-0", {"x": 1}), message("2-0", [{"x": 2}, {"x": None}])], "json")
    assert rows(group) == [
        {"x": 1, "message_id": "1-0"},
        {"x": 2, "message_id": "2-0"},
        {"x": None, "message_id": "2-0"},
    ]
    assert group.format == "json_lines"


def test_a_message_of_other_kinds_does_not_change_its_neighbours() -> None:
    messages = [message("1", {"x": 1}), message("2", {"x": "one"}), message("3", {"x": 2.5, "y": "new"})]
    groups = decoded(messages, "json")
    assert [[item.id for item in group.messages] for group in groups] == [["1", "3"], ["2"]]


def test_what_is_no_row_is_refused_with_its_cause() -> None:
    messages = [
        message("1", b"{"),
        message("2", [1, 2]),
        message("3", b'{"x": NaN}'),
        message("4", []),
        message("5", [{"x": 1}, {"x": "one"}]),
        Message("6", None, 0.0, "it was removed"),
        message("7", {"x": 1}),
    ]
    good, refused = decoded(messages, "json")
    assert [item.id for item in good.messages] == ["7"]
    assert {item.id: item.error for item in refused.refused}["6"] == "it was removed"
    assert [item.id for item in refused.refused] == ["1", "2", "3", "4", "5", "6"]
    assert "not JSON" in refused.refused[0].error
    assert "no JSON object" in refused.refused[1].error
    assert "NaN" in refused.refused[2].error
    assert "different kinds as 'x'" in refused.refused[4].error
    assert refused.content == b""


def test_text_that_no_file_can_hold_is_refused() -> None:
    messages = [
        message("half a pair", b'{"id": "\\ud800", "x": 1}'),
        message("not utf-8", b'{"id": "\xed\xa0\x80", "x": 1}'),
        message("too deep", b"[" * 100_000),
        message("a pair", b'{"id": "\\ud83d\\ude00", "x": 1}'),
    ]
    good, refused = decoded(messages, "json")
    assert [item.id for item in good.messages] == ["a pair"]
    assert rows(good)[0]["id"] == "\U0001f600"
    assert [item.id for item in refused.refused] == ["half a pair", "not utf-8", "too deep"]
    assert all(item.error.startswith("the message is not JSON: ") for item in refused.refused)


def test_arrow_messages_of_one_schema_become_one_table(tmp_path: Path) -> None:
    messages = [
        message("1", arrow(x=[1, 2])),
        message("2", arrow(x=[3])),
        message("3", arrow(x=["three"])),
        message("4", b"no arrow"),
    ]
    first, other, refused = decoded(messages, "arrow")
    (tmp_path / "a.parquet").write_bytes(first.content)
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {
        "x": [1, 2, 3],
        "message_id": ["1", "1", "2"],
    }
    assert [item.id for item in other.messages] == ["3"]
    assert [item.id for item in refused.refused] == ["4"]


def test_arrow_files_are_taken_as_well_as_streams() -> None:
    table = pa.table({"x": [1]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    (group,) = decoded([message("1", sink.getvalue().to_pybytes())], "arrow")
    assert not group.refused


def test_batches_are_kept_until_they_are_removed(tmp_path: Path) -> None:
    folder = BatchFolder(str(tmp_path / "batches"))
    good, refused = decoded([message("1", {"x": 1}), message("2", b"{")], "json")
    uri = folder.write("good", good)
    assert folder.write("bad", refused) == ""
    folder.write("orphan", good)
    assert Path(uri).read_bytes() == good.content
    assert [item.id for item in folder.refused("bad")] == ["2"]
    assert folder.refused("good") == []
    folder.keep_only(["good", "bad"])
    assert sorted(path.name for path in Path(uri).parent.iterdir()) == ["bad.refused.json", "good.jsonl"]
    folder.remove(["good", "bad"])
    assert list(Path(uri).parent.iterdir()) == []


def test_an_incoming_batch_is_plain() -> None:
    assert Incoming("id", "name", "uri", "label").receipt == ""
