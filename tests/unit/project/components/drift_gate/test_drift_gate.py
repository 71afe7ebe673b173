# SPDX-License-Identifier: Apache-2.0
"""Declaration, driver and publisher of DriftGate, with a real store; its executor is among the integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from metadata_recorder import Recorder, config_of

from components.drift_gate import DriftGate, DriftReport
from components.drift_gate.component import (
    DriftGateInputs,
    DriftGateOutputs,
    DriftGateParameters,
    DriftGateResult,
    DriftGateWork,
    FeatureDrift,
)
from components.drift_gate.driver import DriftGateDriver
from components.drift_gate.publisher import DriftGatePublisher
from penstock.authoring import Channel, DriverContext, ExecutorContext, Record, Run, Work
from penstock.errors import DataError, ParameterError, PipelineError
from penstock.metadata.store import MetadataStore
from penstock.types.standard_artifacts import ExampleStatistics, Model, Schema


def statistics(span: int, *splits: str, id: int = 0) -> ExampleStatistics:
    artifact = ExampleStatistics(f"/statistics/{span}", id=id or 1000 + span, properties={"span": span})
    artifact.set_splits(splits or ("train", "eval"))
    return artifact


class History:
    """A store with statistics of earlier runs, and the driver's answer to it."""

    def __init__(self, store: MetadataStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.recorder = Recorder(store)

    def add(self, made: ExampleStatistics, pipeline: str = "taxi", key: str = "statistics") -> int:
        made.id = 0
        made.uri = str(self.folder / str(len(list(self.folder.iterdir()))))
        Path(made.uri).mkdir()
        origin = {"pipeline": pipeline, "run_id": f"a run of {pipeline}", "node_id": "StatisticsGen"}
        published = self.recorder.publish({key: [made]}, **origin)
        return published[key][0].id

    def baseline(self, current: ExampleStatistics, **parameters: Any) -> int | None:
        context = DriverContext("taxi", "r9", "DriftGate", "/root", "/project", "parquet", self.store)
        inputs = DriftGateInputs(statistics=current, schema=Schema("/schema"))
        decision = DriftGateDriver().decide(inputs, DriftGateParameters(**parameters), context)
        assert isinstance(decision, Run)
        found = decision.inputs["baseline"]
        return found[0].id if found else None


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with MetadataStore.open(config_of(tmp_path / "metadata.db")) as store:
        yield History(store, tmp_path)


def test_without_history_there_is_no_baseline(history: History) -> None:
    assert history.baseline(statistics(1)) is None


def test_the_baseline_is_the_newest_earlier_span(history: History) -> None:
    history.add(statistics(1))
    wanted = history.add(statistics(3))
    history.add(statistics(2))
    assert history.baseline(statistics(4)) == wanted


def test_of_one_span_the_newest_statistics_count(history: History) -> None:
    history.add(statistics(1))
    wanted = history.add(statistics(1))
    assert history.baseline(statistics(2)) == wanted


def test_the_same_and_later_spans_are_no_baseline(history: History) -> None:
    history.add(statistics(2))
    history.add(statistics(3))
    assert history.baseline(statistics(2)) is None


def test_other_pipelines_and_other_outputs_are_no_baseline(history: History) -> None:
    history.add(statistics(1), pipeline="other")
    history.add(statistics(1), key="pre_transform_stats")
    assert history.baseline(statistics(2)) is None


def test_statistics_without_the_split_are_no_baseline(history: History) -> None:
    of_train, of_eval = history.add(statistics(1, "train")), history.add(statistics(2, "eval"))
    assert history.baseline(statistics(3)) == of_train
    assert history.baseline(statistics(3), split="eval") == of_eval


def test_a_split_that_is_not_there_is_refused(history: History) -> None:
    with pytest.raises(DataError, match="has no split 'test'; expected: one of train, eval"):
        history.baseline(statistics(1), split="test")


@pytest.mark.parametrize("distance", [-0.1, 1.1])
def test_a_limit_that_is_no_distance_is_refused(history: History, distance: float) -> None:
    with pytest.raises(ParameterError, match="max_distance is out of range; expected: 0 to 1"):
        history.baseline(statistics(1), max_distance=distance)


def describe(*features: FeatureDrift, baseline: ExampleStatistics | None = None, **parameters: Any) -> Record:
    work: DriftGateWork = Work(
        DriftGateInputs(statistics=statistics(2), schema=Schema("/schema"), baseline=baseline),
        DriftGateOutputs(report=DriftReport("/report")),
        DriftGateParameters(**parameters),
        None,
        ExecutorContext("taxi", "r", "DriftGate", 1, "/project", "/temp"),
    )
    return DriftGatePublisher().describe(work, DriftGateResult(features))


FARE, COMPANY = FeatureDrift("fare", "Jensen-Shannon", 0.3), FeatureDrift("company", "L-infinity", 0.1)


def test_the_first_span_opens_the_gate() -> None:
    record = describe(on_drift="stop")
    assert record.summary == "no earlier span to compare with"
    assert record.stop is None
    assert record.artifacts["report"][0].custom_properties == {
        "drifted": 0,
        "max_distance": 0.1,
        "distances": {},
        "baseline_id": 0,
    }


def test_a_distance_up_to_the_limit_is_no_drift() -> None:
    record = describe(FARE, COMPANY, baseline=statistics(1), max_distance=0.3, on_drift="stop")
    assert record.summary == "no drift since span 1, farthest fare (Jensen-Shannon 0.300)"
    assert record.stop is None
    assert record.artifacts["report"][0].custom_properties["drifted"] == 0


@pytest.mark.parametrize(
    ("on_drift", "stop"), [("report", None), ("stop", "drift in fare (Jensen-Shannon 0.300)")]
)
def test_a_distance_beyond_the_limit_is_drift(on_drift: str, stop: str | None) -> None:
    record = describe(FARE, COMPANY, baseline=statistics(1, id=77), on_drift=on_drift)
    assert record.summary == "drift in fare (Jensen-Shannon 0.300)"
    assert record.stop == stop
    assert record.artifacts["report"][0].custom_properties == {
        "drifted": 1,
        "max_distance": 0.1,
        "distances": {"fare": 0.3, "company": 0.1},
        "baseline_id": 77,
    }


def test_all_that_drifted_are_named() -> None:
    record = describe(FARE, COMPANY, baseline=statistics(1), max_distance=0.0)
    assert record.summary == "drift in fare (Jensen-Shannon 0.300), company (L-infinity 0.100)"


def test_only_statistics_and_a_schema_are_taken() -> None:
    with pytest.raises(PipelineError, match="input 'statistics' has the wrong type"):
        DriftGate(statistics=Channel(Model), schema=Channel(Schema))


def test_on_drift_is_one_of_two() -> None:
    with pytest.raises(ParameterError, match="on_drift"):
        DriftGate(Channel(ExampleStatistics), Channel(Schema), on_drift="explode")  # type: ignore[arg-type]  the point of the test
