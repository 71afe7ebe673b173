# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.inference.spec import SinkSpec
from penstock.inference.streaming.environment import expanded
from penstock.inference.streaming.incoming import identity_of, result_name
from penstock.inference.streaming.scoring import in_streams
from penstock.inference.streaming.spec import KafkaSpec, RedisSpec, StreamSpec


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "one source.*got: none"),
        ({"folder": "in", "redis": RedisSpec("redis://h", "s")}, "one source.*got: folder and redis"),
        ({"kafka": KafkaSpec("h:1", "t"), "format": "csv"}, "format is that of a folder's files"),
        ({"folder": "in", "poll_seconds": 0}, "poll_seconds of a stream must be positive"),
        ({"folder": "in", "tick_files": -1}, "tick_files"),
        ({"folder": "in", "settle_seconds": -0.1}, "settle_seconds"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        StreamSpec(output="out", **given)


def test_no_time_to_settle_is_allowed() -> None:
    assert StreamSpec(output="out", folder="in", settle_seconds=0).settle_seconds == 0


def test_addresses_take_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "p@ss")
    assert expanded("redis://:${SECRET}@host", "url") == "redis://:p@ss@host"
    with pytest.raises(ParameterError, match="'NOT_THERE' is not set"):
        expanded("${NOT_THERE}", "url")


def test_names_of_results_are_readable_unique_and_valid_everywhere() -> None:
    one, other = identity_of("folder", "a.csv", "1"), identity_of("folder", "a.csv", "2")
    assert one != other
    assert identity_of("ab", "c") != identity_of("a", "bc")
    assert result_name("orders 2026/11", one) == f"orders_2026_11-{one[:12]}"
    assert result_name("...", one) == f"input-{one[:12]}"
    assert len(result_name("x" * 500, one)) < 150


def test_sinks_of_a_stream_append_and_are_given_rows_once() -> None:
    assert in_streams(SinkSpec(path="out")).options == {"mode": "append"}
    database = SinkSpec(url="sqlite:///a.db", table="t")
    assert in_streams(database) == database
    with pytest.raises(ParameterError, match="mode 'replace'"):
        in_streams(SinkSpec(path="out", options={"mode": "replace"}))
    with pytest.raises(ParameterError, match="cannot have a BigQuery sink"):
        in_streams(SinkSpec(bigquery="p:d.t"))
