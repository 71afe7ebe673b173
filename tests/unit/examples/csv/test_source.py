# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import gzip
import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.errors import DataError, StorageError
from penstock.examples.csv import source as source_module
from penstock.examples.csv.source import CsvSource
from penstock.examples.ingest import ReadAgainError
from penstock.examples.kinds import FeatureKind


def put(folder: Path, *contents: bytes) -> list[str]:
    """Writes files and returns their paths."""
    paths = [folder / f"{index}.csv" for index in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return [str(path) for path in paths]


def read(
    uris: Sequence[str], declared: Mapping[str, FeatureKind] | None = None
) -> tuple[list[dict[str, object]], CsvSource]:
    """Reads as often as the source wants and returns the rows of the last time."""
    source = CsvSource(uris, declared)
    while True:
        try:
            return [row for batch in source.batches() for row in batch.rows.to_pylist()], source
        except ReadAgainError:
            continue


def fails(uris: Sequence[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(uris)


def test_columns_are_typed_over_all_files(tmp_path: Path) -> None:
    uris = put(tmp_path, b"i,f,t,n\n1,1,1,\n2,2,2,\n", b"i,f,t,n\n3,2.5,x,\n")
    rows, source = read(uris)
    assert source.kinds == {"i": "int", "f": "float", "t": "bytes", "n": None}
    assert rows == [
        {"i": 1, "f": 1.0, "t": "1", "n": None},
        {"i": 2, "f": 2.0, "t": "2", "n": None},
        {"i": 3, "f": 2.5, "t": "x", "n": None},
    ]


def test_batches_say_which_file_they_are_from(tmp_path: Path) -> None:
    source = CsvSource(put(tmp_path, b"a\n1\n", b"a\n2\n"))
    assert [(batch.file, batch.rows.to_pydict()) for batch in source.batches()] == [
        (0, {"a": [1]}),
        (1, {"a": [2]}),
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", [{"a": 1, "b": 2}]),
        (b"a,b\r\n1,2\r\n", [{"a": 1, "b": 2}]),
        (b"a,b\n1,2", [{"a": 1, "b": 2}]),
        (b'a,b\n"1","x, ""y""\nz"\n', [{"a": 1, "b": 'x, "y"\nz'}]),
        (b'a,"b\nc"\n1,2\n', [{"a": 1, "b\nc": 2}]),
        (b'a,b\n1,\n"",""\n', [{"a": 1, "b": None}, {"a": None, "b": None}]),
        (b"a,b\n\n1,2\n\n\n3,4\n", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("ä,b\n1,é\n".encode(), [{"ä": 1, "b": "é"}]),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), [{"a": 1, "b": 2}]),
        (
            gzip.compress(b"a,b\n1,2\n", mtime=0) + gzip.compress(b"3,4\n", mtime=0),
            [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
        ),
    ],
)
def test_forms_of_csv(tmp_path: Path, content: bytes, rows: list[dict[str, object]]) -> None:
    assert read(put(tmp_path, content))[0] == rows


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            *[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)] * 2
        ),
        min_size=1,
    )
)
def test_text_that_pythons_writer_wrote_is_read_back(tmp_path: Path, table: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), ("x", "x"), *table])
    rows, _ = read(put(tmp_path, stream.getvalue().encode()))
    assert rows[1:] == [{"a": a or None, "b": b or None} for a, b in table]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"0\.csv is empty"),
        (gzip.compress(b"", mtime=0), r"0\.csv is empty"),
        (b"\n1\n", "starts with a blank line"),
        (b"a,b\n", "has a header but no rows"),
        (b"a,b", "has a header but no rows"),
        (b"a,b\n\n\n", "has a header but no rows"),
        (b"a,b,a\n1,2,3\n", "names a column twice in line 1; .*got: a;"),
        (b",a\n0,1\n", r"column without a name in line 1; .*got: column 1 of 2.*index=False"),
        (b"a,b\n1,2\n3\n", r"wrong number of cells in line 3; .*expected: 2 cells.*got: 1 cells: 3"),
        (b'a,b\n"x\ny",2\n1,2,3\n', r"wrong number of cells in line 4; .*got: 3 cells"),
        (b"a,b\n1,2\n3,\xff\n", r"is not UTF-8 in line 3; .*byte 0xff at offset 10"),
        (b"a,\xe9\n1,2\n", r"is not UTF-8 in line 1; .*byte 0xe9 at offset 2"),
        (gzip.compress(b"a,b\n1,2\n3,\xff\n", mtime=0), "is not UTF-8 in line 3"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "quote in line 3 that is never closed"),
        (b"a,b\r1,2\r", "cannot be read as CSV in line 1"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 9999, mtime=0)[:-20], "is cut off or damaged"),
    ],
)
def test_bad_files_are_named_with_line_and_reason(tmp_path: Path, content: bytes, said: str) -> None:
    fails(put(tmp_path, content), said)


