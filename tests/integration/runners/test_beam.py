# SPDX-License-Identifier: Apache-2.0
"""BeamDagRunner tells as much as LocalDagRunner does, and stops where it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench import Bench, states
from light.component import Add, Number
from light.steps import Step

from penstock.graph.scopes import ForEach
from penstock.ir.document import to_json
from penstock.runners.beam import BeamDagRunner


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_results_are_told_whole(bench: Bench) -> None:
    failing = Number(1, "raise").with_id("failing")
    report = bench.run(failing, Number(0).with_id("nothing"), runner=BeamDagRunner(), run_id="r")
    by_id = {node.node_id: node for node in report.nodes}
    assert 'light/executor.py"' in by_id["failing"].traceback
    assert by_id["nothing"].rows == 0
    assert all(node.seconds > 0 for node in report.nodes)
    assert bench.recorded("r")["nothing"].rows == 0


def test_a_resumed_run_takes_over_what_it_has(bench: Bench) -> None:
    def run(behaviour: str, **request: object) -> dict[str, str]:
        first = Number(1).with_id("first")
        second = Number(2, behaviour, after=first.outputs["number"]).with_id("second")
        total = Add([second.outputs["number"]])
        return states(
            bench.run(first, second, total, runner=BeamDagRunner(), cache=False, run_id="r", **request)
        )

    assert run("stop") == {"first": "ran", "second": "failed", "Add": "not run"}
    assert run("", resume=True) == {"first": "cached", "second": "ran", "Add": "ran"}


def test_steps_of_a_worker_elsewhere_run_all_items_and_read_the_rest_from_the_store(bench: Bench) -> None:
    from penstock.runners.beam_graph import RunNode

    source = Step(10, count=3).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        first = Step(0, needs=[number], odd=str(bench.folder)).with_id("first")
        second = Step(0, needs=[first.outputs["out"]]).with_id("second")
    total = Step(0, may=[second.outputs["out"]]).with_id("total")
    ir = bench.compile(source, first, second, total)
    ended: dict[str, dict[str, Any]] = {}
    for node in ir.nodes:
        step = RunNode(to_json(ir), "r", node.id, {}, {}, resume=False)
        (ended[node.id],) = step.process(None, *([ended[name]] for name in node.upstream))
    assert [(item["item"], item["state"]) for item in ended["first"]["items"]] == [
        ("0", "ran"),
        ("1", "failed"),
        ("2", "ran"),
    ]
    assert [item.state for item in bench.recorded("r")["second"].items] == ["ran", "not run", "ran"]
    assert bench.recorded("r")["second"].items[1].reason == "first[1] failed"
    assert (ended["total"]["state"], ended["total"]["reason"]) == ("not run", "second[1] did not run")
