# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import Any

import pytest
from light.component import Number

from penstock.errors import ParameterError, PipelineError
from penstock.graph.node import NodeOptions
from penstock.graph.runtime_parameter import RuntimeParameter


def test_options_are_collected_and_the_last_counts() -> None:
    number = Number(1).with_retries(3, delay_seconds=2).with_timeout(9).with_timeout(5).with_cache(False)
    number.with_beam_pipeline_args(["--a"]).with_beam_pipeline_args(["--b"])
    assert number.options == NodeOptions(False, 3, 2.0, 5.0, ("--a", "--b"))


@pytest.mark.parametrize("seconds", [0, -1, math.nan, "5", None, True])
def test_a_time_out_that_is_none_is_refused(seconds: Any) -> None:
    with pytest.raises(ParameterError, match="Number: a time-out must be positive"):
        Number(1).with_timeout(seconds)


@pytest.mark.parametrize(
    ("retries", "delay"), [(-1, 1.0), (1, -1.0), (1.5, 1.0), ("2", 1.0), (1, math.nan), (1, "3"), (True, 1.0)]
)
def test_retries_that_cannot_be_are_refused(retries: Any, delay: Any) -> None:
    with pytest.raises(
        ParameterError, match="Number: retries and delay must not be negative; expected: a whole"
    ):
        Number(1).with_retries(retries, delay)


def test_upstream_nodes_are_producers_and_those_added_by_hand() -> None:
    first, second, third = (Number(i).with_id(name) for i, name in enumerate(("first", "second", "third")))
    number = Number(4, after=first.outputs["number"])
    number.add_upstream_nodes([first, second])
    third.add_downstream_node(number)
    assert number.upstream_nodes == (first, second, third)
    assert number.order_only_upstream == (first, second, third)
    with pytest.raises(PipelineError, match="Number: an upstream node must be a node"):
        number.add_upstream_node("first")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(("kind", "default"), [(int, True), (float, False), (int, 1.5), (str, 1), (bool, 1)])
def test_a_default_of_another_type_is_refused(kind: type, default: Any) -> None:
    with pytest.raises(ParameterError, match="default of runtime parameter 'n' has the wrong type"):
        RuntimeParameter("n", kind, default)


@pytest.mark.parametrize(("kind", "default"), [(int, 1), (float, 1), (float, 0.5), (bool, False), (str, "")])
def test_a_default_of_its_type_is_kept(kind: type, default: Any) -> None:
    assert RuntimeParameter("n", kind, default).default == default
