# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.components.query_based_example_gen.queries import with_span

DAY = 19_753  # 2024-01-31


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("t BETWEEN @span_begin_timestamp AND @span_end_timestamp", "t BETWEEN 1706659200 AND 1706745600"),
        ("day = @span_yyyymmdd_utc", "day = '20240131'"),
        ("FROM t_{YYYY}_{MM}_{DD}", "FROM t_2024_01_31"),
        ("FROM t_{SPAN} JOIN u_{SPAN:7}", "FROM t_19753 JOIN u_0019753"),
        ("'{\"a\": 1}' = '{1,2}' AND {d '2024-01-01'}", "'{\"a\": 1}' = '{1,2}' AND {d '2024-01-01'}"),
    ],
)
def test_the_span_takes_the_place_of_its_placeholders(query: str, expected: str) -> None:
    assert with_span(query, DAY) == expected


def test_span_zero_is_the_first_day() -> None:
    assert (
        with_span("@span_begin_timestamp @span_end_timestamp @span_yyyymmdd_utc", 0) == "0 86400 '19700101'"
    )
