# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a module, a label or a threshold and shows in TensorFlow only: in one run, side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from projects import Ended, Project

pytestmark = pytest.mark.tensorflow

PIPELINE = """
from pathlib import Path

from penstock.components import CsvExampleGen, Evaluator, SchemaGen, StatisticsGen, Trainer, Transform
from penstock.dsl import Pipeline
from penstock.proto import evaluation as tfma
from penstock.utils import parse_pbtxt_file

MODULES = Path(__file__).resolve().parents[1] / "modules"


def create_pipeline(transforms: list[str], trainers: list[str], evaluators: list[str]) -> Pipeline:
    examples = CsvExampleGen(input_base="data")
    statistics = StatisticsGen(examples=examples.outputs["examples"])
    schema = SchemaGen(statistics=statistics.outputs["statistics"], infer_feature_shape=False)
    given = {"examples": examples.outputs["examples"], "schema": schema.outputs["schema"]}
    model = Trainer(**given, module_file="modules/is_good.py").with_id("model")
    nodes = [examples, statistics, schema, model]
    for name in transforms:
        nodes.append(Transform(**given, module_file=f"modules/{name}.py", disable_statistics=True).with_id(name))
    for name in trainers:
        nodes.append(Trainer(**given, module_file=f"modules/{name}.py").with_id(name))
    for name in evaluators:
        config = parse_pbtxt_file(str(MODULES / f"{name}.pbtxt"), tfma.EvalConfig())
        evaluator = Evaluator(examples=examples.outputs["examples"], model=model.outputs["model"], eval_config=config)
        nodes.append(evaluator.with_id(name))
    return Pipeline("heavy", components=nodes, enable_cache=True)
"""

GOOD_MODEL = """
import tensorflow as tf


class Servable(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(self, examples):
        parsed = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([], tf.float32, -1.0)})
        return {"probability": tf.sigmoid(parsed["x"] - 20.0)[:, None]}


def run_fn(fn_args):
    servable = Servable()
    tf.saved_model.save(servable, fn_args.serving_model_dir, signatures={"serving_default": servable.serve})
"""

GOOD_TRANSFORM = """
import tensorflow_transform as tft


def preprocessing_fn(inputs):
    return {"x_xf": tft.scale_to_z_score(inputs["x"])}
"""

GOOD_CONFIG = """
model_specs { label_key: "label" signature_name: "serving_default" }
slicing_specs { }
metrics_specs { metrics { class_name: "BinaryAccuracy" } }
"""

DATA = "x,label,hour,void\n" + "".join(f"{i / 7:.3f},{i % 2},{i % 24},\n" for i in range(300))


@dataclass(frozen=True)
class Bad:
    """A module or a configuration, and the error that it gets.

    Attributes:
        source: The file's content; ``None`` leaves no file.
        message: Pattern of the error's message, after the node.
        lines: Texts in the lines below it, by label.
    """

    source: str | None
    message: str
    lines: dict[str, str] = field(default_factory=dict)


TRANSFORMS = {
    "asks_for_an_unknown_feature": Bad(
        GOOD_TRANSFORM.replace('inputs["x"]', 'inputs["xx"]'),
        "preprocessing_fn asks for feature 'xx', which the schema does not have",
        {"expected": "a feature of the schema", "what to do": "did you mean 'x'?"},
    ),
    "has_no_preprocessing_fn": Bad(
        GOOD_TRANSFORM.replace("preprocessing_fn", "preprocess"),
        r"{root}/modules/has_no_preprocessing_fn.py defines no function preprocessing_fn\(\)",
        {"expected": "def preprocessing_fn(...)", "what to do": "did you mean 'preprocess'?"},
    ),
    "returns_nothing": Bad(
        GOOD_TRANSFORM.replace("return", "result ="),
        "preprocessing_fn does not return tensors by name",
        {"expected": "a dictionary of tensors by feature name", "got": "NoneType", "what to do": "a return statement"},
    ),
    "raises_in_the_graph": Bad(
        "def preprocessing_fn(inputs):\n    return {'x_xf': inputs['x'] @ inputs['hour']}\n",
        "preprocessing_fn raised TypeError: unsupported operand type.*",
        {"input": "{root}/modules/raises_in_the_graph.py"},
    ),
    "kills_its_worker": Bad(
        "import os\n\n\ndef preprocessing_fn(inputs):\n    os.kill(os.getpid(), 9)\n",
        "its process was ended by SIGKILL; SIGKILL from the system mostly means that memory ran out",
        {"got": "its memory had reached "},
    ),
    "scales_what_is_missing": Bad(
        GOOD_TRANSFORM.replace('inputs["x"]', 'inputs["void"]'),
        "preprocessing_fn raised TypeError: Tensor type tf.string is not supported",
        {"what to do": "no analysed row has a value of 'void', so its type is not known"},
    ),
}  # fmt: skip

TRAINERS = {
    "opens_parquet_as_tfrecord": Bad(
        """
import tensorflow as tf


def run_fn(fn_args):
    for _ in tf.data.TFRecordDataset(tf.io.gfile.glob(fn_args.train_files), compression_type="GZIP"):
        pass
""",
        "the module reads the examples as TFRecord, but they are stored as Parquet",
        {
            "input": "/CsvExampleGen/examples/1/Split-train/data-00000-of-00001.parquet",
            "what to do": "set Pipeline(examples_format='tfrecord'), or read them with fn_args.data_accessor",
        },
    ),
    "trains_on_a_missing_label": Bad(
        """
from tfx_bsl.public import tfxio


def run_fn(fn_args):
    options = tfxio.TensorFlowDatasetOptions(batch_size=10, label_key="void", num_epochs=1)
    for _ in fn_args.data_accessor.tf_dataset_factory(fn_args.train_files, options):
        pass
""",
        r"label 'void' is missing in all \d+ examples",
        {"input": "label_key", "expected": "a value in at least one example"},
    ),
    "trains_on_an_unknown_label": Bad(
        """
from tfx_bsl.public import tfxio


def run_fn(fn_args):
    options = tfxio.TensorFlowDatasetOptions(batch_size=10, label_key="lable", num_epochs=1)
    for _ in fn_args.data_accessor.tf_dataset_factory(fn_args.train_files, options):
        pass
""",
        "there is no feature 'lable' to be the label",
        {"input": "label_key", "what to do": "did you mean 'label'?"},
    ),
}

