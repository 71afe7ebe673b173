# SPDX-License-Identifier: Apache-2.0
"""BeamDagRunner tells as much as LocalDagRunner does, and stops where it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import Bench, states
from light.component import Add, Number

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
