# SPDX-License-Identifier: Apache-2.0
"""Components as users of TFX write them: specification, executor, driver, custom executors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tfx_style import components

from penstock import testing
from penstock.artifacts.standard import Integer, Model, ModelBlessing
from penstock.components.pusher.component import Pusher
from penstock.components.trainer.component import Trainer
from penstock.components.trainer.executor import GenericExecutor
from penstock.dsl.components.base.executor_spec import ExecutorClassSpec
from penstock.errors import ExecutionError, ParameterError, PipelineError, UserCodeError
from penstock.graph.pipeline import Pipeline
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.proto import trainer_pb2
from penstock.runners.local import LocalDagRunner


@pytest.fixture
def numbers(tmp_path: Path) -> list[Any]:
    made = []
    for number in (4, 5):
        (tmp_path / str(number)).write_text(str(number))
        made.append(testing.artifact(Integer, str(tmp_path / str(number))))
    return made


def given(run: testing.ComponentRun) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(run.artifact("report").uri) / "given.json").read_text())
    return found


def test_do_gets_what_tfx_gives_it(numbers: list[Any]) -> None:
    component = components.Count(
        "one two three",
        numbers=numbers,
        limit=3,
        args=trainer_pb2.TrainArgs(num_steps=7),
        names=["a", "b"],
    )
    component.executor_spec.add_extra_flags("--verbose")
    run = testing.run_component(component)
    found = given(run)
    assert found["values"] == [4, 5]
    assert (found["text"], found["limit"], found["names"]) == ("one two three", 3, ["a", "b"])
    assert json.loads(found["args"]) == {"num_steps": 7}
    assert list(found["inputs"]) == ["numbers"]
    assert found["context"]["tmp"]
    assert (found["context"]["run"], found["context"]["node"], found["context"]["pipeline"]) == (
        "test",
        "Count",
        "test",
    )
    assert "behaviour" not in found


def test_what_do_sets_is_recorded() -> None:
    run = testing.run_component(components.Count("one two"))
    report = run.artifact("report")
    assert report.properties == {"words": 2}
    assert report.custom_properties["first"] == "one"
    assert run.properties["counted"] == 1
    assert list(run.outputs) == ["report"]


def test_an_executor_output_says_what_is_recorded() -> None:
    run = testing.run_component(components.Count("one two", behaviour="output"))
    assert run.artifact("report").custom_properties["told"] == 2
    assert run.properties["told"] == "by the output"


def test_an_executor_may_make_several_artifacts_of_one() -> None:
    run = testing.run_component(components.Count("one two", behaviour="divide"))
    parts = run.outputs["report"]
    assert [part.properties["words"] for part in parts] == [0, 1, 2]
    assert [(Path(part.uri) / "given.json").read_text() for part in parts] == ["0", "1", "2"]
    assert len({part.custom_properties["content_digest"] for part in parts}) == 3


def test_values_are_read_and_written(numbers: list[Any]) -> None:
    once = components.Double(numbers[0]).with_id("Once")
    twice = components.Double(once.outputs["doubled"], added=once.outputs["doubled"].future()[0].value)
    made = testing.run_component(twice).artifact("doubled")
    assert made.value == 16
    assert made.custom_properties["added"] == 8


def test_an_output_without_an_artifact_is_not_published() -> None:
    assert not testing.run_component(components.Count("one", behaviour="none")).outputs


@pytest.mark.parametrize(
    ("behaviour", "error", "told"),
    [
        ("code", ExecutionError, "CountExecutor.Do says that it failed: three is too many"),
        ("key", UserCodeError, "made an output 'repotr'.*did you mean 'report'"),
        (
            "two",
            UserCodeError,
            "changed where output 'report' lies.*replicate_artifacts makes several of one",
        ),
        ("uri", UserCodeError, "changed where output 'report' lies.*got: /elsewhere"),
        ("type", UserCodeError, "changed the type of output 'report'.*expected: ReportByATest; got: Model"),
        ("number", UserCodeError, "returned something unknown.*expected: None, or an ExecutorOutput; got: 7"),
        ("raise", UserCodeError, "CountExecutor.Do raised ValueError: no words"),
    ],
)
def test_what_do_does_wrong_is_told(behaviour: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        testing.run_component(components.Count("one", behaviour=behaviour))


def test_a_driver_with_run_patches_properties_and_outputs() -> None:
    run = testing.run_component(components.RunDriven("one"))
    assert given(run)["text"] == "one and more"
    report = run.artifact("report")
    assert report.properties == {"words": 3, "title": "driven"}
    assert report.custom_properties["span"] == 3
    assert run.properties["text"] == "one and more"


def test_an_older_driver_resolves_properties_and_inputs(numbers: list[Any]) -> None:
    found = given(testing.run_component(components.StepDriven("one", numbers=numbers)))
    assert found["text"] == "one StepDriven of test"
    assert found["limit"] == 5
    assert found["values"] == [4]


def test_a_driver_may_look_at_what_was_made_before(tmp_path: Path) -> None:
    def run() -> None:
        pipeline = Pipeline(
            "history",
            str(tmp_path / "root"),
            sqlite_metadata_connection_config(str(tmp_path / "m.db")),
            [components.LastTime("x")],
        )
        LocalDagRunner(in_process=True).run(pipeline)

    run()
    run()
    made = sorted(
        (tmp_path / "root" / "LastTime" / "report").glob("*/given.json"), key=lambda p: p.parent.name
    )
    assert [json.loads(path.read_text())["text"] for path in made] == ["0 before", "1 before"]


def test_a_driver_is_told_what_it_may_not_look_at() -> None:
    with pytest.raises(
        PipelineError, match=r"no metadata handle with 'store'.*search_artifacts.*DriverContext"
    ):
        testing.run_component(components.Curious("one"))


def test_a_driver_that_names_an_unknown_output_is_told_so() -> None:
    with pytest.raises(
        UserCodeError, match=r"WrongDriver.run names an output 'repotr'.*did you mean 'report'"
    ):
        testing.run_component(components.WrongDriven("one"))


def test_an_executor_may_work_in_beam() -> None:
    component = components.BeamCount("one two three").with_beam_pipeline_args(["--temp_location=/tmp/x"])
    run = testing.run_component(component)
    (counted,) = Path(run.artifact("report").uri).glob("count*")
    assert counted.read_text().strip() == "3"
    assert run.artifact("report").custom_properties["arguments"] == "--temp_location=/tmp/x"


def test_one_component_may_have_another_executor() -> None:
    component = components.Count("one", custom_executor_spec=ExecutorClassSpec(components.LoudExecutor))
    run = testing.run_component(component)
    assert given(run)["text"] == "ONE"
    assert component.type_name() == "tfx_style.components.Count"


def test_another_executor_is_another_result_for_the_cache(tmp_path: Path) -> None:
    def run(executor: type[Any], *flags: str) -> int:
        spec = ExecutorClassSpec(executor)
        spec.add_extra_flags(flags)
        pipeline = Pipeline(
            "cached",
            str(tmp_path / "root"),
            sqlite_metadata_connection_config(str(tmp_path / "m.db")),
            [components.Count("one", custom_executor_spec=spec)],
            enable_cache=True,
        )
        LocalDagRunner(in_process=True).run(pipeline)
        return len(list((tmp_path / "root" / "Count" / "report").iterdir()))

    assert run(components.CountExecutor) == 1
    assert run(components.CountExecutor) == 1
    assert run(components.LoudExecutor) == 2
    assert run(components.LoudExecutor, "--louder") == 3
    assert run(components.CountExecutor) == 3


@pytest.fixture
def examples() -> Any:
    return testing.examples(train={"x": [1.0, 2.0]}, eval={"x": [3.0]})


def test_trainer_with_a_custom_executor(examples: Any) -> None:
    trainer = Trainer(
        examples=examples,
        train_args=trainer_pb2.TrainArgs(num_steps=3),
        custom_config={"units": 3},
        custom_executor_spec=ExecutorClassSpec(components.CopyModel),
    )
    run = testing.run_component(trainer)
    model = run.artifact("model")
    note = json.loads((Path(model.uri) / "Format-Serving" / "note.json").read_text())
    assert json.loads(note["train_args"]) == {"num_steps": 3}
    assert json.loads(note["custom_config"]) == {"units": 3}
    assert model.custom_properties["inputs"] == "examples"


def test_the_generic_executor_is_what_trains_anyway(examples: Any, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import os\n"
        "def run_fn(fn_args):\n"
        "    os.makedirs(fn_args.serving_model_dir)\n"
        "    open(os.path.join(fn_args.serving_model_dir, 'model'), 'w').write(str(fn_args.train_steps))\n"
    )
    trainer = Trainer(
        examples=examples,
        module_file=str(module),
        train_args=trainer_pb2.TrainArgs(num_steps=3),
        custom_executor_spec=ExecutorClassSpec(GenericExecutor),
    )
    model = testing.run_component(trainer).artifact("model")
    assert (Path(model.uri) / "Format-Serving" / "model").read_text() == "3"
    with pytest.raises(ParameterError, match="exactly one of module_file and run_fn"):
        Trainer(examples=examples, custom_executor_spec=ExecutorClassSpec(GenericExecutor))


def test_pusher_with_a_custom_executor_pushes_what_is_blessed(tmp_path: Path) -> None:
    (tmp_path / "model" / "Format-Serving").mkdir(parents=True)
    (tmp_path / "model" / "Format-Serving" / "file").write_text("model")
    (tmp_path / "blessing").mkdir()
    model = testing.artifact(Model, str(tmp_path / "model"))

    def pushed(blessed: int) -> testing.ComponentRun:
        blessing = testing.artifact(
            ModelBlessing, str(tmp_path / "blessing"), custom_properties={"blessed": blessed}
        )
        pusher = Pusher(
            model=model,
            model_blessing=blessing,
            custom_config={"endpoint": "here"},
            custom_executor_spec=ExecutorClassSpec(components.CopyModel),
        )
        return testing.run_component(pusher)

    made = pushed(1).artifact("pushed_model")
    note = json.loads((Path(made.uri) / "Format-Serving" / "note.json").read_text())
    assert note == {"custom_config": '{"endpoint": "here"}'}
    assert made.custom_properties["inputs"] == "model,model_blessing"
    assert pushed(0).state == "skipped"
