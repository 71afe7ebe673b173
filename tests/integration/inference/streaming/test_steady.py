# SPDX-License-Identifier: Apache-2.0
"""A stream on the real engine: right results, and nothing that grows from tick to tick."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from streams import letters_of, results_of, running, setup_in

from penstock.inference.config_file import ModelSource
from penstock.inference.spec import InferenceGraph, ModelSettings, ModelStep, Step
from penstock.inference.streaming.service import Limits
from penstock.inference.streaming.setup import StreamSetup

GRAPH = InferenceGraph(
    (Step("predict", model=ModelStep("five")),), key="id", models={"five": ModelSettings(trusted=True)}
)


@pytest.fixture
def setup(tmp_path: Path) -> StreamSetup:
    pytest.importorskip("sklearn")
    import numpy as np
    from sklearn.linear_model import LinearRegression

    from penstock.models import save

    x = np.arange(10, dtype=np.float32).reshape(-1, 1)
    save(LinearRegression().fit(x, 5 * x[:, 0]), tmp_path / "model", inputs=["x"])
    return setup_in(
        tmp_path, GRAPH, {"five": ModelSource(path="model")}, settle_seconds=0.0, poll_seconds=0.005
    )


def come(setup: StreamSetup, name: str, content: str) -> Path:
    hidden = Path(setup.project_root, "incoming", f".{name}")
    hidden.write_text(content)
    return hidden.rename(hidden.with_name(name))


def test_each_file_has_results_of_its_own_also_from_one_tick(setup: StreamSetup) -> None:
    come(setup, "a.csv", "id,x\na,1\naa,2\n")
    come(setup, "b.csv", "id,x\nb,3\n")
    come(setup, "c.csv", "id,x\nc,\ncc,4\n")
    come(setup, "d.jsonl", '{"id": "d", "x": 6.5}\n')
    come(setup, "e.csv", "id,x\ne,\n")
    with running(setup, Limits(max_inputs=5), engine="real") as stream:
        stream.join()
    found = {name.partition("-")[0]: rows for name, rows in results_of(setup).items()}
    answers = {name: {row["id"]: row["prediction"] for row in rows} for name, rows in found.items() if rows}
    assert answers["a"] == pytest.approx({"a": 5, "aa": 10}, abs=1e-3)
    assert answers["b"] == pytest.approx({"b": 15}, abs=1e-3)
    assert answers["c"] == pytest.approx({"cc": 20}, abs=1e-3)
    assert answers["d"] == pytest.approx({"d": 32.5}, abs=1e-3)
    assert "e" not in answers
    letters = [row for rows in letters_of(setup).values() for row in rows]
    assert sorted((row["key"], Path(row["file"]).name) for row in letters) == [("c", "c.csv"), ("e", "e.csv")]
    assert {row["model_id"] for rows in found.values() for row in rows} == {1}


def test_nothing_grows_from_tick_to_tick(setup: StreamSetup) -> None:
    warm, ticks = 30, 120

    def objects_and_files() -> tuple[int, int]:
        gc.collect()
        return len(gc.get_objects()), len(os.listdir("/proc/self/fd"))

    with running(setup, engine="real") as stream:
        before = (0, 0)
        for number in range(warm + ticks):
            file = come(setup, f"{number}.csv", f"id,x\n{number},1\n")
            done = number + 1
            stream.until(lambda: len(results_of_names(setup)) == done)  # noqa: B023  waited for in the loop
            file.unlink()
            if number == warm:
                before = objects_and_files()
        after = objects_and_files()
    assert (after[0] - before[0]) / ticks < 5
    assert after[1] - before[1] <= 3


def results_of_names(setup: StreamSetup) -> list[str]:
    output = setup.places().output
    return os.listdir(output) if os.path.isdir(output) else []
