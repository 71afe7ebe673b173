# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from light.component import Number
from light.steps import Step

from penstock.errors import PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.ir.document import from_json, to_json
from penstock.ir.model import PipelineIR, ValueIR

Change = Callable[[dict[str, Any]], object]


def compiled() -> PipelineIR:
    source = Step(RuntimeParameter("first", int, default=1), count=3).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        inside = Step(0, needs=[number]).with_id("inside")
        with Cond(inside.outputs["out"].future()[0].value > 1):
            deep = Step(0, needs=[inside.outputs["out"]]).with_id("deep")
    last = Number(3).with_id("last").with_beam_pipeline_args(["--a=1", "--b"])
    pipeline = Pipeline("p", components=[source, inside, deep, last])
    pipeline.set_exit_handler(Number(1).with_id("handler"))
    return compile_pipeline(pipeline, project_root="/")


def channel(document: dict[str, Any], node: int) -> dict[str, Any]:
    found: dict[str, Any] = document["nodes"][node]["inputs"]["needs"]["channels"][0]
    return found


CHANGES: list[tuple[str, Change]] = [
    ("source is in scope 'nowhere', which is missing", lambda d: d["nodes"][0].update(scope="nowhere")),
    ("scope 'ForEach_1' is there twice, or not after its parent", lambda d: d["scopes"][0].update(parent="Cond_1")),
    ("scope 'ForEach_1' is there twice", lambda d: d["scopes"][1].update(id="ForEach_1")),
    ("loop ForEach_1 goes over nothing", lambda d: d["scopes"][0].update(over=[])),
    ("condition Cond_1 has no predicate", lambda d: d["scopes"][1].update(predicate=None)),
    ("ForEach_1 reads what source makes, and does not wait", lambda d: d["scopes"][0].update(upstream=["last"])),
    (
        "inside comes before inside",
        lambda d: (d["scopes"][0]["over"][0].update(producer="inside"), d["scopes"][0].update(upstream=["inside"])),
    ),
    ("deep comes before last", lambda d: d["nodes"][2].update(upstream=["last"])),
    ("inside reads the item of ForEach_2, and is not in it", lambda d: channel(d, 1).update(loop="ForEach_2")),
    ("inside reads the item of ForEach_1, and is not in it", lambda d: d["nodes"][1].update(scope=None)),
    ("deep reads inside.nothing, which is missing", lambda d: channel(d, 2).update(output="nothing")),
    ("last waits for source, which runs at the end", lambda d: (
        d["nodes"][0].update(trigger="at_exit"),
        d["scopes"][0].update(upstream=[], over=[{"type": "Integer"}]),
        d.update(nodes=[d["nodes"][0], {**d["nodes"][3], "upstream": ["source"]}]),
    )),
    ("source takes the runtime parameter 'first', which is missing", lambda d: d.update(runtime_parameters={})),
]  # fmt: skip


@pytest.mark.parametrize(("message", "change"), CHANGES, ids=[message for message, _ in CHANGES])
def test_an_ir_that_cannot_be_run_is_refused_when_it_is_read(message: str, change: Change) -> None:
    document = json.loads(to_json(compiled()))
    change(document)
    with pytest.raises(PipelineError, match=f"the IR is damaged: {message}"):
        from_json(json.dumps(document))


def test_an_ir_of_the_first_version_is_read() -> None:
    document = json.loads(to_json(compiled()))
    document.update(schema_version=1, nodes=document["nodes"][3:4])
    for name in ("scopes", "sources", "runtime_parameters"):
        del document[name]
    for name in ("scope", "trigger", "success_optional", "resources", "platform", "declaration"):
        del document["nodes"][0][name]
    document["nodes"][0]["beam_pipeline_args"] = ["--a=1", "--b"]
    ir = from_json(json.dumps(document))
    assert ir.node("last").beam_pipeline_args == (ValueIR("--a=1"), ValueIR("--b"))
    assert ir.schema_version == 2
    assert ir.node("last") == compiled().node("last")


@pytest.mark.parametrize("nodes", [3, [3], [{"beam_pipeline_args": 3}], [{}]])
def test_nodes_of_the_first_version_that_are_none_are_refused(nodes: object) -> None:
    document = {**json.loads(to_json(compiled())), "schema_version": 1, "nodes": nodes}
    with pytest.raises(PipelineError, match="the IR is damaged: "):
        from_json(json.dumps(document))