THRESHOLD = "threshold { value_threshold { lower_bound { value: 0.1 } } }"

EVALUATORS = {
    "asks_for_a_metric_that_is_not_there": Bad(
        GOOD_CONFIG.replace(
            "metrics {", f'thresholds {{ key: "auc" value: {{ {THRESHOLD[12:-2]} }} }} metrics {{'
        ),
        "eval_config has a threshold on metric 'auc', which it does not compute",
        {"expected": "one of binary_accuracy", "what to do": "add the metric under metrics_specs[].metrics"},
    ),
    "asks_for_a_metric_of_no_kind": Bad(
        GOOD_CONFIG.replace("BinaryAccuracy", "BinaryAcuracy"),
        "there is no metric 'BinaryAcuracy'",
        {"what to do": "did you mean 'BinaryAccuracy'?"},
    ),
    "slices_by_a_feature_that_is_not_there": Bad(
        GOOD_CONFIG.replace("slicing_specs { }", 'slicing_specs { feature_keys: "hours" }'),
        "eval_config names 'hours' as a slice, and the examples have no such feature",
        {"what to do": "did you mean 'hour'?"},
    ),
    "asks_for_a_slice_that_is_not_there": Bad(
        GOOD_CONFIG.replace(
            'class_name: "BinaryAccuracy"',
            'class_name: "BinaryAccuracy" per_slice_thresholds { slicing_specs { '
            f'feature_values {{ key: "hour" value: "99" }} }} {THRESHOLD} }}',
        ),
        "eval_config has a threshold of metric BinaryAccuracy on slice \"hour='99'\", which it does not compute",
        {"expected": "one of its slicing_specs: Overall", "what to do": "add the slice to slicing_specs"},
    ),
    "has_a_label_that_is_missing": Bad(
        GOOD_CONFIG.replace('label_key: "label"', 'label_key: "void"'),
        r"label 'void' is missing in all \d+ examples",
        {"expected": "a value in at least one example", "what to do": "is label_key in eval_config"},
    ),
    "has_a_label_that_is_not_there": Bad(
        GOOD_CONFIG.replace('label_key: "label"', 'label_key: "lable"'),
        "eval_config names 'lable' as a label, and the examples have no such feature",
        {"what to do": "did you mean 'label'?"},
    ),
}
ALL = {**TRANSFORMS, **TRAINERS, **EVALUATORS}


@dataclass(frozen=True)
class Story:
    """A run in which much is bad, and one in which it is mended."""

    project: Project
    bad: Ended
    mended: Ended


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    project = Project(tmp_path_factory.mktemp("heavy") / "project")
    project.write("pipelines/heavy.py", PIPELINE)
    project.write("data/trips.csv", DATA)
    project.write("modules/is_good.py", GOOD_MODEL)
    for name, bad in {**TRANSFORMS, **TRAINERS}.items():
        if bad.source is not None:
            project.write(f"modules/{name}.py", bad.source)
    for name, bad in EVALUATORS.items():
        project.write(f"modules/{name}.pbtxt", str(bad.source))
    bad_run = project.process("run", "pipelines/heavy.py", *_nodes(TRANSFORMS, TRAINERS, EVALUATORS))
    project.check_tidy("heavy")
    first = [dict([next(iter(names.items()))]) for names in (TRANSFORMS, TRAINERS, EVALUATORS)]
    for (name,), good in zip(first, (GOOD_TRANSFORM, GOOD_MODEL, GOOD_CONFIG), strict=True):
        project.write(f"modules/{name}.{'pbtxt' if good is GOOD_CONFIG else 'py'}", good)
    mended = project.process("run", "pipelines/heavy.py", *_nodes(*first))
    return Story(project, bad_run, mended)


def _nodes(*names: dict[str, Bad]) -> list[str]:
    given = zip(("transforms", "trainers", "evaluators"), names, strict=True)
    return [text for kind, group in given for text in ("--param", f"{kind}={','.join(group)}")]


@pytest.mark.parametrize("name", ALL)
def test_what_is_bad_is_said(story: Story, name: str) -> None:
    bad, root = ALL[name], str(story.project.root)
    blocks = {block.message.partition(": ")[0]: block for block in story.bad.blocks}
    block = blocks[name]
    assert re.fullmatch(f"{name}: {bad.message.replace('{root}', re.escape(root))}", block.message), block
    for label, text in bad.lines.items():
        assert text.replace("{root}", root) in block[label], block


def test_each_failure_is_one_nodes_own(story: Story) -> None:
    good = ("CsvExampleGen", "StatisticsGen", "SchemaGen", "model")
    assert story.bad.states() == {**dict.fromkeys(good, "ran"), **dict.fromkeys(ALL, "failed")}
    assert story.bad.code == 1
    assert "src/penstock/" not in story.bad.err
    assert {key.partition(" ")[0] for key in story.project.published("heavy")} >= set(good)


def test_mended_it_runs(story: Story) -> None:
    assert story.mended.code == 0, story.mended.err
    assert list(story.mended.states().values()) == ["cached"] * 4 + ["ran"] * 3
