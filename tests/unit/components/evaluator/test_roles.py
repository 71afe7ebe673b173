# SPDX-License-Identifier: Apache-2.0
"""Declaration, driver and publisher of Evaluator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from penstock.artifacts.artifact import CONTENT_DIGEST, Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing, ModelEvaluation
from penstock.components.evaluator.component import (
    Evaluator,
    EvaluatorInputs,
    EvaluatorOutputs,
    EvaluatorParameters,
    EvaluatorPlan,
    EvaluatorResult,
    Headline,
    HeadlineRow,
    Verdict,
)
from penstock.components.evaluator.driver import EvaluatorDriver
from penstock.components.evaluator.publisher import EvaluatorPublisher
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.messages.evaluation import EvalConfig, MetricConfig, MetricsSpec, ModelSpec
from penstock.runtime.roles import DriverContext, ExecutorContext, Run, Work

CONFIG = EvalConfig(
    model_specs=[ModelSpec(label_key="tips")],
    metrics_specs=[MetricsSpec(metrics=[MetricConfig(class_name="AUC")])],
)
MODEL_FREE = EvalConfig(
    model_specs=[ModelSpec(label_key="tips", prediction_key="p")], metrics_specs=CONFIG.metrics_specs
)


def examples(*splits: str, id: int = 1) -> Examples:
    artifact = Examples(f"/data/{id}", id=id)
    artifact.set_splits(splits)
    return artifact


def model(id: int, digest: str = "") -> Model:
    return Model(f"/models/{id}", id=id, custom_properties={CONTENT_DIGEST: digest or f"digest {id}"})


def blessing(current: int, blessed: int, baseline: int | None = None) -> ModelBlessing:
    properties: dict[str, Any] = {"current_model_id": current, "blessed": blessed}
    if baseline is not None:
        properties["baseline_model_id"] = baseline
    return ModelBlessing(custom_properties=properties)


@dataclass
class History:
    """What the driver reads of a metadata store: blessings, newest first, and models by id."""

    blessings: Sequence[ModelBlessing] = ()
    gone: Sequence[int] = ()

    def newest_artifacts(self, type_name: str, *, pipeline: str) -> Iterator[Artifact]:
        assert (type_name, pipeline) == ("ModelBlessing", "p")
        return iter(self.blessings)

    def artifacts(self, ids: Sequence[int]) -> list[Artifact]:
        return [Model("gone" if id in self.gone else ".", id=id) for id in ids]


def decide(
    inputs: EvaluatorInputs, *blessings: ModelBlessing, gone: Sequence[int] = (), **parameters: Any
) -> Run[EvaluatorPlan]:
    context = DriverContext("p", "r", "Evaluator", "/root", "/project", "parquet", History(blessings, gone))  # type: ignore[arg-type]  # a stand-in
    return EvaluatorDriver().decide(
        inputs, EvaluatorParameters(**{"eval_config": CONFIG, **parameters}), context
    )


# --------------------------------------------------------------------------------------------------------- declaration


def test_it_takes_tfxs_arguments_in_tfxs_order() -> None:
    node = Evaluator(Channel(Examples), Channel(Model), Channel(Model), None, None, ["test"], CONFIG)

    assert set(node.inputs) == {"examples", "model", "baseline_model"}
    assert node.outputs.keys() == ["evaluation", "blessing"]
    assert node.exec_properties["example_splits"] == ("test",)
    assert node.exec_properties["eval_config"] == CONFIG
    assert Evaluator.type_name() == "tfx.components.evaluator.component.Evaluator"


def test_a_config_is_needed() -> None:
    with pytest.raises(ParameterError, match="'eval_config' is missing"):
        Evaluator(Channel(Examples), Channel(Model))


def test_examples_are_needed() -> None:
    with pytest.raises(PipelineError, match="'examples' is missing"):
        Evaluator(model=Channel(Model), eval_config=CONFIG)


@pytest.mark.parametrize("name", ["feature_slicing_spec", "fairness_indicator_thresholds"])
def test_what_tfx_gave_up_is_refused_with_its_successor(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name} is no longer supported.*give eval_config"):
        Evaluator(Channel(Examples), Channel(Model), eval_config=CONFIG, **{name: []})  # type: ignore[arg-type]  # typed as Any


def test_one_module_is_enough() -> None:
    with pytest.raises(ParameterError, match="module_file and module_path are both given"):
        Evaluator(Channel(Examples), eval_config=CONFIG, module_file="a.py", module_path="a")


def test_declaring_it_loads_nothing_heavy() -> None:
    heavy = ["tensorflow", "apache_beam", "tensorflow_model_analysis", "pyarrow", "numpy", "ml_metadata"]
    names = ", ".join(
        f"penstock.components.evaluator.{role}" for role in ("component", "driver", "publisher")
    )
    code = f"import sys; import {names}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


# -------------------------------------------------------------------------------------------------------------- driver


def test_it_evaluates_on_the_eval_split_of_all_examples() -> None:
    run = decide(EvaluatorInputs([examples("train", "eval", id=1), examples("eval", id=2)], model(5)))

    assert run.plan.splits == (("eval", "/data/1/Split-eval"), ("eval", "/data/2/Split-eval"))
    assert run.cache_parts == {"splits": ["eval", "eval"]}
    assert run.inputs == {}


def test_a_split_that_does_not_exist_is_named() -> None:
    with pytest.raises(
        ParameterError, match="no split 'evl' to evaluate on.*train, eval.*did you mean 'eval'"
    ):
        decide(EvaluatorInputs([examples("train", "eval")], model(5)), example_splits=("evl",))


def test_another_model_is_the_baseline_as_it_is() -> None:
    run = decide(EvaluatorInputs([examples("eval")], model(5), model(3)), blessing(3, 1))
    assert run.inputs == {}
    assert run.plan.baseline_note == ""


def test_a_candidate_is_never_compared_with_itself() -> None:
    run = decide(EvaluatorInputs([examples("eval")], model(5), model(5)), blessing(5, 1))

    assert run.inputs == {"baseline_model": []}
    assert "compared with none, as when it was blessed" in run.plan.baseline_note
    assert run.cache_parts == decide(EvaluatorInputs([examples("eval")], model(5))).cache_parts


def test_a_candidate_that_is_the_newest_blessed_model_meets_its_former_baseline() -> None:
    history = (blessing(9, 0, 5), blessing(5, 0, 4), blessing(5, 1, 3), blessing(3, 1))

    run = decide(EvaluatorInputs([examples("eval")], model(5), model(5)), *history)

    assert [artifact.id for artifact in run.inputs["baseline_model"]] == [3]
    assert "model 3" in run.plan.baseline_note


def test_a_former_baseline_whose_files_are_gone_is_none() -> None:
    inputs = EvaluatorInputs([examples("eval")], model(5), model(5))
    assert decide(inputs, blessing(5, 1, 3), gone=[3]).inputs == {"baseline_model": []}


def test_a_copy_of_the_candidate_is_the_candidate() -> None:
    run = decide(EvaluatorInputs([examples("eval")], model(8, "same"), model(5, "same")), blessing(5, 1, 2))
    assert [artifact.id for artifact in run.inputs["baseline_model"]] == [2]


def test_a_config_without_metrics_is_refused_before_anything_runs() -> None:
    with pytest.raises(ParameterError, match="computes no metric"):
        decide(EvaluatorInputs([examples("eval")], model(5)), eval_config=EvalConfig())


def test_predictions_come_from_a_model_or_from_a_feature() -> None:
    with pytest.raises(ParameterError, match="neither a model nor a prediction_key"):
        decide(EvaluatorInputs([examples("eval")]))
    assert decide(EvaluatorInputs([examples("eval")]), eval_config=MODEL_FREE).plan.splits


# ----------------------------------------------------------------------------------------------------------- publisher


def describe(result: EvaluatorResult, candidate: Model, baseline: Model | None = None) -> Any:
    work = Work(
        inputs=EvaluatorInputs([examples("eval")], candidate, baseline),
        outputs=EvaluatorOutputs(ModelEvaluation("/e"), ModelBlessing("/b")),
        parameters=EvaluatorParameters(CONFIG),
        plan=EvaluatorPlan((("eval", "/data/1/Split-eval"),)),
        context=ExecutorContext("p", "r", "Evaluator", 1, "/project", "/temp"),
    )
    return EvaluatorPublisher().describe(work, result)


def verdict(passed: bool, index: int = 0) -> Verdict:
    return Verdict(
        "auc", f"hour={index}", "value", "at least 0.8", 0.7, passed, f"auc on hour={index} is 0.7"
    )


def test_a_blessing_names_both_models() -> None:
    record = describe(EvaluatorResult(100, True, (verdict(True),), 0, 1), model(5), model(3))

    (recorded,) = record.artifacts["blessing"]
    assert recorded.custom_properties == {
        "blessed": 1,
        "reasons": "auc on hour=0 is 0.7",
        "thresholds": [
            {
                "metric": "auc",
                "slice": "hour=0",
                "kind": "value",
                "bound": "at least 0.8",
                "value": 0.7,
                "passed": True,
                "reason": "auc on hour=0 is 0.7",
            }
        ],
        "current_model": "/models/5",
        "current_model_id": 5,
        "baseline_model": "/models/3",
        "baseline_model_id": 3,
    }
    assert (record.rows, record.summary) == (100, "blessed (1 threshold kept)")


def test_a_refusal_tells_what_was_missed_and_how_much_more() -> None:
    verdicts = (*(verdict(False, i) for i in range(25)), verdict(True, 99))

    record = describe(EvaluatorResult(100, False, verdicts, 30, 31), model(5))

    properties = record.artifacts["blessing"][0].custom_properties
    assert properties["blessed"] == 0
    assert "baseline_model_id" not in properties
    lines = str(properties["reasons"]).splitlines()
    assert lines[0] == "auc on hour=0 is 0.7"
    assert lines[-1] == "and 10 more"
    assert "hour=99" not in str(properties["reasons"])
    assert record.summary == "not blessed (30 of 31 thresholds missed)"


def test_without_thresholds_nothing_is_said_of_a_blessing() -> None:
    record = describe(EvaluatorResult(100, None), model(5))
    assert record.artifacts["blessing"][0].custom_properties == {}
    assert record.summary == "no threshold, no blessing"


def test_the_headline_stands_on_the_evaluation() -> None:
    headline = Headline(("auc",), (HeadlineRow("Overall", (0.7,), (0.6,)),), 3)

    record = describe(EvaluatorResult(100, None, headline=headline, notes=("a note",)), model(5))

    assert record.artifacts["evaluation"][0].custom_properties == {
        "headline_metrics": {
            "metrics": ["auc"],
            "rows": [{"slice": "Overall", "values": [0.7], "baseline": [0.6]}],
            "left_out": 3,
        },
        "notes": ["a note"],
    }
