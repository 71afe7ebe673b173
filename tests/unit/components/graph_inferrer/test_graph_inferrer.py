# SPDX-License-Identifier: Apache-2.0
"""What GraphInferrer declares, decides and records; what it does is tested with the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from component_runs import make_examples

from penstock.artifacts.artifact import IS_EXTERNAL
from penstock.artifacts.standard import DeadLetters, InferenceResult, Model, ModelBlessing
from penstock.components.graph_inferrer.component import (
    GraphInferrer,
    GraphInferrerInputs,
    GraphInferrerOutputs,
    GraphInferrerParameters,
    GraphInferrerPlan,
    GraphInferrerResult,
    GraphInferrerWork,
)
from penstock.components.graph_inferrer.driver import GraphInferrerDriver
from penstock.components.graph_inferrer.publisher import GraphInferrerPublisher
from penstock.errors import DataError, ParameterError, PenstockError, PipelineError, UsageError
from penstock.graph.channel import Channel
from penstock.inference.job import InferenceSummary, ModelRef, ModelSummary, SourceFiles, StepOutput
from penstock.inference.sinks import SinkReport
from penstock.inference.spec import InferenceGraph, ModelSettings, ModelStep, SourceSpec, Step
from penstock.messages.bulk_inferrer import DataSpec
from penstock.models.signature import Signature, TensorSpec
from penstock.runtime.roles import DriverContext, ExecutorContext, Run, Skip, Work

UNTRUSTING = InferenceGraph((Step("one", model=ModelStep("m")),), key="id")
GRAPH = replace(UNTRUSTING, models={"m": ModelSettings(trusted=True)})
SIGNATURE = Signature(
    inputs=(TensorSpec("x", "float32", (None,)),), outputs=(TensorSpec("p", "float32", (None,)),)
)


def models() -> dict[str, Channel]:
    return {"m": Channel(Model)}


# --------------------------------------------------------------------------------------------------------- declaration


def test_a_graph_its_models_and_its_source() -> None:
    node = GraphInferrer(GRAPH, models(), {"m": Channel(ModelBlessing)}, source="rows.csv")
    assert node.exec_properties["source"] == SourceSpec("rows.csv")
    assert node.exec_properties["model_names"] == ("m",)
    assert node.exec_properties["blessed_models"] == ("m",)
    assert node.exec_properties["functions"] == ()
    assert list(node.outputs) == ["inference_result", "dead_letters"]


def test_a_graph_from_a_file_brings_its_source(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_text("source: rows/*.csv\nsteps: {one: {model: m}}\n")
    node = GraphInferrer(str(path), models())
    assert node.exec_properties["source"] == SourceSpec("rows/*.csv")
    other = GraphInferrer(str(path), models(), source={"files": "other", "format": "parquet"})
    assert other.exec_properties["source"] == SourceSpec("other", "parquet")
    with pytest.raises(UsageError, match=r"g\.yaml:2: step 'one' uses model 'm', which is not given"):
        GraphInferrer(str(path), {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"graph": None}, "GraphInferrer has no graph"),
        ({"source": None}, "needs rows from one place.*got: neither"),
        ({"examples": Channel(InferenceResult)}, "needs rows from one place.*got: both"),
        ({"model_blessings": {"n": Channel(ModelBlessing)}}, "model_blessings has 'n', which is no model"),
        ({"models": {}}, "GraphInferrer: step 'one' uses model 'm', which is not given"),
        ({"models": {"m": Channel(ModelBlessing)}}, "input 'models' has the wrong type"),
        ({"graph": {"steps": [{"name": "a", "modle": {}}]}}, "modle"),
        ({"grahp": GRAPH}, "GraphInferrer has no argument 'grahp'.*did you mean 'graph'"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"graph": GRAPH, "models": models(), "source": "rows.csv", **arguments}
    with pytest.raises(PenstockError, match=message) as caught:
        GraphInferrer(**given)
    assert isinstance(caught.value, (ParameterError, PipelineError))


# -------------------------------------------------------------------------------------------------------------- driver


@dataclass
class Execution:
    id: int
    properties: dict[str, Any]


@dataclass
class Lineage:
    executions: dict[int, Any] = field(default_factory=dict)
    artifacts: dict[int, Any] = field(default_factory=dict)


@dataclass
class Store:
    """What the driver reads of a metadata store."""

    executions: list[Execution] = field(default_factory=list)

    def lineage(self, artifact_id: int, direction: str, *, max_hops: int) -> Lineage:
        return Lineage()

    def executions_of_node(self, pipeline: str, node_id: str, limit: int) -> Iterator[Execution]:
        return iter(self.executions[:limit])


@dataclass
class Place:
    root: Path
    store: Store = field(default_factory=Store)

    def model(self, signature: Signature = SIGNATURE) -> Model:
        folder = self.root / "model"
        folder.mkdir(exist_ok=True)
        document = {
            "format": 1, "flavor": "sklearn", "library_version": "1", "file": "model.joblib",
            "signatures": [signature.to_json_dict()], "classes": [], "facts": {},
        }  # fmt: skip
        (folder / "penstock_model.json").write_text(json.dumps(document))
        (folder / "model.joblib").write_bytes(b"")
        return Model(str(folder), id=3, custom_properties={IS_EXTERNAL: 1, "content_digest": "d" * 64})

    def decide(
        self, graph: InferenceGraph = GRAPH, *, blessing: ModelBlessing | None = None, **changes: Any
    ) -> Any:
        parameters = GraphInferrerParameters(
            graph,
            ("m",),
            ("m",) if blessing else (),
            changes.get("source", SourceSpec("rows.csv")),
            DataSpec(),
        )
        inputs = GraphInferrerInputs(
            models=(changes.get("model") or self.model(),), model_blessings=(blessing,) if blessing else ()
        )
        context = DriverContext("p", "r", "Graph", "/root", str(self.root), "parquet", self.store)  # type: ignore[arg-type]  # a stand-in
        return GraphInferrerDriver().decide(inputs, parameters, context)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "rows.csv").write_text("id,x\na,1\n")
    return Place(tmp_path)


def test_the_plan_names_models_and_files(place: Place) -> None:
    decided = place.decide()
    assert isinstance(decided, Run)
    ref = ModelRef(str(place.root / "model"), "sklearn", 3, "d" * 12, trusted=False)
    assert decided.plan == GraphInferrerPlan(
        {"m": ref}, SourceFiles((str(place.root / "rows.csv"),), kinds={"x": "float"})
    )
    assert decided.properties["input_base"] == "rows.csv"
    assert str(decided.properties["input_fingerprint"]).startswith("num_files:1,total_bytes:9,sha256:")


def test_the_key_holds_the_source_by_content_and_not_how_fast_models_are_called(place: Place) -> None:
    before = place.decide().cache_parts
    faster = replace(
        GRAPH, models={"m": ModelSettings(trusted=True, batch_rows=7, threads=2)}, source_rows=10
    )
    assert (
        place.decide(replace(GRAPH, models={"m": ModelSettings(trusted=True)})).cache_parts
        == place.decide(faster).cache_parts
    )
    (place.root / "rows.csv").write_text("id,x\na,2\n")
    assert place.decide().cache_parts["source"] != before["source"]
    assert place.decide(replace(GRAPH, carry=("x",))).cache_parts["graph"] != before["graph"]


def test_a_blessing_that_refuses_skips_and_names_the_model(place: Place) -> None:
    refused = ModelBlessing("/b", custom_properties={"blessed": 0, "reasons": "auc fell"})
    assert place.decide(blessing=refused) == Skip(
        "nothing predicted: model m: the model is not blessed: auc fell"
    )
    assert isinstance(place.decide(blessing=ModelBlessing("/b", custom_properties={"blessed": 1})), Run)


def test_an_execution_that_stopped_for_its_rows_is_no_answer(place: Place) -> None:
    place.store.executions = [Execution(8, {"__stop__": "1 of 2 rows failed"})]
    assert place.decide().cache_parts["failed_execution"] == 8
    place.store.executions = [Execution(9, {}), Execution(8, {"__stop__": "x"})]
    assert place.decide().cache_parts["failed_execution"] is None


def test_folders_and_patterns_are_sources_too(place: Place) -> None:
    (place.root / "rows").mkdir()
    for name in ("b.csv", "a.csv", "_SUCCESS", ".hidden"):
        (place.root / "rows" / name).write_text("id,x\na,1\n")
    expected = tuple(str(place.root / "rows" / name) for name in ("a.csv", "b.csv"))
    assert place.decide(source=SourceSpec("rows")).plan.source.files == expected
    assert place.decide(source=SourceSpec("rows/*.csv", "csv")).plan.source == SourceFiles(
        expected, "csv", kinds={"x": "float"}
    )
    with pytest.raises(DataError, match="the source rows/\\*.txt has no files"):
        place.decide(source=SourceSpec("rows/*.txt"))


def test_kinds_are_not_for_examples(place: Place) -> None:
    examples = make_examples(place.root / "examples", {"eval": pa.table({"id": [1], "x": [1.0]})})
    parameters = GraphInferrerParameters(replace(GRAPH, kinds={"x": "int"}), ("m",), (), None, DataSpec())
    inputs = GraphInferrerInputs(models=(place.model(),), examples=(examples,))
    context = DriverContext("p", "r", "Graph", "/root", str(place.root), "parquet", place.store)  # type: ignore[arg-type]  # a stand-in
    with pytest.raises(ParameterError, match="the graph names kinds of columns, and examples have theirs"):
        GraphInferrerDriver().decide(inputs, parameters, context)


def test_an_imported_pickle_must_be_trusted(place: Place) -> None:
    with pytest.raises(ParameterError, match="model 'm': the model at .* is a pickle"):
        place.decide(UNTRUSTING)


def test_a_model_that_does_not_fit_the_rows_is_refused_before_anything_loads(place: Place) -> None:
    other = Signature(inputs=(TensorSpec("y", "float32", (None,)),))
    with pytest.raises(
        ParameterError, match=r"model 'm' takes y: float32\[\?\], and step 'one' has no such column"
    ):
        place.decide(model=place.model(other))
    with pytest.raises(DataError, match="model 'm': .*holds no model of a known flavor"):
        place.decide(model=Model(str(place.root / "nothing"), custom_properties={IS_EXTERNAL: 1}))


# ----------------------------------------------------------------------------------------------------------- publisher


def work(graph: InferenceGraph = GRAPH) -> GraphInferrerWork:
    return Work(
        GraphInferrerInputs(),
        GraphInferrerOutputs(InferenceResult("/r"), DeadLetters("/d")),
        GraphInferrerParameters(graph),
        GraphInferrerPlan({"m": ModelRef("/m", "sklearn", 3, "v1")}, SourceFiles(("/rows",))),
        ExecutorContext("p", "r", "Graph", 1, "/", "/tmp"),
    )


SUMMARY = InferenceSummary(
    rows=2000,
    failed_rows=1,
    failures=(("inference", "ValueError: no", 1),),
    models={"m": ModelSummary(rows=1999, batches=2, flavor="sklearn", device="cpu")},
    outputs={"one": StepOutput(1999, ("/r/a",))},
)


def test_what_happened_is_recorded() -> None:
    record = GraphInferrerPublisher().describe(
        work(), GraphInferrerResult(SUMMARY, (SinkReport("/out", 1999),))
    )
    assert record.summary == "by m (model 3), 1 failed, 1,999 to /out"
    assert (record.rows, record.stop, record.withheld) == (2000, None, ())
    model: Any = record.execution["models"]
    assert (model["m"]["model_id"], model["m"]["model_version"], model["m"]["rows"]) == (3, "v1", 1999)
    assert record.execution["steps"] == {"one": 1999}
    assert record.artifacts["dead_letters"][0].custom_properties["rows"] == 1


def test_too_many_failures_withhold_the_results() -> None:
    record = GraphInferrerPublisher().describe(work(), GraphInferrerResult(SUMMARY, withheld=True))
    assert record.withheld == ("inference_result",)
    assert "inference_result" not in record.artifacts
    assert record.stop is not None
    assert (
        "1 of 2,000 rows failed, and max_failed_fraction is 0: ValueError: no (inference, 1)" in record.stop
    )
