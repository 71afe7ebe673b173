# SPDX-License-Identifier: Apache-2.0
"""The queries of an ExampleGen, and the span in them.

A span of a query is a day: span 0 is 1970-01-01, in UTC. Where a query has one of these, the span's take their place:

``@span_begin_timestamp``, ``@span_end_timestamp``
    Seconds since 1970-01-01 00:00 UTC, of the day's beginning and of the next day's.
``@span_yyyymmdd_utc``
    The day, as text in SQL: ``'20240131'``.
``{SPAN}``, ``{SPAN:5}``
    The span's number, with zeros in front to make up the width.
``{YYYY}``, ``{MM}``, ``{DD}``
    Parts of the day.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from penstock.errors import ParameterError, did_you_mean
from penstock.examples.spans import span_range
from penstock.examples.splits import check_split_names
from penstock.messages.example_gen import Input
from penstock.messages.range_config import RangeConfig

SINGLE_SPLIT = "single_split"
"""Name of the input split where there is one query."""

_EPOCH = datetime.date(1970, 1, 1)
_DAY_SECONDS = 86_400
_NAMES = ("@span_begin_timestamp", "@span_end_timestamp", "@span_yyyymmdd_utc")
# Braces stand in queries for other things too (JSON, arrays), so that only these mean a span.
_PLACEHOLDER = re.compile(r"@span_\w+|\{(?:SPAN|VERSION|YYYY|MM|DD)(?::[^{}]*)?\}")


@dataclass(frozen=True, slots=True)
class SplitQuery:
    """The query of one input split.

    Attributes:
        split: Name of the split.
        query: The query.
    """

    split: str
    query: str


def check_queries(config: Input, fingerprint_query: str | None, *, has_span: bool) -> None:
    """Refuses queries that cannot be run.

    Raises:
        ParameterError: There is none, a split has none or an unusable name, or a placeholder is unknown or without a
            span.
    """
    if not config.splits:
        raise ParameterError(
            "there is no query", input="input_config", expected="a query for each split, as its pattern"
        )
    check_split_names(tuple(split.name for split in config.splits))
    for split in config.splits:
        if not split.pattern.strip():
            raise ParameterError(
                f"input split {split.name!r} has no query",
                input="input_config",
                expected="a query such as 'SELECT * FROM trips' as its pattern",
            )
    for query in (*(split.pattern for split in config.splits), fingerprint_query or ""):
        found = _PLACEHOLDER.findall(query)
        for placeholder in found:
            _check_placeholder(placeholder)
        if found and not has_span:
            raise ParameterError(
                f"the query has {found[0]}, but no span is given",
                input="range_config",
                expected="RangeConfig(static_range=StaticRange(start_span_number=N, end_span_number=N))",
                hint="span N is day number N since 1970-01-01",
            )


def check_range(config: RangeConfig | None) -> None:
    """Refuses ranges that name no span of a query.

    Raises:
        ParameterError: It is not exactly one span, or the latest one.
    """
    if config is None:
        return
    span_range(config)
    if config.WhichOneof("range") == "rolling_range":
        raise ParameterError(
            "a query has no latest span: the database does not say which there are",
            input="range_config",
            expected="static_range with start_span_number equal to end_span_number",
            got="rolling_range",
            hint="give range_config as a RuntimeParameter, and each run its span",
        )
    if config.WhichOneof("range") is None:
        raise ParameterError(
            "range_config holds no range",
            input="range_config",
            expected="static_range with start_span_number equal to end_span_number",
        )


def span_of(config: RangeConfig | None) -> int:
    """Returns the span, 0 where none is given.

    Raises:
        ParameterError: It is none that a query can have.
    """
    check_range(config)
    return config.static_range.start_span_number if config is not None else 0


def with_span(query: str, span: int) -> str:
    """Returns a query with a span in place of its placeholders.

    Raises:
        ParameterError: There is no such day.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group()
        if name in ("@span_begin_timestamp", "@span_end_timestamp"):
            return str((span + (name == "@span_end_timestamp")) * _DAY_SECONDS)
        if name.startswith("{SPAN"):
            return str(span).zfill(int(name[6:-1] or 0))
        day = _day(span)
        if name == "@span_yyyymmdd_utc":
            return f"'{day:%Y%m%d}'"
        return {"{YYYY}": f"{day.year:04d}", "{MM}": f"{day.month:02d}", "{DD}": f"{day.day:02d}"}[name]

    return _PLACEHOLDER.sub(value, query)


def _day(span: int) -> datetime.date:
    try:
        return _EPOCH + datetime.timedelta(days=span)
    except OverflowError:
        raise ParameterError(
            f"span {span} is no day",
            input="range_config",
            expected="the number of days since 1970-01-01",
            hint="for other spans write {SPAN} in the query",
        ) from None


def _check_placeholder(placeholder: str) -> None:
    if placeholder.startswith("@"):
        if placeholder not in _NAMES:
            raise ParameterError(
                f"{placeholder} is no placeholder of a query",
                input="query",
                hint=did_you_mean(placeholder, _NAMES),
            )
        return
    name, _, width = placeholder[1:-1].partition(":")
    if name == "VERSION":
        raise ParameterError("a query has no versions", input="query", got=placeholder)
    if ":" in placeholder and (name != "SPAN" or not width.isdigit() or int(width) < 1):
        raise ParameterError(
            f"{placeholder} is no placeholder of a query",
            input="query",
            expected="{SPAN}, {SPAN:width}, {YYYY}, {MM} or {DD}",
        )
