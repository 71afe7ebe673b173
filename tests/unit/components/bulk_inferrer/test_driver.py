# SPDX-License-Identifier: Apache-2.0
"""What the driver decides, with what the runtime would give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from component_runs import make_examples

from penstock import proto
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing, PushedModel
from penstock.components.bulk_inferrer.component import (
    BulkInferrerInputs,
    BulkInferrerParameters,
    BulkInferrerPlan,
    FeatureColumn,
)
from penstock.components.bulk_inferrer.driver import BulkInferrerDriver
from penstock.components.bulk_inferrer.graph import graph_of, last_step
from penstock.errors import ParameterError
from penstock.inference import InferenceConfig, ModelSettings
from penstock.models import Signature, TensorSpec
from penstock.runtime.roles import DriverContext, Run, Skip


@dataclass
class Execution:
    id: int
    run_id: str = "run-of-training"
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    executions: Mapping[int, Execution]
    artifacts: Mapping[int, Artifact]


@dataclass
class Store:
    """What the driver reads of a metadata store."""

    maker: Execution | None = field(default_factory=lambda: Execution(5))
    pushed: tuple[PushedModel, ...] = ()
    earlier: tuple[Execution, ...] = ()

    def lineage(self, artifact_id: int, direction: str, *, max_hops: int) -> Graph:
        assert (artifact_id, max_hops) == (14, 1)
        if direction == "up":
            return Graph({self.maker.id: self.maker} if self.maker else {}, {})
        return Graph({}, {pushed.id: pushed for pushed in self.pushed})

    def executions_of_node(self, pipeline: str, node_id: str, limit: int) -> list[Execution]:
        assert (pipeline, node_id, limit) == ("p", "BulkInferrer", 1)
        return list(self.earlier)


def context(folder: Path, store: Store | None = None) -> DriverContext:
    return DriverContext(
        pipeline="p",
        run_id="r",
        node_id="BulkInferrer",
        pipeline_root="root",
        project_root=str(folder),
        examples_format="parquet",
        store=store or Store(),  # type: ignore[arg-type]  # a stand-in with what the driver reads
    )


TABULAR = Signature(
    "serving_default",
    (TensorSpec("age", "float32", (None,)), TensorSpec("pets", "int64", (None,))),
    (TensorSpec("prediction", "float32", (None,)),),
)


def model(*signatures: Signature, flavor: str = "sklearn", **custom: Any) -> Model:
    described = [signature.to_json_dict() for signature in signatures or (TABULAR,)]
    properties = {"flavor": flavor, "signatures": described, "content_digest": "abc", **custom}
    return Model("/models/14", id=14, custom_properties=properties)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    table = pa.table(
        {
            "id": ["a", "b", "c"],
            "age": pa.array([1.5, 2.5, 3.5], pa.float32()),
            "pets": [1, 2, 3],
            "scores": pa.array([[1.0, 2.0], [3.0], []], pa.list_(pa.float32())),
        }
    )
    return make_examples(tmp_path_factory.mktemp("examples"), {"train": table, "eval": table})


def decide(
    folder: Path,
    examples: Examples,
    model: Model | None,
    *,
    config: InferenceConfig | None = None,
    blessing: ModelBlessing | None = None,
    store: Store | None = None,
    **parameters: Any,
) -> Run[BulkInferrerPlan]:
    given = BulkInferrerParameters(inference_config=config or InferenceConfig(), **parameters)
    decision = BulkInferrerDriver().decide(
        BulkInferrerInputs((examples,), model, blessing), given, context(folder, store)
    )
    assert isinstance(decision, Run)
    return decision


class TestGate:
    @pytest.mark.parametrize(
        ("custom", "reason"),
        [
            (
                {"blessed": 0, "reasons": "accuracy 0.5 is below 0.6"},
                "nothing predicted: the model is not blessed: accuracy 0.5 is below 0.6",
            ),
            (
                {},
                "nothing predicted: nothing was decided about the model, as it is when Evaluator has no thresholds",
            ),
        ],
    )
    def test_a_verdict_that_refuses_skips(
        self, tmp_path: Path, examples: Examples, custom: dict[str, Any], reason: str
    ) -> None:
        blessing = ModelBlessing("/none", custom_properties=custom)
        decision = BulkInferrerDriver().decide(
            BulkInferrerInputs((examples,), model(), blessing), BulkInferrerParameters(), context(tmp_path)
        )
        assert decision == Skip(reason)

    def test_a_blessed_model_passes(self, tmp_path: Path, examples: Examples) -> None:
        blessing = ModelBlessing("/none", custom_properties={"blessed": 1})
        assert decide(tmp_path, examples, model(), blessing=blessing).plan.model.artifact_id == 14


class TestModel:
    def test_a_model_of_this_store_is_trusted_and_named_by_its_run(
        self, tmp_path: Path, examples: Examples
    ) -> None:
        ref = decide(tmp_path, examples, model()).plan.model
        assert (ref.uri, ref.flavor, ref.artifact_id) == ("/models/14/Format-Serving", "sklearn", 14)
        assert (ref.version, ref.trusted) == ("run-of-training", True)

    def test_a_model_that_was_pushed_has_that_version(self, tmp_path: Path, examples: Examples) -> None:
        pushed = [PushedModel("/s", id=i, custom_properties={"pushed_version": str(i)}) for i in (31, 30)]
        assert (
            decide(tmp_path, examples, model(), store=Store(pushed=tuple(pushed))).plan.model.version == "31"
        )

    def test_an_imported_pickle_must_be_trusted(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="is a pickle"):
            decide(tmp_path, examples, model(is_external=1))
        trusting = InferenceConfig(model=ModelSettings(trusted=True))
        ref = decide(tmp_path, examples, model(is_external=1), config=trusting).plan.model
        assert (ref.version, ref.trusted) == ("abc", False)

    def test_a_pickle_that_nothing_has_made_must_be_trusted(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="is a pickle"):
            decide(tmp_path, examples, model(), store=Store(maker=None))

    def test_a_model_of_no_known_flavor_is_refused(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(Exception, match="holds no model of a known flavor"):
            decide(tmp_path, examples, Model(str(tmp_path), id=14))


class TestSplits:
    def test_all_splits_by_default_else_those_that_are_named(
        self, tmp_path: Path, examples: Examples
    ) -> None:
        assert [s.name for s in decide(tmp_path, examples, model()).plan.splits] == ["train", "eval"]
        spec = proto.DataSpec(example_splits=["eval"])
        (split,) = decide(tmp_path, examples, model(), data_spec=spec).plan.splits
        assert (split.name, split.folders) == ("eval", (f"{examples.uri}/Split-eval",))

    def test_an_unknown_split_is_refused(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="no split 'evil'") as caught:
            decide(tmp_path, examples, model(), data_spec=proto.DataSpec(example_splits=["evil"]))
        assert "eval" in str(caught.value.hint)


class TestFeatures:
    def test_all_that_does_not_fit_is_told_at_once(self, tmp_path: Path, examples: Examples) -> None:
        signature = Signature(
            "serving_default",
            (
                TensorSpec("agee", "float32", (None,)),
                TensorSpec("id", "float32", (None,)),
                TensorSpec("pets", "float32", (None, 3)),
                TensorSpec("scores", "float32", (None, 2)),
            ),
            (TensorSpec("y", "float32", (None,)),),
        )
        with pytest.raises(ParameterError, match="3 problems") as caught:
            decide(tmp_path, examples, model(signature))
        message = str(caught.value)
        assert "no feature 'agee'" in message
        assert "did you mean 'age'" in message
        assert "feature 'id' is of another kind" in message
        assert "feature 'pets' has one value a row" in message
        assert "scores" not in message

    def test_a_renamed_input_is_looked_up_under_its_column(self, tmp_path: Path, examples: Examples) -> None:
        signature = replace(TABULAR, inputs=(TensorSpec("years", "float32", (None,)),))
        with pytest.raises(ParameterError, match="no feature 'years'"):
            decide(tmp_path, examples, model(signature))
        decide(tmp_path, examples, model(signature), config=InferenceConfig(inputs={"years": "age"}))
        with pytest.raises(ParameterError, match="has no input 'year'.*did you mean 'years'"):
            decide(
                tmp_path,
                examples,
                model(signature),
                config=InferenceConfig(inputs={"year": "age", "years": "age"}),
            )

    def test_columns_that_are_named_for_a_matrix_must_exist(self, tmp_path: Path, examples: Examples) -> None:
        signature = replace(TABULAR, inputs=(TensorSpec("X", "float32", (None, 2)),))
        named = InferenceConfig(model=ModelSettings(features=("age", "pets")))
        plan = decide(tmp_path, examples, model(signature), config=named).plan
        assert plan.signatures[0].signature is not None
        assert [spec.name for spec in plan.signatures[0].signature.inputs] == ["age", "pets"]
        wrong = InferenceConfig(model=ModelSettings(features=("agee", "id")))
        with pytest.raises(ParameterError, match=r"(?s)no feature 'agee'.*feature 'id' is of another kind"):
            decide(tmp_path, examples, model(signature), config=wrong)

    def test_features_beside_tfrecord_are_known_and_without_them_nothing_is(self, tmp_path: Path) -> None:
        table = pa.table({"age": pa.array([1.0], pa.float32())})
        records = make_examples(tmp_path / "records", {"train": table}, format="tfrecord")
        with pytest.raises(ParameterError, match="no feature 'pets'"):
            decide(tmp_path, records, model())
        (tmp_path / "records" / "features.json").unlink()
        assert decide(tmp_path, records, model()).plan.signatures

    def test_what_a_preprocess_function_makes_is_not_guessed(
        self, tmp_path: Path, examples: Examples
    ) -> None:
        (tmp_path / "mine.py").write_text("def before(batch):\n    return batch\n")
        signature = replace(TABULAR, inputs=(TensorSpec("anything", "float32", (None,)),))
        config = InferenceConfig(preprocess="mine.before")
        assert decide(tmp_path, examples, model(signature), config=config).plan.signatures

    def test_a_function_that_there_is_not_is_refused(self, tmp_path: Path, examples: Examples) -> None:
        (tmp_path / "mine.py").write_text("def before(batch):\n    return batch\n")
        with pytest.raises(ParameterError, match="befor"):
            decide(tmp_path, examples, model(), config=InferenceConfig(preprocess="mine.befor"))

    def test_a_signature_of_serialized_examples_takes_whatever_there_is(
        self, tmp_path: Path, examples: Examples
    ) -> None:
        signature = replace(TABULAR, inputs=(TensorSpec("examples", "string", (None,)),))
        decide(tmp_path, examples, model(signature, flavor="tensorflow"))
        with pytest.raises(ParameterError, match="no feature 'examples'"):
            decide(tmp_path, examples, model(signature, flavor="sklearn"))

    def test_key_and_carried_columns_must_exist(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match=r"(?s)key names 'idd'.*carry names 'agee'"):
            decide(tmp_path, examples, model(), config=InferenceConfig(key="idd", carry=("age", "agee")))

    def test_a_feature_called_like_what_results_say_of_the_model_clashes(self, tmp_path: Path) -> None:
        table = pa.table(
            {"model_id": [1], "age": pa.array([1.0], pa.float32()), "pets": pa.array([1], pa.int64())}
        )
        clashing = make_examples(tmp_path / "examples", {"train": table})
        with pytest.raises(ParameterError, match="have a feature 'model_id'"):
            decide(tmp_path, clashing, model())
        decide(tmp_path, clashing, model(), config=InferenceConfig(carry=("age",)))


TWO = (
    replace(TABULAR, name="first"),
    replace(TABULAR, name="second/one"),
)


class TestSignatures:
    def test_the_default_one_is_called(self, tmp_path: Path, examples: Examples) -> None:
        plan = decide(tmp_path, examples, model()).plan
        assert [called.name for called in plan.signatures] == ["serving_default"]
        graph = graph_of(plan, InferenceConfig())
        assert [step.name for step in graph.steps] == [last_step(plan)] == ["model"]
        assert graph.models["model"].signature == "serving_default"

    def test_several_are_steps_that_meet(self, tmp_path: Path, examples: Examples) -> None:
        spec = proto.ModelSpec(model_signature_name=["second/one", "first"])
        plan = decide(tmp_path, examples, model(*TWO), model_spec=spec).plan
        graph = graph_of(plan, InferenceConfig())
        assert [step.name for step in graph.steps] == ["second_one", "first", "results"]
        assert [step.model.signature for step in graph.steps if step.model] == ["second/one", "first"]
        assert {step.model.model for step in graph.steps if step.model} == {"model"}
        assert last_step(plan) == "results"

    def test_one_must_be_chosen_where_none_is_the_default(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="several signatures") as caught:
            decide(tmp_path, examples, model(*TWO))
        assert "first" in str(caught.value.expected)

    def test_an_unknown_name_is_refused(self, tmp_path: Path, examples: Examples) -> None:
        spec = proto.ModelSpec(model_signature_name=["serving_defalt"])
        with pytest.raises(ParameterError, match="no signature 'serving_defalt'") as caught:
            decide(tmp_path, examples, model(), model_spec=spec)
        assert "serving_default" in str(caught.value.hint)

    def test_two_ways_to_name_it_must_agree(self, tmp_path: Path, examples: Examples) -> None:
        spec = proto.ModelSpec(model_signature_name=["first"])
        config = InferenceConfig(model=ModelSettings(signature="second/one"))
        with pytest.raises(ParameterError, match="name different signatures"):
            decide(tmp_path, examples, model(*TWO), model_spec=spec, config=config)

    def test_tags_are_for_saved_models(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="chooses a graph of a SavedModel"):
            decide(tmp_path, examples, model(), model_spec=proto.ModelSpec(tag=["serve"]))

    def test_a_handler_knows_of_no_signature(self, tmp_path: Path, examples: Examples) -> None:
        (tmp_path / "mine.py").write_text("class Handler:\n    pass\n")
        config = InferenceConfig(model=ModelSettings(handler="mine.Handler"))
        assert decide(tmp_path, examples, model(), config=config).plan.signatures[0].name == ""
        with pytest.raises(ParameterError, match="a handler calls the model"):
            decide(
                tmp_path, examples, model(), config=config,
                model_spec=proto.ModelSpec(model_signature_name=["serving_default"]),
            )  # fmt: skip


def columns_spec(**columns: str) -> proto.OutputExampleSpec:
    wanted = [proto.PredictOutputCol(output_key=key, output_column=name) for key, name in columns.items()]
    return proto.OutputExampleSpec(
        output_columns_spec=[
            proto.OutputColumnsSpec(predict_output=proto.PredictOutput(output_columns=wanted))
        ]
    )


class TestResults:
    @pytest.mark.parametrize(
        ("flavor", "wanted", "result"),
        [
            ("sklearn", None, "parquet"),
            ("sklearn", "prediction_log", "prediction_log"),
            ("tensorflow", None, "prediction_log"),
            ("tensorflow", "parquet", "parquet"),
        ],
    )
    def test_format(self, tmp_path: Path, examples: Examples, flavor: str, wanted: Any, result: str) -> None:
        plan = decide(
            tmp_path, examples, model(flavor=flavor), config=InferenceConfig(result_format=wanted)
        ).plan
        assert plan.result == result

    def test_answers_become_features(self, tmp_path: Path, examples: Examples) -> None:
        plan = decide(
            tmp_path, examples, model(), output_example_spec=columns_spec(prediction="predicted")
        ).plan
        assert plan.result == "examples"
        assert plan.features == (FeatureColumn("prediction", "predicted", True, "float"),)

    def test_a_renamed_output_is_found_under_its_column(self, tmp_path: Path, examples: Examples) -> None:
        plan = decide(
            tmp_path,
            examples,
            model(),
            output_example_spec=columns_spec(prediction="predicted"),
            config=InferenceConfig(outputs={"prediction": "y"}),
        ).plan
        assert plan.features == (FeatureColumn("y", "predicted", True, "float"),)

    @pytest.mark.parametrize(
        ("spec", "told"),
        [
            (columns_spec(predicton="p"), "names 'predicton', which the model does not give.*did you mean"),
            (columns_spec(prediction="age"), "makes a column 'age', which the examples have already"),
            (columns_spec(prediction=""), "names no column"),
            (columns_spec(), "names no column"),
            (proto.OutputExampleSpec(), "does not fit the signatures"),
            (
                proto.OutputExampleSpec(
                    output_columns_spec=[
                        proto.OutputColumnsSpec(regress_output=proto.RegressOutput(value_column="v"))
                    ]
                ),
                "another kind of answer than output_example_spec says",
            ),
        ],
    )
    def test_a_spec_that_does_not_fit_is_refused(
        self, tmp_path: Path, examples: Examples, spec: proto.OutputExampleSpec, told: str
    ) -> None:
        with pytest.raises(ParameterError, match=told):
            decide(tmp_path, examples, model(), output_example_spec=spec)

    def test_a_format_of_results_is_not_for_examples(self, tmp_path: Path, examples: Examples) -> None:
        with pytest.raises(ParameterError, match="result_format is given, and so is output_example_spec"):
            decide(
                tmp_path, examples, model(), output_example_spec=columns_spec(prediction="p"),
                config=InferenceConfig(result_format="parquet"),
            )  # fmt: skip


class TestCacheParts:
    def test_where_and_how_fast_is_not_in_the_key(self, tmp_path: Path, examples: Examples) -> None:
        one = decide(tmp_path, examples, model())
        pushed = (PushedModel("/s", id=31, custom_properties={"pushed_version": "31"}),)
        settings = ModelSettings(device="cpu", threads=1, batch_rows=100, model_copies=2)
        other = decide(
            tmp_path, examples, model(), config=InferenceConfig(model=settings), store=Store(pushed=pushed)
        )
        assert one.plan != other.plan
        assert one.cache_parts == other.cache_parts

    @pytest.mark.parametrize(
        "config",
        [
            InferenceConfig(carry=()),
            InferenceConfig(max_failed_fraction=0.5),
            InferenceConfig(outputs={"prediction": "p"}),
            InferenceConfig(result_format="prediction_log"),
        ],
    )
    def test_what_changes_results_is(
        self, tmp_path: Path, examples: Examples, config: InferenceConfig
    ) -> None:
        plain = decide(tmp_path, examples, model()).cache_parts
        assert decide(tmp_path, examples, model(), config=config).cache_parts != plain

    def test_an_execution_that_failed_for_its_rows_is_not_reused(
        self, tmp_path: Path, examples: Examples
    ) -> None:
        plain = decide(tmp_path, examples, model()).cache_parts
        fine, stopped = Execution(8), Execution(9, properties={"__stop__": "2 of 3 rows failed"})
        assert decide(tmp_path, examples, model(), store=Store(earlier=(fine,))).cache_parts == plain
        assert decide(tmp_path, examples, model(), store=Store(earlier=(stopped,))).cache_parts != plain
