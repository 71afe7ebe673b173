# SPDX-License-Identifier: Apache-2.0
"""Driver, executor and publisher of Trainer, with modules that use no framework."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.artifacts.standard import (
    Examples,
    ExampleStatistics,
    HyperParameters,
    Model,
    ModelRun,
    Schema,
    TransformGraph,
)
from penstock.components import FnArgs
from penstock.components.trainer.component import (
    Trainer,
    TrainerInputs,
    TrainerOutputs,
    TrainerParameters,
    TrainerPlan,
    TrainerResult,
)
from penstock.components.trainer.driver import TrainerDriver
from penstock.components.trainer.executor import TrainerExecutor
from penstock.components.trainer.publisher import TrainerPublisher
from penstock.errors import DataError, ParameterError, PipelineError, UserCodeError
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.examples.writer import ExamplesWriter
from penstock.graph.channel import Channel
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.models import ModelInfo, Signature, TensorSpec
from penstock.models.properties import recorded_info
from penstock.runtime import user_code
from penstock.runtime.roles import DriverContext, ExecutorContext, Run, Work


@pytest.fixture(autouse=True)
def fresh_modules(tmp_path: Path) -> Iterator[None]:
    with user_code.session(str(tmp_path)):
        yield


@pytest.fixture
def examples(tmp_path: Path) -> Examples:
    artifact = Examples(str(tmp_path / "examples"), id=1)
    artifact.set_splits(["train", "eval"])
    features = FeatureSet((FeatureSpec("fare", "float"), FeatureSpec("tips", "float")))
    writer = ExamplesWriter(artifact.uri, features, "parquet")
    for split in artifact.splits:
        writer.write(split, pa.RecordBatch.from_pydict({"fare": [1.0, 2.0], "tips": [0.5, None]}))
    writer.close()
    return artifact


def work(tmp_path: Path, examples: Examples, plan: TrainerPlan | None = None, **parameters: Any) -> Any:
    return Work(
        TrainerInputs(examples=[examples]),
        TrainerOutputs(Model(str(tmp_path / "model")), ModelRun(str(tmp_path / "model_run"))),
        TrainerParameters(**{"module_file": "module.py", **parameters}),
        plan or TrainerPlan(("train",), ("eval",)),
        ExecutorContext("p", "r", "Trainer", 1, str(tmp_path), str(tmp_path / "tmp")),
    )


def module(tmp_path: Path, source: str, name: str = "module.py") -> None:
    (tmp_path / name).write_text(textwrap.dedent(source))


class TestDriver:
    def decide(self, inputs: TrainerInputs, **parameters: Any) -> Run[TrainerPlan]:
        context = DriverContext("p", "r", "Trainer", "root", "project", "parquet", store=None)  # type: ignore[arg-type]
        return TrainerDriver().decide(inputs, TrainerParameters(**parameters), context)

    def test_splits_by_default(self, examples: Examples) -> None:
        assert self.decide(TrainerInputs([examples])).plan == TrainerPlan(("train",), ("eval",))

    def test_splits_as_named(self, examples: Examples) -> None:
        decision = self.decide(
            TrainerInputs([examples]),
            train_args=TrainArgs(splits=["train", "eval"]),
            eval_args=EvalArgs(splits=["train"]),
        )
        assert decision.plan == TrainerPlan(("train", "eval"), ("train",))
        assert decision.cache_parts == {"train_splits": ("train", "eval"), "eval_splits": ("train",)}

    def test_a_split_that_does_not_exist(self, examples: Examples) -> None:
        with pytest.raises(ParameterError, match=r"train_args\.splits names a split 'trian'.*mean 'train'"):
            self.decide(TrainerInputs([examples]), train_args=TrainArgs(splits=["trian"]))

    def test_negative_steps(self, examples: Examples) -> None:
        with pytest.raises(ParameterError, match=r"eval_args\.num_steps is negative.*got: -1"):
            self.decide(TrainerInputs([examples]), eval_args=EvalArgs(num_steps=-1))

    def test_a_base_model_and_hyperparameters(self, examples: Examples, tmp_path: Path) -> None:
        (tmp_path / "best_hyperparameters.txt").write_text('{"values": {"learning_rate": 0.1}}')
        inputs = TrainerInputs(
            [examples], base_model=Model("/base"), hyperparameters=HyperParameters(str(tmp_path))
        )
        plan = self.decide(inputs).plan
        assert plan.base_model_uri == "/base/Format-Serving"
        assert plan.hyperparameters == {"values": {"learning_rate": 0.1}}

    @pytest.mark.parametrize(
        ("content", "match"), [("{", "is not JSON"), ("[1]", "not a JSON object.*got: list")]
    )
    def test_hyperparameters_that_cannot_be_read(
        self, examples: Examples, tmp_path: Path, content: str, match: str
    ) -> None:
        (tmp_path / "best_hyperparameters.txt").write_text(content)
        with pytest.raises(DataError, match=match):
            self.decide(TrainerInputs([examples], hyperparameters=HyperParameters(str(tmp_path))))


SAVE = """
    import os
    def run_fn(fn_args):
        os.makedirs(fn_args.serving_model_dir)
        with open(os.path.join(fn_args.serving_model_dir, "model.joblib"), "w") as file:
            file.write("weights")
