# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a partial run is told before anything runs."""

from __future__ import annotations

from typing import Any

import pytest
from light.component import Add, Number

from penstock.errors import UsageError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
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
    ("make", "told"),
    [
        (
            RunOptions,
            "neither where to begin nor where to end.*run the pipeline without run_options",
        ),
        (lambda: RunOptions([], []), "neither where to begin nor where to end"),
        (lambda: RunOptions("b"), r"from_nodes of RunOptions is no collection of ids.*got: 'b' \(str\)"),
        (lambda: RunOptions(to_nodes=[3]), r"to_nodes of RunOptions is no collection of ids.*got: \[3\]"),
        (lambda: select(diamond(), RunOptions(["bb"])), "no node 'bb' to run from.*did you mean 'b'"),
        (lambda: select(diamond(), RunOptions(None, ["x"])), "no node 'x' to run to.*known: a, b, c, d, e"),
        (
            lambda: select(diamond(), RunOptions(["d"], ["a"])),
            "nothing to run; expected: a way from d to a; got: no node lies between",
        ),
        (lambda: select(diamond(), RunOptions(["b"], ["e"])), "a way from b to e"),
    ],
)
def test_misuse_is_told_before_anything_runs(make: Any, told: str) -> None:
    with pytest.raises(UsageError, match=f"(?s){told}"):
        make()
