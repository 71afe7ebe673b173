# SPDX-License-Identifier: Apache-2.0
"""Reads a CSV file slowly and exactly: its header, and where in it something is wrong."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Generator, Iterator, Sequence

from penstock import files
from penstock.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"
_LARGEST_CELL = 2**31 - 1


def is_gzip(uri: str) -> bool:
    """Says whether a file is gzip'd, by its first bytes."""
    with files.open(uri) as file, files.storage_errors("read", uri):
        return bool(file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC)


def read_header(uri: str) -> tuple[str, ...]:
    """Returns the column names that stand in a file's first line.

    Raises:
        DataError: The file is empty, its first line is blank or not UTF-8, or a name is missing or there twice.
    """
    lines = text_lines(uri)
    try:
        names = next(csv.reader(lines), None)
    except csv.Error as error:
        raise _unreadable(uri, 1, str(error)) from error
    finally:
        lines.close()
    hint = "the first line must name the columns"
    if names is None:
        raise DataError(f"{uri} is empty", input=uri, expected="a header line and rows", hint=hint)
    if not names:
        raise DataError(f"{uri} starts with a blank line", input=uri, expected="a header line", hint=hint)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{uri} names a column twice in line 1",
            input=uri,
            got=", ".join(repeated),
            hint="give every column a name of its own",
        )
    if "" in names:
        raise DataError(
            f"{uri} has a column without a name in line 1",
            input=uri,
            got=f"column {names.index('') + 1} of {len(names)}",
            hint="name it, or leave it out (pandas writes its index so, unless to_csv has index=False)",
        )
    return tuple(names)


def common_header(uris: Sequence[str]) -> tuple[str, ...]:
    """Returns the column names that all of some files have.

    Raises:
        DataError: One has others, or no header that :func:`read_header` takes.
    """
    first = read_header(uris[0])
    for uri in uris[1:]:
        header = read_header(uri)
        if header != first:
            raise DataError(
                f"{uri} has another header than {uris[0]}",
                input=uri,
                expected=",".join(first),
                got=",".join(header),
                hint="files that are read together must have the same columns in the same order",
            )
    return first


def line_of_row(uri: str, row: int) -> int:
    """Returns the number of the line in which a row starts.

    Args:
        uri: The file.
        row: Number of the row, the first after the header being 0; blank lines are no rows.
    """
    for index, (line, _) in enumerate(_rows(uri)):
        if index == row + 1:
            return line
    raise DataError(
        f"{uri} has changed while it was read", input=uri, hint="let its writer finish, and run again"
    )


def find_problem(uri: str, columns: int) -> DataError | None:
    """Looks for the first line that does not fit, and says what is wrong with it.

    Args:
        uri: The file.
        columns: Number of cells that every row must have.
    """
    try:
        for line, cells in _rows(uri):
            if len(cells) != columns:
                return DataError(
                    f"{uri} has a row with the wrong number of cells in line {line}",
                    input=uri,
                    expected=f"{columns} cells, as in the header",
                    got=f"{len(cells)} cells: {_shorten(','.join(cells))}",
                    hint="look for a missing cell, or a comma that is not inside quotes",
                )
    except DataError as error:
        return error
    return None


def text_lines(uri: str) -> Generator[str, None, None]:
    """Yields a file's lines with their ends, decompressed and decoded, without a byte order mark.

    Raises:
        DataError: A line is not UTF-8, or the gzip file is damaged.
    """
    for number, (offset, raw) in enumerate(_raw_lines(uri), start=1):
        line = raw.removeprefix(_MARK) if number == 1 else raw
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{uri} is not UTF-8 in line {number}",
                input=uri,
                got=f"byte 0x{line[error.start]:02x} at offset {offset + len(raw) - len(line) + error.start}",
                hint=f"convert it, for instance with iconv -f {_likely_encoding(raw)} -t utf-8",
            ) from None


def _likely_encoding(line: bytes) -> str:
    return "utf-16" if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin1"


def _raw_lines(uri: str) -> Iterator[tuple[int, bytes]]:
    zipped = is_gzip(uri)
    with files.open(uri) as file, files.storage_errors("read", uri):
        offset = 0
        try:
            for line in gzip.GzipFile(fileobj=file) if zipped else file:
                yield offset, line
                offset += len(line)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{uri} is cut off or damaged", input=uri, expected="a whole gzip file", got=str(error)
            ) from error


def _rows(uri: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the header and all rows, each with the line in which it starts; blank lines are left out."""
    # The csv module's own limit of 128 KiB is no limit of the format.
    csv.field_size_limit(_LARGEST_CELL)
    lines = _Lines(text_lines(uri))
    reader = csv.reader(lines)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(uri, line, str(error)) from error
        # A reader that has a whole row asks for no further line: that it did, and got none, means an open quote.
        if lines.ended:
            raise DataError(
                f"{uri} has a quote in line {line} that is never closed",
                input=uri,
                expected='a second " that ends the cell',
                got="the end of the file",
            )
        if cells:
            yield line, cells
        line = reader.line_num + 1


class _Lines:
    """Hands lines on, and knows when it was asked for one more than there is."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except StopIteration:
            self.ended = True
            raise


def _unreadable(uri: str, line: int, reason: str) -> DataError:
    return DataError(
        f"{uri} cannot be read as CSV in line {line}",
        input=uri,
        got=reason,
        hint="lines must end in LF or CRLF, and a cell that has quotes must be quoted itself",
    )


def _shorten(text: str, length: int = 80) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
