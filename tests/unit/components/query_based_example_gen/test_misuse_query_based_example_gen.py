# SPDX-License-Identifier: Apache-2.0
"""What is refused when the component is made."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.components.query_based_example_gen.component import BigQueryExampleGen, QueryBasedExampleGen
from penstock.errors import ParameterError, PenstockError
from penstock.messages.example_gen import CustomConfig, Input
from penstock.messages.range_config import RangeConfig, RollingRange, StaticRange

URL = "sqlite:///a.db"
SPAN = RangeConfig(static_range=StaticRange(start_span_number=3, end_span_number=3))
LATEST = RangeConfig(rolling_range=RollingRange(num_spans=1))


def splits(*named: tuple[str, str]) -> Input:
    return Input(splits=[Input.Split(name=name, pattern=pattern) for name, pattern in named])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"url": URL}, "there is no query.*input_config takes"),
        (
            {"url": URL, "query": "SELECT 1", "input_config": splits(("a", "SELECT 1"))},
            "query and input_config are both given",
        ),
        ({"query": "SELECT 1"}, "there is no database to query.*postgresql://"),
        ({"url": URL, "query": 1}, "query is not text.*got: 1 \\(int\\)"),
        ({"url": URL, "query": "  "}, "input split 'single_split' has no query"),
        ({"url": URL, "input_config": splits()}, "there is no query"),
        ({"url": URL, "input_config": splits(("a", ""))}, "input split 'a' has no query"),
        ({"url": URL, "input_config": splits(("a", "SELECT 1"), ("a", "SELECT 2"))}, "'a'"),
        ({"url": "postgresql://me:secret@host/db", "query": "SELECT 1"}, "a password stands in the URL"),
        ({"url": "mysql://h/d?user=me&password=secret", "query": "SELECT 1"}, "a password stands in the URL"),
        ({"url": URL, "query": "SELECT @span_begin_timestmp", "range_config": SPAN}, "mean '@span_begin_timestamp'"),
        ({"url": URL, "query": "SELECT @span_begin_timestamp"}, "has @span_begin_timestamp, but no span is given"),
        ({"url": URL, "query": "SELECT 1", "fingerprint_query": "SELECT {SPAN}"}, "has {SPAN}, but no span is given"),
        ({"url": URL, "query": "SELECT {VERSION}", "range_config": SPAN}, "a query has no versions"),
        ({"url": URL, "query": "SELECT {SPAN:x}", "range_config": SPAN}, "{SPAN:x} is no placeholder"),
        (
            {"url": URL, "query": "SELECT {SPAN}", "range_config": LATEST},
            "no latest span.*got: rolling_range.*RuntimeParameter",
        ),
        (
            {
                "url": URL,
                "query": "SELECT {SPAN}",
                "range_config": RangeConfig(static_range=StaticRange(start_span_number=1, end_span_number=2)),
            },
            "one span at a time.*got: 1 to 2",
        ),
        ({"url": URL, "query": "SELECT 1", "range_config": RangeConfig()}, "range_config holds no range"),
        ({"url": "mysql://h/d", "query": "SELECT 1", "driver": "adbc"}, "cannot be 'adbc' for mysql"),
        ({"url": URL, "query": "SELECT 1", "driver": "odbc"}, "driver.*'sqlalchemy'.*'adbc'"),
        ({"url": URL, "query": "SELECT 1", "custom_config": CustomConfig()}, "custom_config is for executors"),
        ({"url": URL, "qurey": "SELECT 1"}, "no argument 'qurey'.*did you mean 'query'"),
    ],
)  # fmt: skip
def test_misuse_is_refused_at_once(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(PenstockError, match=f"^QueryBasedExampleGen.*{said}") as caught:
        QueryBasedExampleGen(**arguments)
    assert "secret" not in str(caught.value)


def test_bigquery_reads_no_other_database() -> None:
    with pytest.raises(
        ParameterError, match="no place in BigQuery.*QueryBasedExampleGen reads other databases"
    ):
        BigQueryExampleGen("SELECT 1", url="postgresql://h/d")


def test_a_password_from_the_environment_is_welcome() -> None:
    for url in (
        "postgresql://me:${PASSWORD}@host/db",
        "${DATABASE_URL}",
        "mysql://h/d?password=${SECRET}",
        "sqlite:///a:b@c.db",
        "postgresql://me@host:5432/db",
    ):
        assert QueryBasedExampleGen(query="SELECT 1", url=url).exec_properties["url"] == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("bigquery://payer?locaton=EU", "an option 'locaton'.*did you mean 'location'"),
        ("bigquery://payer/events/trips", "too many parts"),
        ("bigquery://payer?maximum_bytes_billed=1GB", "no number of bytes.*got: '1GB'"),
        ("bigquery://payer?priority=urgent", "no such priority.*priority=interactive or priority=batch"),
    ],
)
def test_a_url_of_bigquery_is_read_when_the_pipeline_is_built(url: str, message: str) -> None:
    with pytest.raises(ParameterError, match=f"BigQueryExampleGen: .*{message}"):
        BigQueryExampleGen("SELECT 1", url=url)
    assert BigQueryExampleGen("SELECT 1", url="bigquery://${PROJECT}?priority=BATCH")
