# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.errors import DataError, ParameterError
from penstock.examples.spans import SpanRange, locate, span_of_date, span_range
from penstock.messages.range_config import RangeConfig, RollingRange, StaticRange

ANY = SpanRange()


def make(folder: Path, *names: str) -> str:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return str(folder)


def found(base: str, allowed: SpanRange = ANY, **patterns: str) -> tuple[int, int | None, Mapping[str, str]]:
    located = locate(base, patterns, allowed)
    return located.span, located.version, located.patterns


def test_patterns_without_span_stay_as_they_are(tmp_path: Path) -> None:
    assert found(str(tmp_path), a="*.csv", b="eval/*") == (0, None, {"a": "*.csv", "b": "eval/*"})


def test_the_latest_span_is_taken_by_number(tmp_path: Path) -> None:
    base = make(tmp_path, "span-2/x.csv", "span-10/x.csv", "span-9/x.csv", "span-x/x.csv", "span-11/x.txt")
    assert found(base, a="span-{SPAN}/*.csv") == (10, None, {"a": "span-10/*.csv"})


def test_widths_are_exact(tmp_path: Path) -> None:
    base = make(tmp_path, "s007/x", "s12/x", "s0013/x")
    assert found(base, a="s{SPAN:3}/*") == (7, None, {"a": "s007/*"})
    assert found(base, a="s{SPAN:2}/*") == (12, None, {"a": "s12/*"})


def test_the_latest_version_of_the_latest_span(tmp_path: Path) -> None:
    base = make(tmp_path, "1/v9/x", "2/v1/x", "2/v10/x", "2/v2/x")
    assert found(base, a="{SPAN}/v{VERSION}/*") == (2, 10, {"a": "2/v10/*"})
    assert found(base, SpanRange(1, 1), a="{SPAN}/v{VERSION}/*") == (1, 9, {"a": "1/v9/*"})
    assert found(base, a="{SPAN}/v{VERSION:1}/*") == (2, 2, {"a": "2/v2/*"})


def test_dates_are_spans(tmp_path: Path) -> None:
    base = make(tmp_path, "20240228/x", "20240301/x", "20241399/x", "2024030/x")
    day = span_of_date(datetime.date(2024, 3, 1))
    assert day == 19783
    assert found(base, a="{YYYY}{MM}{DD}/*") == (day, None, {"a": "20240301/*"})
    assert found(base, SpanRange(day - 2, day - 2), a="{YYYY}{MM}{DD}/*")[2] == {"a": "20240228/*"}
    make(tmp_path, "2023/12-31/v3/x")
    assert found(base, a="{YYYY}/{MM}-{DD}/v{VERSION}/*")[:2] == (
        span_of_date(datetime.date(2023, 12, 31)),
        3,
    )


def test_all_splits_have_the_same_span_and_version(tmp_path: Path) -> None:
    base = make(tmp_path, "train/1/1/x", "train/2/1/x", "eval/1/1/x", "eval/2/1/x")
    assert found(base, t="train/{SPAN}/{VERSION}/*", e="eval/{SPAN}/{VERSION}/*") == (
        2,
        1,
        {"t": "train/2/1/*", "e": "eval/2/1/*"},
    )
    make(tmp_path, "eval/3/1/x")
    with pytest.raises(
        DataError,
        match=r"different latest spans.*expected: span 2, version 1.*got: span 3, version 1 in split 'e'",
    ):
        found(base, t="train/{SPAN}/{VERSION}/*", e="eval/{SPAN}/{VERSION}/*")
    assert found(base, SpanRange(2, 2), t="train/{SPAN}/{VERSION}/*", e="eval/{SPAN}/{VERSION}/*")[0] == 2
    make(tmp_path, "train/3/2/x")
    with pytest.raises(DataError, match="different latest spans or versions"):
        found(base, t="train/{SPAN}/{VERSION}/*", e="eval/{SPAN}/{VERSION}/*")


def test_other_glob_characters_work_beside_a_span(tmp_path: Path) -> None:
    base = make(tmp_path, "a/deep/er/s1/x1.csv", "b/s2/x2.csv", "s3/xy.csv")
    assert found(base, a="**/s{SPAN}/x[0-9].csv")[0] == 2
    assert found(base, a="**/s{SPAN}/x?.csv")[0] == 3
    assert found(base, a="**/s{SPAN}/x[!2y].csv")[0] == 1
    assert found(base, a="*/s{SPAN}/*.c*v")[0] == 2


def test_a_base_with_glob_characters_is_taken_literally(tmp_path: Path) -> None:
    base = make(tmp_path / "[x]*{y}", "s1/x")
    assert found(base, a="s{SPAN}/*")[0] == 1


def test_one_span_written_in_two_ways_is_an_error(tmp_path: Path) -> None:
    base = make(tmp_path, "s1/x", "s01/x")
    with pytest.raises(DataError, match=r"has span 1 twice.*got: s01/\* and s1/\*.*\{SPAN:2\}"):
        found(base, a="s{SPAN}/*")
    assert found(base, a="s{SPAN:2}/*")[2] == {"a": "s01/*"}


def test_no_such_span_names_those_that_there_are(tmp_path: Path) -> None:
    base = make(tmp_path, "s1/x", "s2/x")
    with pytest.raises(DataError, match="expected: files of span 7; got: files of the spans 1, 2"):
        found(base, SpanRange(7, 7), a="s{SPAN}/*")
    with pytest.raises(DataError, match="expected: files of any span; got: no file"):
        found(base, a="t{SPAN}/*")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{VERSION}/*", "a version but no span"),
        ("{SPAN}/{SPAN}", "is there twice"),
        ("{YYYY}{MM}/*", "the span is not said once"),
        ("{SPAN}/{YYYY}{MM}{DD}", "the span is not said once"),
        ("{SPAN:0}/*", "width of {SPAN:0} is not a positive integer"),
        ("{SPAN:x}/*", "not a positive integer"),
        ("{span}/*", r"\{span\} is no placeholder; .*did you mean|known"),
        ("{YYYY:2}{MM}{DD}/*", "is no placeholder"),
    ],
)
def test_wrong_placeholders_are_named(tmp_path: Path, pattern: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        found(str(tmp_path), a=pattern)


def test_placeholders_are_the_same_in_all_splits(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="expected: SPAN, as in split 't'; got: none in split 'e'"):
        found(str(tmp_path), t="{SPAN}/*", e="*")


def test_a_range_without_spans_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="asks for span 3, but the input has no spans"):
        found(str(tmp_path), SpanRange(3, 3), a="*")


def test_range_configs() -> None:
    assert span_range(None) == SpanRange()
    static = RangeConfig(static_range=StaticRange(start_span_number=2, end_span_number=2))
    assert span_range(static) == SpanRange(2, 2)
    zero = RangeConfig(static_range=StaticRange(start_span_number=0, end_span_number=0))
    assert span_range(zero) == SpanRange(0, 0)
    rolling = RangeConfig(rolling_range=RollingRange(start_span_number=3, num_spans=1))
    assert span_range(rolling) == SpanRange(first=3)
    assert 2 not in span_range(rolling)
    assert 99 in span_range(rolling)


@pytest.mark.parametrize(
    "config",
    [
        RangeConfig(static_range=StaticRange(start_span_number=1, end_span_number=2)),
        RangeConfig(rolling_range=RollingRange(num_spans=2)),
        RangeConfig(rolling_range=RollingRange()),
    ],
)
def test_an_example_gen_takes_one_span(config: RangeConfig) -> None:
    with pytest.raises(ParameterError, match="one span at a time.*SpanRangeStrategy"):
        span_range(config)
