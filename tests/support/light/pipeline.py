# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from light.component import Add, Number
from penstock.graph.pipeline import Pipeline


def create_pipeline(first: int = 1, seconds: float = 0.03, behaviour: str = "", folder: str = "") -> Pipeline:
    """Two numbers side by side, their sum, the sum of that and a third number."""
    a = Number(first, seconds=seconds, folder=folder, behaviour=behaviour).with_id("a")
    b = Number(20, seconds=seconds, folder=folder).with_id("b")
    ab = Add([a.outputs["number"], b.outputs["number"]]).with_id("ab")
    c = Number(300, seconds=seconds, folder=folder, after=ab.outputs["total"]).with_id("c")
    abc = Add([ab.outputs["total"], c.outputs["number"]]).with_id("abc")
    return Pipeline("light", components=[a, b, ab, c, abc], enable_cache=True)
