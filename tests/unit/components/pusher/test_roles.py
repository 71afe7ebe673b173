# SPDX-License-Identifier: Apache-2.0
"""Driver, executor and publisher of Pusher, each with what the runtime would give it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import InfraBlessing, Model, ModelBlessing, PushedModel
from penstock.components.pusher.component import (
    Pusher,
    PusherInputs,
    PusherOutputs,
    PusherParameters,
    PusherPlan,
    PusherResult,
)
from penstock.components.pusher.driver import PusherDriver
from penstock.components.pusher.executor import PusherExecutor
from penstock.components.pusher.publisher import PusherPublisher
from penstock.errors import DataError, ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.messages.pusher import PushDestination
from penstock.models import ModelInfo, Signature, TensorSpec
from penstock.runtime.roles import DriverContext, ExecutorContext, Reuse, Run, Skip, Work


@dataclass
class Execution:
    id: int
    state: str = "COMPLETE"


@dataclass
class History:
    """What the driver reads of a metadata store, newest first."""

    executions: list[Execution] = field(default_factory=list)
    inputs: dict[int, dict[str, list[Artifact]]] = field(default_factory=dict)
    outputs: dict[int, dict[str, list[Artifact]]] = field(default_factory=dict)

    def record(self, execution: Execution, model: Artifact, uri: str, key: str = "model") -> None:
        pushed = PushedModel(
            custom_properties={"pushed_destination": uri, "pushed_version": uri.rpartition("/")[2]}
        )
        self.executions.insert(0, execution)
        self.inputs[execution.id] = {key: [model]}
        self.outputs[execution.id] = {"pushed_model": [pushed]} if execution.state != "FAILED" else {}

    def executions_of_node(self, pipeline: str, node_id: str) -> list[Execution]:
        assert (pipeline, node_id) == ("p", "Pusher")
        return self.executions

    def outputs_of_all(self, ids: Iterable[int]) -> dict[int, dict[str, list[Artifact]]]:
        return {identity: self.outputs[identity] for identity in ids}

    def inputs_of(self, identity: int) -> dict[str, list[Artifact]]:
        return self.inputs[identity]


def context(project_root: Path | str, history: History | None = None) -> DriverContext:
    return DriverContext(
        pipeline="p",
        run_id="r",
        node_id="Pusher",
        pipeline_root="root",
        project_root=str(project_root),
        examples_format="parquet",
        store=history or History(),  # type: ignore[arg-type]  # a stand-in with what the driver reads
    )


def parameters(folder: str = "serving") -> PusherParameters:
    return PusherParameters(PushDestination(filesystem=PushDestination.Filesystem(base_directory=folder)))


def blessing(value: int | None, **custom: Any) -> ModelBlessing:
    properties = custom if value is None else {"blessed": value, **custom}
    return ModelBlessing("/none", custom_properties=properties)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    artifact = Model(str(tmp_path / "model"), id=3, custom_properties={"content_digest": "abc"})
    os.makedirs(artifact.serving_uri)
    Path(artifact.serving_uri, "model.joblib").write_bytes(b"weights")
    return artifact


class TestGate:
    @pytest.mark.parametrize(
        ("inputs", "reason"),
        [
            (
                {"model_blessing": blessing(0, reasons="accuracy 0.5 is below 0.6\nauc 0.5 is below 0.7")},
                "not pushed: the model is not blessed: accuracy 0.5 is below 0.6; auc 0.5 is below 0.7",
            ),
            ({"model_blessing": blessing(0)}, "not pushed: the model is not blessed"),
            (
                {"model_blessing": blessing(None)},
                "not pushed: nothing was decided about the model, as it is when Evaluator has no thresholds",
            ),
            (
                {
                    "model_blessing": blessing(1),
                    "infra_blessing": InfraBlessing(custom_properties={"blessed": 0}),
                },
                "not pushed: the model is not blessed for its server",
            ),
        ],
    )
    def test_a_verdict_that_refuses_skips(
        self, model: Model, tmp_path: Path, inputs: dict[str, Any], reason: str
    ) -> None:
        decision = PusherDriver().decide(PusherInputs(model=model, **inputs), parameters(), context(tmp_path))
        assert decision == Skip(reason)

    @pytest.mark.parametrize(
        "inputs",
        [
            {},
            {"model_blessing": blessing(1)},
            {
                "model_blessing": blessing(1),
                "infra_blessing": InfraBlessing(custom_properties={"blessed": 1}),
            },
        ],
    )
    def test_a_blessed_model_is_pushed(self, model: Model, tmp_path: Path, inputs: dict[str, Any]) -> None:
        decision = PusherDriver().decide(PusherInputs(model=model, **inputs), parameters(), context(tmp_path))
        assert isinstance(decision, Run)
        assert decision.plan == PusherPlan(model.serving_uri, str(tmp_path / "serving"))

    @pytest.mark.parametrize(("file", "run"), [("BLESSED", True), ("NOT_BLESSED", False)])
    def test_an_imported_blessing_is_read_from_its_file(
        self, model: Model, tmp_path: Path, file: str, run: bool
    ) -> None:
        (tmp_path / file).touch()
        inputs = PusherInputs(model=model, model_blessing=ModelBlessing(str(tmp_path)))
        assert isinstance(PusherDriver().decide(inputs, parameters(), context(tmp_path)), Run) is run

    def test_a_model_with_warm_up_requests_is_pushed_instead(self, model: Model, tmp_path: Path) -> None:
        infra = InfraBlessing(str(tmp_path / "infra"), custom_properties={"blessed": 1, "has_model": 1})
        for inputs in (PusherInputs(infra_blessing=infra), PusherInputs(model=model, infra_blessing=infra)):
            decision = PusherDriver().decide(inputs, parameters(), context(tmp_path))
            assert isinstance(decision, Run)
            assert decision.plan.source_uri == str(tmp_path / "infra" / "stamped_model")

    def test_nothing_to_push_is_an_error(self, tmp_path: Path) -> None:
        infra = InfraBlessing(custom_properties={"blessed": 1})
        with pytest.raises(ParameterError, match=r"Pusher has no model.*make_warmup"):
            PusherDriver().decide(PusherInputs(infra_blessing=infra), parameters(), context(tmp_path))

    def test_no_folder_is_an_error(self, model: Model, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match="push_destination names no folder"):
            PusherDriver().decide(PusherInputs(model=model), parameters(""), context(tmp_path))

    def test_an_absolute_folder_and_a_uri_stay_as_they_are(self, model: Model) -> None:
        for folder in ("/srv/models", "memory://srv/none"):
            decision = PusherDriver().decide(
                PusherInputs(model=model), parameters(folder), context("/project")
            )
            assert isinstance(decision, Run)
            assert decision.plan.destination_uri == folder


class TestAlreadyPushed:
    def decide(self, model: Model, tmp_path: Path, history: History) -> Any:
        return PusherDriver().decide(PusherInputs(model=model), parameters(), context(tmp_path, history))

    def version(self, tmp_path: Path, number: int) -> str:
        (tmp_path / "serving" / str(number)).mkdir(parents=True)
        return str(tmp_path / "serving" / str(number))

    def test_a_push_whose_artifact_was_removed_is_recorded_anew(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8), model, self.version(tmp_path, 5))
        history.outputs[8]["pushed_model"][0].state = "DELETED"
        assert isinstance(self.decide(model, tmp_path, history), Run)

    def test_the_same_model_is_not_pushed_twice_in_a_row(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8), model, uri := self.version(tmp_path, 5))
        assert self.decide(model, tmp_path, history) == Reuse(8, f"already pushed to {uri}")

    def test_a_model_with_the_same_content_is_the_same_model(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8, "CACHED"), model, self.version(tmp_path, 5))
        again = Model("elsewhere", id=99, custom_properties={"content_digest": "abc"})
        assert isinstance(self.decide(again, tmp_path, history), Reuse)

    def test_models_without_digest_are_told_apart_by_id(self, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8), Model("a", id=1), self.version(tmp_path, 5))
        assert isinstance(self.decide(Model("a", id=1), tmp_path, history), Reuse)
        assert isinstance(self.decide(Model("b", id=2), tmp_path, history), Run)

    def test_a_version_that_was_removed_is_pushed_again_whatever_the_cache_knows(
        self, model: Model, tmp_path: Path
    ) -> None:
        first = self.decide(model, tmp_path, History())
        history = History()
        history.record(Execution(8), model, str(tmp_path / "serving" / "5"))
        again = self.decide(model, tmp_path, history)
        assert isinstance(again, Run)
        assert again.cache_parts != first.cache_parts

    def test_a_model_that_another_has_followed_is_pushed_again(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8), model, self.version(tmp_path, 5))
        history.record(Execution(9), Model("other", id=4), self.version(tmp_path, 6))
        assert isinstance(self.decide(model, tmp_path, history), Run)

    def test_a_version_that_came_from_elsewhere_is_followed(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(8), model, self.version(tmp_path, 5))
        self.version(tmp_path, 7)
        assert isinstance(self.decide(model, tmp_path, history), Run)

    def test_pushes_to_other_folders_and_failed_ones_do_not_count(self, model: Model, tmp_path: Path) -> None:
        history = History()
        history.record(Execution(7), model, "/elsewhere/5")
        history.record(Execution(8, "FAILED"), model, self.version(tmp_path, 5))
        assert isinstance(self.decide(model, tmp_path, history), Run)


def work(model: Model, tmp_path: Path) -> Any:
    return Work(
        PusherInputs(model=model),
        PusherOutputs(PushedModel(str(tmp_path / "artifact"))),
        parameters(),
        PusherPlan(model.serving_uri, str(tmp_path / "serving")),
        ExecutorContext("p", "r", "Pusher", 1, str(tmp_path), str(tmp_path / "tmp")),
    )


class TestExecutor:
    def test_any_flavor_is_copied_to_the_artifact_and_to_its_destination(
        self, model: Model, tmp_path: Path
    ) -> None:
        result = PusherExecutor().execute(work(model, tmp_path))
        assert result == PusherResult(result.version, result.uri, True, 7, ModelInfo("sklearn"))
        assert result.uri == str(tmp_path / "serving" / str(result.version))
        for folder in (result.uri, tmp_path / "artifact"):
            assert Path(folder, "model.joblib").read_bytes() == b"weights"

    def test_files_of_no_known_flavor_are_copied_too(self, model: Model, tmp_path: Path) -> None:
        Path(model.serving_uri, "model.joblib").rename(Path(model.serving_uri, "weights.bin"))
        assert PusherExecutor().execute(work(model, tmp_path)).model is None

    def test_what_a_killed_push_has_revealed_is_taken(self, model: Model, tmp_path: Path) -> None:
        first = PusherExecutor().execute(work(model, tmp_path))
        second = PusherExecutor().execute(work(model, tmp_path))
        assert (second.version, second.copied) == (first.version, False)
        assert os.listdir(tmp_path / "serving") == [str(first.version)]

    def test_other_content_of_the_same_size_is_a_new_version(self, model: Model, tmp_path: Path) -> None:
        first = PusherExecutor().execute(work(model, tmp_path))
        Path(model.serving_uri, "model.joblib").write_bytes(b"WEIGHTS")
        second = PusherExecutor().execute(work(model, tmp_path))
        assert second.version > first.version
        assert second.copied

    def test_a_damaged_model_is_not_pushed(self, model: Model, tmp_path: Path) -> None:
        Path(model.serving_uri, "saved_model.pb").write_bytes(b"\x12\xff")
        with pytest.raises(DataError, match="cannot be read"):
            PusherExecutor().execute(work(model, tmp_path))
        assert not (tmp_path / "serving").exists()

    def test_an_empty_model_is_not_pushed(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="the model is empty"):
            PusherExecutor().execute(work(Model(str(tmp_path / "none")), tmp_path))


def test_the_publisher_records_version_destination_and_model(model: Model, tmp_path: Path) -> None:
    info = ModelInfo("tensorflow", (Signature(inputs=(TensorSpec("x", "int64", (None,)),)),), "2.16.2")
    result = PusherResult(17, "/serving/17", True, 7, info)
    record = PusherPublisher().describe(work(model, tmp_path), result)
    (pushed,) = record.artifacts["pushed_model"]
    assert pushed.custom_properties["pushed"] == 1
    assert pushed.custom_properties["pushed_destination"] == "/serving/17"
    assert pushed.custom_properties["pushed_version"] == "17"
    assert pushed.custom_properties["flavor"] == "tensorflow"
    assert record.execution == {"pushed": 1, "pushed_destination": "/serving/17", "pushed_version": "17"}
    assert record.summary == "pushed to /serving/17"


class TestDeclaration:
    def test_tfx_spelling(self) -> None:
        pusher = Pusher(
            model=Channel(Model),
            model_blessing=Channel(ModelBlessing),
            push_destination=PushDestination(filesystem=PushDestination.Filesystem(base_directory="/srv")),
        )
        assert pusher.type_name() == "tfx.components.pusher.component.Pusher"
        assert set(pusher.inputs) == {"model", "model_blessing"}
        assert pusher.outputs["pushed_model"].type_name == "PushedModel"

    def test_nothing_to_push(self) -> None:
        with pytest.raises(PipelineError, match="nothing to push"):
            Pusher(push_destination={"filesystem": {"base_directory": "/srv"}})

    def test_no_destination(self) -> None:
        with pytest.raises(ParameterError, match="'push_destination' is missing"):
            Pusher(model=Channel(Model))

    def test_a_configuration_that_would_be_ignored_is_refused(self) -> None:
        with pytest.raises(ParameterError, match=r"takes no custom_config.*got: ai_platform_serving_args"):
            Pusher(
                model=Channel(Model),
                push_destination={"filesystem": {"base_directory": "/srv"}},
                custom_config={"ai_platform_serving_args": {}},
            )
