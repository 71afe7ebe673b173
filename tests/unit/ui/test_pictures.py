# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from light.component import Add, Number

from penstock.artifacts.standard import Integer, Model
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.system_nodes import Importer, Resolver
from penstock.ir.model import PipelineIR
from penstock.ui.pictures import dot, mermaid


def pipeline() -> PipelineIR:
    number = Number(1).with_id("number")
    latest = Resolver(LatestArtifactStrategy, model=Channel(type=Model)).with_id("latest")
    given = Importer("x", Integer).with_id("given")
    total = Add([number.outputs["number"], given.outputs["result"]]).with_id("total")
    total.add_upstream_node(latest)
    return compile_pipeline(Pipeline("p", components=[number, latest, given, total]))


def test_mermaid() -> None:
    assert mermaid(pipeline()).splitlines() == [
        "---",
        "title: p",
        "---",
        "flowchart TD",
        '    n0["number"]',
        '    n1{{"latest"}}',
        '    n2[/"given"/]',
        '    n3["total"]',
        '    n0 -- "number" --> n3',
        '    n2 -- "result" --> n3',
        "    n1 -.-> n3",
    ]


def test_dot() -> None:
    text = dot(pipeline())
    assert text.startswith('digraph "p" {')
    assert '    "latest" [shape=hexagon];' in text
    assert '    "number" -> "total" [label="number"];' in text
    assert '    "latest" -> "total" [style=dotted];' in text