def test_another_header_is_an_error(tmp_path: Path) -> None:
    fails(
        put(tmp_path, b"a,b\n1,2\n", b"b,a\n1,2\n"),
        r"1\.csv has another header than .*0\.csv; .*expected: a,b; got: b,a",
    )


def test_a_later_file_without_rows_is_an_error(tmp_path: Path) -> None:
    fails(put(tmp_path, b"a,b\n1,2\n", b"a,b\n"), r"1\.csv has a header but no rows")


def test_a_row_that_is_too_large_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "_BLOCK_BYTES", 1 << 10)
    fails(put(tmp_path, b'a,b\n1,"' + b"x\n" * 2000 + b'"\n'), "row that is larger than")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(StorageError, match=r"folder\.csv"):
        read([str(tmp_path / "folder.csv")])


def test_a_type_that_changes_in_row_one_million(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "_BLOCK_BYTES", 1 << 20)
    rows = 1_000_000
    (uri,) = put(tmp_path, b"a,b\n" + b"1,2\n" * (rows - 1) + b"x,2\n" + b"1,2\n" * 5)
    with caplog.at_level(logging.WARNING):
        source = CsvSource([uri])
        with pytest.raises(ReadAgainError):
            list(source.batches())
        counts = [batch.rows.num_rows for batch in source.batches()]
    assert sum(counts) == rows + 5
    assert source.kinds == {"a": "bytes", "b": "int"}
    (warning,) = caplog.messages
    assert f"column 'a' changes from int to bytes in line {rows + 1} of {uri}, where it has 'x'" in warning
    with pytest.raises(
        DataError, match=rf"column 'a' .* in line {rows + 1} of .*expected: int, as the schema says; got: 'x'"
    ):
        read([uri], {"a": "int", "other": "float"})


def test_a_type_that_changes_early_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read(put(tmp_path, b"a\n" + b"1\n" * (source_module.LATE_VALUES - 1) + b"\n" * 9 + b"x\n"))
        assert not caplog.messages
        read(put(tmp_path, b"a\n" + b"1\n" * source_module.LATE_VALUES + b"2.5\n"))
    assert "from int to float in line 1002" in caplog.text


@pytest.mark.parametrize("block", [64, 1 << 20])
def test_warnings_do_not_depend_on_how_the_file_is_cut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(source_module, "_BLOCK_BYTES", block)
    monkeypatch.setattr(source_module, "LATE_VALUES", 50)
    content = b"a,b\n" + b"1,\n" * 60 + b'1,"5\n"\n' + b"2.5,x\n" + b"x,6\n" * 60 + b",7\n"
    with caplog.at_level(logging.WARNING):
        rows, _ = read(put(tmp_path, content))
    assert len(rows) == 123
    assert [message.partition(" of ")[0] for message in caplog.messages] == [
        "column 'a' changes from int to float in line 64",
        "column 'a' changes from float to bytes in line 65",
    ]


def test_declared_kinds_hold_where_the_cells_would_be_narrower(tmp_path: Path) -> None:
    rows, _ = read(put(tmp_path, b"a,b,c\n1,2,3\n"), {"a": "float", "b": "bytes"})
    assert rows == [{"a": 1.0, "b": "2", "c": 3}]


def test_a_file_that_changes_between_the_passes_is_an_error(tmp_path: Path) -> None:
    (uri,) = put(tmp_path, b"a\n1\n")
    source = CsvSource([uri])
    list(source.batches())
    put(tmp_path, b"a\nx\n")
    with pytest.raises(DataError, match="has changed while it was read"):
        list(source.batches())
