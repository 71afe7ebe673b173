# SPDX-License-Identifier: Apache-2.0
"""What is recorded of predictions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.artifacts.standard import DeadLetters, Examples, InferenceResult
from penstock.components.bulk_inferrer.component import (
    BulkInferrerInputs,
    BulkInferrerOutputs,
    BulkInferrerParameters,
    BulkInferrerPlan,
    BulkInferrerResult,
    BulkInferrerWork,
    CalledSignature,
    SplitFiles,
)
from penstock.components.bulk_inferrer.publisher import BulkInferrerPublisher
from penstock.components.bulk_inferrer.totals import together
from penstock.inference import InferenceConfig
from penstock.inference.job import InferenceSummary, ModelRef, ModelSummary
from penstock.inference.sinks import SinkReport
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.runtime.roles import ExecutorContext, Work

MODEL = ModelSummary(7000, 2, {"50": 4096.0}, {"50": 1.5}, 0.25, 1000, "cpu", "sklearn")
SUMMARY = InferenceSummary(7000, 2, (("inference", "no value", 2),), {"model": MODEL})
PLAN = BulkInferrerPlan(
    ModelRef("/models/14", "sklearn", 14, "3", trusted=True),
    (SplitFiles("train", ("/e/Split-train",)),),
    (CalledSignature("model", "serving_default"),),
    "parquet",
)


def work(plan: BulkInferrerPlan = PLAN, *, as_examples: bool = False) -> BulkInferrerWork:
    examples = [Examples(f"/{span}", id=span, properties={"span": span}) for span in (4, 9)]
    return Work(
        BulkInferrerInputs(tuple(examples)),
        BulkInferrerOutputs(
            inference_result=None if as_examples else InferenceResult("/r"),
            output_examples=Examples("/o") if as_examples else None,
            dead_letters=DeadLetters("/d"),
        ),
        BulkInferrerParameters(inference_config=InferenceConfig(max_failed_fraction=0.0001)),
        plan,
        ExecutorContext("p", "r", "BulkInferrer", 1, "/project", "/tmp", examples_format="tfrecord"),
    )


def test_figures_stand_on_the_execution_and_on_the_results() -> None:
    result = BulkInferrerResult(SUMMARY, sinks=(SinkReport("table t", 6998),))
    record = BulkInferrerPublisher().describe(work(), result)
    assert record.rows == 7000
    assert record.summary == "by model 14 (sklearn, cpu), 2 failed, 6,998 to table t"
    assert record.execution == {
        "rows": 7000,
        "failed_rows": 2,
        "predicted_rows": 6998,
        "batches": 2,
        "batch_rows": {"50": 4096.0},
        "latency_ms": {"50": 1.5},
        "load_seconds": 0.25,
        "model_bytes": 1000,
        "device": "cpu",
        "flavor": "sklearn",
        "model_id": 14,
        "model_version": "3",
        "signatures": ["serving_default"],
        "splits": ["train"],
        "failures": [{"stage": "inference", "cause": "no value", "rows": 2}],
        "sinks": ["table t: 6,998 rows"],
    }
    assert set(record.artifacts) == {"inference_result", "dead_letters"}
    assert record.artifacts["inference_result"][0].custom_properties == {
        **record.execution,
        "format": "parquet",
    }
    assert record.artifacts["dead_letters"][0].custom_properties["rows"] == 2
    assert (record.stop, tuple(record.withheld)) == (None, ())


def test_with_too_many_failures_results_are_withheld_and_the_run_stops() -> None:
    record = BulkInferrerPublisher().describe(work(), BulkInferrerResult(SUMMARY, withheld=True))
    assert set(record.artifacts) == {"dead_letters"}
    assert set(record.withheld) == {"inference_result", "output_examples"}
    assert record.stop == (
        "2 of 7,000 rows failed, and max_failed_fraction is 0.0001: no value (inference, 2). The rows are in "
        "BulkInferrer.dead_letters; no results are published"
    )


def test_a_run_that_stops_says_of_each_cause_what_failed_and_counts_the_rest() -> None:
    causes = [
        ("inference", f"feature 'f{i}' is missing; expected: f{i}; got: 0; what to do: fill it in", 2)
        for i in range(5)
    ]
    summary = replace(SUMMARY, failed_rows=10, failures=tuple(causes))

    stop = BulkInferrerPublisher().describe(work(), BulkInferrerResult(summary, withheld=True)).stop

    assert stop is not None
    assert stop.split(": ", 1)[1].startswith(
        "feature 'f0' is missing (inference, 2); feature 'f1' is missing (inference, 2); "
        "feature 'f2' is missing (inference, 2); other causes (4). The rows are in "
    )


def test_examples_have_all_that_examples_have() -> None:
    result = BulkInferrerResult(SUMMARY, split_rows={"train": 6998}, num_features=5)
    record = BulkInferrerPublisher().describe(
        work(replace(PLAN, result="examples"), as_examples=True), result
    )
    (described,) = record.artifacts["output_examples"]
    assert described.properties == {"split_names": '["train"]', "span": 9}
    custom = described.custom_properties
    assert (custom["span"], custom["rows"], custom["features"]) == (9, {"train": 6998}, 5)
    assert (custom["payload_format"], custom["file_format"]) == ("FORMAT_TF_EXAMPLE", "tfrecords_gzip")
    assert (custom["model_id"], custom["predicted_rows"]) == (14, 6998)


def test_a_handler_without_a_model_is_named_so() -> None:
    plan = replace(PLAN, model=ModelRef(""))
    summary = replace(SUMMARY, failed_rows=0, models={"model": replace(MODEL, flavor="Endpoint")})
    record = BulkInferrerPublisher().describe(work(plan), BulkInferrerResult(summary))
    assert record.summary == "by a handler (Endpoint, cpu)"
    assert "model_id" not in record.execution


def test_plan_and_result_survive_json() -> None:
    result = BulkInferrerResult(SUMMARY, split_rows={"train": 1}, sinks=(SinkReport("t", 1),))
    assert from_jsonable(BulkInferrerResult, to_jsonable(result)) == result
    assert from_jsonable(BulkInferrerPlan, to_jsonable(PLAN)) == PLAN


def test_jobs_are_added_up() -> None:
    other = InferenceSummary(
        10, 3, (("read", "cut off", 3), ("inference", "no value", 1)),
        {"model": replace(MODEL, rows=10, batches=1, latency_ms={"50": 9.0}, batch_rows={"50": 10.0}, device="")},
    )  # fmt: skip
    total = together([SUMMARY, other])
    assert (total.rows, total.failed_rows) == (7010, 5)
    assert total.failures == (("inference", "no value", 3), ("read", "cut off", 3))
    model = total.models["model"]
    assert (model.rows, model.batches, model.device) == (7010, 3, "cpu")
    assert (model.latency_ms, model.batch_rows) == ({"50": 9.0}, {"50": 4096.0})
    assert together([SUMMARY]) is SUMMARY
    assert together([]) == InferenceSummary()


def test_the_share_of_failed_rows_of_nothing_is_none() -> None:
    assert InferenceSummary().failed_fraction == 0.0
    assert together([SUMMARY]).failed_fraction == pytest.approx(2 / 7000)
