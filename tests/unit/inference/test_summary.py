# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.inference.flow import Call, Failure, Flow, LoadedFacts, Place
from penstock.inference.summary import Histogram, Tally, percentiles

FACTS = LoadedFacts(1.5, 100, "cpu", "sklearn")


def _flow(calls: int = 0, causes: tuple[str, ...] = ()) -> Flow:
    flow = Flow.start(Place(0, 0, "a", 0, True), pa.RecordBatch.from_pydict({"x": [0] * 100}))
    failures = {n: Failure(n, "s", "inference", "ValueError", cause) for n, cause in enumerate(causes)}
    return flow.without(failures).with_calls([Call("m", 50, 0.25, FACTS)] * calls)


def test_percentiles_of_numbers_that_recur() -> None:
    assert percentiles({4096: 98, 10: 1, 5000: 1}) == {"50": 4096, "95": 4096, "99": 4096}
    assert percentiles({1: 50, 2: 45, 3: 4, 4: 1}) == {"50": 1, "95": 2, "99": 3}
    assert percentiles({}) == {}


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200))
def test_percentiles_of_times_are_right_to_a_percent(times: list[float]) -> None:
    histogram = Histogram()
    for value in times:
        histogram.add(value)

    exact = sorted(times)[-(-len(times) * 95 // 100) - 1]

    assert histogram.percentiles()["95"] == pytest.approx(exact, rel=0.011)


def test_what_happened_is_added_up() -> None:
    one, other = Tally(), Tally()
    one.add(_flow(calls=2, causes=("why",)))
    other.add(_flow(calls=1, causes=("why", "else")))

    one.include(other)

    assert (one.rows, one.failed_rows) == (200, 3)
    assert one.most_frequent() == (("inference", "why", 2), ("inference", "else", 1))
    model = one.model_summaries(["m", "idle"])["m"]
    assert (model.rows, model.batches, model.load_seconds, model.model_bytes) == (150, 3, 1.5, 100)
    assert model.batch_rows["50"] == 50
    assert model.latency_ms["50"] == pytest.approx(250, rel=0.011)
    assert (model.device, model.flavor) == ("cpu", "sklearn")
    assert one.model_summaries(["idle"])["idle"].batches == 0


def test_causes_that_are_all_different_do_not_pile_up() -> None:
    tally = Tally()
    for start in range(0, 3000, 100):
        tally.add(_flow(causes=tuple(f"row {number}" for number in range(start, start + 100))))

    assert tally.failed_rows == 3000
    assert tally.most_frequent(1) == (("inference", "(other causes)", 2000),)
