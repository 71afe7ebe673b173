# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.ui.tables import count, duration, size, table


def test_columns_are_aligned_and_empty_ones_left_out() -> None:
    rows = [("a", "", "1", "x"), ("bcd", "", "1,000", "")]
    assert table(("node", "nothing", "rows", "detail"), rows, right=(2,)).splitlines() == [
        "node   rows  detail",
        "a         1  x",
        "bcd   1,000",
    ]


def test_the_last_column_is_wrapped_where_lines_must_end() -> None:
    text = table(("n", "detail"), [("a", "one two three four five six seven")], width=24)
    assert text.splitlines() == ["n  detail", "a  one two three four", "   five six seven"]


def test_a_table_without_rows_is_its_header() -> None:
    assert table(("node", "state"), []) == "node  state"


def test_cells_are_painted_after_they_are_padded() -> None:
    painted = table(("a", "b"), [("x", "y")], paint=lambda column, cell: f"<{cell}>" if column == 0 else cell)
    assert painted.splitlines()[1] == "<x>  y"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 00 s"), (61.6, "1 min 02 s"), (3720, "1 h 02 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 bytes"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (5 * 2**40, "5,120.0 GiB")]
)
def test_sizes(number: float, text: str) -> None:
    assert size(number) == text


def test_counts() -> None:
    assert (count(None), count(0), count(15002)) == ("", "0", "15,002")
