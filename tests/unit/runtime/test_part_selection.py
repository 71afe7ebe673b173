# SPDX-License-Identifier: Apache-2.0
"""Which nodes a partial run runs."""

from __future__ import annotations

from typing import Any

import pytest
from light.component import Add, Number

from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.run_options import RunOptions
from penstock.ir.model import PipelineIR
from penstock.runtime.part_selection import select


def diamond() -> PipelineIR:
    """a -> b, c; b and c -> d; e by itself."""
    a = Number(1).with_id("a")
    b = Number(2, after=a.outputs["number"]).with_id("b")
    c = Number(3, after=a.outputs["number"]).with_id("c")
    d = Add([b.outputs["number"], c.outputs["number"]]).with_id("d")
    e = Number(5).with_id("e")
    return compile_pipeline(Pipeline("p", components=[a, b, c, d, e]), project_root="/project")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (["b"], ["d"], "bd"),
        (["b"], None, "bd"),
        (None, ["b"], "ab"),
        (["a"], ["d"], "abcd"),
        (["b", "c"], ["b", "c"], "bc"),
        (["a", "e"], None, "abcde"),
        ({"d"}, ("d",), "d"),
    ],
)
def test_what_follows_the_first_and_the_last_need(first: Any, last: Any, expected: str) -> None:
    assert select(diamond(), RunOptions(first, last)) == set(expected)


def test_a_sub_pipeline_stands_for_its_nodes() -> None:
    a = Number(1).with_id("a")
    inputs = PipelineInputs({"number": a.outputs["number"]})
    one = Number(2, after=inputs["number"]).with_id("one")
    two = Number(3, after=one.outputs["number"]).with_id("two")
    inner = Pipeline("inner", components=[one, two], inputs=inputs, outputs={"last": two.outputs["number"]})
    end = Add([inner.outputs["last"]]).with_id("end")
    ir = compile_pipeline(Pipeline("p", components=[a, inner, end]), project_root="/project")
    assert select(ir, RunOptions(["inner"], ["inner"])) == {"inner.one", "inner.two"}
    assert select(ir, RunOptions(["inner.two"])) == {"inner.two", "end"}
