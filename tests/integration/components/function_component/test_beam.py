# SPDX-License-Identifier: Apache-2.0
"""Component functions that are given a Beam pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import Bench, states
from light.beam_functions import square
from light.functions import make

pytestmark = pytest.mark.integration


def written(bench: Bench) -> list[int]:
    (file,) = bench.root.glob("square/squares/*/numbers.txt")
    return sorted(map(int, file.read_text().split()))


@pytest.mark.parametrize("how", ["with", "run", "left"])
def test_the_pipeline_is_run_once_by_the_function_or_for_it(tmp_path: Path, how: str) -> None:
    bench = Bench(tmp_path)
    made = make(count=4)
    report = bench.run(made, square(numbers=made.outputs["numbers"], how=how))
    assert states(report) == {"make": "ran", "square": "ran"}, report.nodes[-1].reason
    assert report.nodes[1].summary == "runner='FnApiRunner'"
    assert written(bench) == [0, 1, 4, 9]


def test_a_pipeline_that_is_not_used_is_not_run(tmp_path: Path) -> None:
    made = make(count=4)
    report = Bench(tmp_path).run(made, square(numbers=made.outputs["numbers"], how="unused"))
    assert states(report) == {"make": "ran", "square": "ran"}, report.nodes[-1].reason


def test_its_beam_arguments_are_the_nodes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    made = make(count=4)
    node = square(numbers=made.outputs["numbers"]).with_beam_pipeline_args(
        ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    )
    report = bench.run(made, node)
    assert states(report) == {"make": "ran", "square": "ran"}, report.nodes[-1].reason
    assert written(bench) == [0, 1, 4, 9]


def test_what_a_step_raises_is_the_users_error(tmp_path: Path) -> None:
    made = make(count=14)
    result = Bench(tmp_path).run(made, square(numbers=made.outputs["numbers"])).nodes[1]
    assert result.state == "failed"
    assert "square() raised ValueError: 13 brings bad luck" in result.reason
    assert "beam_functions.py" in result.traceback
