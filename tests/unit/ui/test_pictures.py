# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from light.component import Add, Number

from penstock.artifacts.standard import Integer, Model
from penstock.graph.channel import Channel, UnionChannel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.scopes import Cond, ForEach
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


def framed() -> PipelineIR:
    numbers = [Number(n).with_id(f"n{n}") for n in (1, 2)]
    with ForEach(UnionChannel([n.outputs["number"] for n in numbers])) as number:
        made = Number(3, after=number).with_id("made")
        with Cond(made.outputs["number"].future()[0].custom_property("kind") == 'a "b"'):
            kept = Number(4, after=made.outputs["number"]).with_id("kept")
    inputs = PipelineInputs({"x": kept.outputs["number"]})
    inner = Pipeline("inner", components=[Add(inputs["x"]).with_id("total")], inputs=inputs)
    return compile_pipeline(Pipeline("p", components=[*numbers, made, kept, inner]))


def test_scopes_are_frames_in_mermaid() -> None:
    assert mermaid(framed()).splitlines()[4:16] == [
        '    n0["n1"]',
        '    n1["n2"]',
        '    subgraph s0["for each of n1.number, n2.number"]',
        '        n2["made"]',
        "        subgraph s1[\"if made.number[0].custom_property('kind') == 'a #quot;b#quot;'\"]",
        '            n3["kept"]',
        "        end",
        "    end",
        '    subgraph s2["pipeline inner"]',
        '        n4["inner.total"]',
        "    end",
        "    n0 -.-> n2",
    ]


def test_scopes_are_clusters_in_dot() -> None:
    text = dot(framed())
    assert '    subgraph "cluster_ForEach_1" { label="for each of n1.number, n2.number";' in text
    assert """custom_property('kind') == 'a \\"b\\"'";""" in text
    assert text.count("{") == text.count("}") == 4