"""


class TestExecutor:
    def test_run_fn_gets_the_whole_contract(self, examples: Examples, tmp_path: Path) -> None:
        module(tmp_path, SAVE + "        global seen; seen = fn_args")
        plan = TrainerPlan(("train",), ("train", "eval"), "/base/Format-Serving", {"values": {}})
        given = work(
            tmp_path, examples, plan, train_args=TrainArgs(num_steps=7), custom_config={"layers": [1, 2]}
        )
        inputs = TrainerInputs([examples], TransformGraph("/graph"), Schema("/schema"))
        TrainerExecutor().execute(Work(inputs, given.outputs, given.parameters, plan, given.context))
        seen = sys.modules["module"].seen
        assert seen.data_accessor.tf_dataset_factory
        assert seen.data_accessor.record_batch_factory
        seen.data_accessor = None
        assert seen == FnArgs(
            working_dir=str(tmp_path / "tmp"),
            train_files=[f"{examples.uri}/Split-train/*"],
            eval_files=[f"{examples.uri}/Split-train/*", f"{examples.uri}/Split-eval/*"],
            train_steps=7,
            eval_steps=None,
            schema_path="/schema/schema.pbtxt",
            schema_file="/schema/schema.pbtxt",
            transform_graph_path="/graph",
            transform_output="/graph",
            serving_model_dir=str(tmp_path / "model" / "Format-Serving"),
            eval_model_dir=str(tmp_path / "model" / "Format-TFMA"),
            model_run_dir=str(tmp_path / "model_run"),
            base_model="/base/Format-Serving",
            hyperparameters={"values": {}},
            custom_config={"layers": [1, 2]},
        )

    def test_statistics_give_the_number_of_examples(self, examples: Examples, tmp_path: Path) -> None:
        from tensorflow_metadata.proto.v0 import statistics_pb2

        from penstock.statistics.files import write_statistics

        statistics = ExampleStatistics(str(tmp_path / "statistics"))
        statistics.set_splits(["train", "eval"])
        for split, rows in (("train", 200), ("eval", 100)):
            found = statistics_pb2.DatasetFeatureStatisticsList()
            found.datasets.add(num_examples=rows)
            write_statistics(statistics.split_uri(split), found)
        module(tmp_path, SAVE + "        return fn_args.num_examples")
        given = work(tmp_path, examples)
        inputs = TrainerInputs([examples], statistics=statistics)
        result = TrainerExecutor().execute(
            Work(inputs, given.outputs, given.parameters, given.plan, given.context)
        )
        assert result.metrics == {"train": 200.0, "eval": 100.0}

    def test_several_sets_of_examples(self, examples: Examples, tmp_path: Path) -> None:
        module(tmp_path, SAVE + "        global seen; seen = fn_args.train_files")
        given = work(tmp_path, examples)
        other = Examples("/other", properties={"split_names": '["train"]'})
        inputs = TrainerInputs([examples, other])
        TrainerExecutor().execute(Work(inputs, given.outputs, given.parameters, given.plan, given.context))
        assert sys.modules["module"].seen == [f"{examples.uri}/Split-train/*", "/other/Split-train/*"]

    def test_the_examples_are_read_without_tensorflow(self, examples: Examples, tmp_path: Path) -> None:
        module(
            tmp_path,
            SAVE
            + """
        from penstock.examples.accessor import RecordBatchesOptions
        options = RecordBatchesOptions(batch_size=2, num_epochs=1)
        batches = list(fn_args.data_accessor.record_batch_factory(fn_args.train_files, options))
        return {"rows": sum(batch.num_rows for batch in batches)}
            """,
        )
        before = set(sys.modules)
        assert TrainerExecutor().execute(work(tmp_path, examples)).metrics == {"rows": 2.0}
        assert "tensorflow" not in set(sys.modules) - before

    def test_what_was_saved_and_returned_is_reported(self, examples: Examples, tmp_path: Path) -> None:
        module(tmp_path, SAVE + "        return {'loss': 0.25}")
        result = TrainerExecutor().execute(work(tmp_path, examples))
        assert result == TrainerResult(ModelInfo("sklearn"), {"loss": 0.25})

    def test_files_of_no_known_flavor_are_a_model_too(self, examples: Examples, tmp_path: Path) -> None:
        module(tmp_path, SAVE.replace("model.joblib", "weights.bin"))
        assert TrainerExecutor().execute(work(tmp_path, examples)) == TrainerResult(None)

    def test_run_fn_by_dotted_path(self, examples: Examples, tmp_path: Path) -> None:
        (tmp_path / "pkg").mkdir()
        module(tmp_path, SAVE.replace("def run_fn", "def fit"), "pkg/training.py")
        result = TrainerExecutor().execute(
            work(tmp_path, examples, module_file=None, run_fn="pkg.training.fit")
        )
        assert result.model == ModelInfo("sklearn")


class TestUserErrors:
    def error(self, tmp_path: Path, examples: Examples) -> UserCodeError:
        with pytest.raises(UserCodeError) as caught:
            TrainerExecutor().execute(work(tmp_path, examples))
        return caught.value

    def test_no_module(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, SAVE, "modul.py")
        assert "module file module.py does not exist" in str(error := self.error(tmp_path, examples))
        assert "did you mean 'modul.py'" in str(error)

    def test_a_syntax_error(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fn(fn_args:\n    pass\n")
        assert "module.py:1 is not valid Python" in str(self.error(tmp_path, examples))

    def test_no_run_fn(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fun(fn_args): pass")
        error = str(self.error(tmp_path, examples))
        assert "defines no function run_fn()" in error
        assert "did you mean 'run_fun'" in error

    def test_run_fn_raises(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fn(fn_args):\n    raise RuntimeError('no convergence')\n")
        error = self.error(tmp_path, examples)
        assert "run_fn raised RuntimeError: no convergence" in str(error)
        frames = [line for line in error.traceback.splitlines() if line.startswith("  File")]
        assert len(frames) == 1
        assert f'{tmp_path / "module.py"}", line 2' in frames[0]

    @pytest.mark.parametrize("body", ["pass", "import os; os.makedirs(fn_args.serving_model_dir)"])
    def test_run_fn_saves_nothing(self, tmp_path: Path, examples: Examples, body: str) -> None:
        module(tmp_path, f"def run_fn(fn_args):\n    {body}\n")
        assert "run_fn saved no model" in str(self.error(tmp_path, examples))

    def test_a_file_in_a_folder_that_was_not_made(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fn(fn_args):\n    open(fn_args.serving_model_dir + '/model.pkl', 'wb')\n")
        assert "os.makedirs(fn_args.serving_model_dir)" in str(self.error(tmp_path, examples))

    def test_an_unknown_feature(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fn(fn_args):\n    {}['fares']\n")
        error = str(self.error(tmp_path, examples))
        assert "run_fn raised KeyError: 'fares'" in error
        assert "the examples have no feature 'fares': did you mean 'fare'?" in error

    def test_another_key_is_not_mistaken_for_a_feature(self, tmp_path: Path, examples: Examples) -> None:
        module(tmp_path, "def run_fn(fn_args):\n    {}['fare']\n")
        assert self.error(tmp_path, examples).hint is None


def test_the_publisher_records_flavor_signatures_and_metrics(tmp_path: Path, examples: Examples) -> None:
    info = ModelInfo(
        "tensorflow", (Signature(inputs=(TensorSpec("examples", "string", (None,)),)),), "2.16.2"
    )
    result = TrainerResult(info, {"loss": 0.3, "auc": 0.91234, "val_loss": 0.4, "val_auc": 0.9})
    record = TrainerPublisher().describe(work(tmp_path, examples), result)
    (model,) = record.artifacts["model"]
    assert model.custom_properties["metrics"] == result.metrics
    json.dumps(model.custom_properties)
    assert recorded_info(Model(custom_properties=model.custom_properties)) == info
    assert record.summary == "val_loss 0.4, val_auc 0.9, loss 0.3"


def test_of_an_unknown_model_nothing_is_recorded(tmp_path: Path, examples: Examples) -> None:
    (model,) = TrainerPublisher().describe(work(tmp_path, examples), TrainerResult()).artifacts["model"]
    assert model.custom_properties == {}
    assert recorded_info(Model()) is None


class TestDeclaration:
    def test_tfx_spelling(self) -> None:
        trainer = Trainer(
            module_file="module.py",
            examples=Channel(Examples),
            transform_graph=Channel(TransformGraph),
            schema=Channel(Schema),
            train_args=TrainArgs(num_steps=1000),
            eval_args={"num_steps": 50},
        )
        assert trainer.type_name() == "tfx.components.trainer.component.Trainer"
        assert list(trainer.outputs) == ["model", "model_run"]
        assert trainer.exec_properties["train_args"] == TrainArgs(num_steps=1000)
        assert trainer.exec_properties["eval_args"] == EvalArgs(num_steps=50)

    def test_the_older_name_of_examples(self) -> None:
        trainer = Trainer(transformed_examples=Channel(Examples), run_fn="m.run_fn")
        assert list(trainer.inputs) == ["examples"]
        with pytest.raises(PipelineError, match="both `examples` and its older name"):
            Trainer(Channel(Examples), transformed_examples=Channel(Examples), run_fn="m.run_fn")

    @pytest.mark.parametrize("given", [{}, {"module_file": "m.py", "run_fn": "m.run_fn"}])
    def test_one_of_module_and_function(self, given: dict[str, str]) -> None:
        with pytest.raises(ParameterError, match="exactly one of module_file and run_fn"):
            Trainer(Channel(Examples), **given)  # type: ignore[arg-type]

    def test_a_function_is_given_by_its_path(self) -> None:
        with pytest.raises(ParameterError, match=r"write run_fn='posixpath\.join'"):
            Trainer(Channel(Examples), run_fn=os.path.join)  # type: ignore[arg-type]

    def test_no_examples(self) -> None:
        with pytest.raises(PipelineError, match="'examples' is missing"):
            Trainer(run_fn="m.run_fn")
