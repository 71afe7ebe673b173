# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of small pieces of TFX code."""

from __future__ import annotations

import textwrap

import pytest

from penstock import components, proto
from penstock.doctor.examination import examine
from penstock.doctor.findings import Finding


def found(code: str, kind: str | None = None) -> list[Finding]:
    findings = examine("p.py", textwrap.dedent(code)).findings
    return [finding for finding in findings if kind is None or finding.kind == kind]


def said(code: str, kind: str) -> dict[str, str]:
    return {f"{finding.line} {finding.name}": finding.text for finding in found(code, kind)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from tfx import v1 as tfx", "import penstock as tfx"),
        ("from tfx import v1", "from penstock import v1"),
        ("import tfx.v1 as tfx", "import penstock as tfx"),
        ("import tfx", "import penstock as tfx"),
        ("import os, tfx.v1", "import os, penstock as tfx"),
        ("import tfx.types, tfx.components", "import penstock as tfx"),
        ("from tfx.v1 import proto, types as t", "from penstock import proto, types as t"),
        ("from tfx.v1.dsl.io import fileio", "from penstock.dsl.io import fileio"),
        ("from tfx.components import Trainer as T", "from penstock.components import Trainer as T"),
        ("from tfx.proto import trainer_pb2", "from penstock.proto import trainer_pb2"),
        (
            "from tfx.components.trainer.executor import GenericExecutor, TrainerFnArgs",
            "from penstock.components.trainer.executor import GenericExecutor, TrainerFnArgs",
        ),
    ],
)
def test_imports_are_told_with_what_replaces_them(old: str, new: str) -> None:
    code = f"import os\n{old}\n"
    assert [(f.line, f.name, f.text) for f in found(code, "import")] == [(2, old, new)]
    exec(new, {})


def test_a_module_that_is_named_in_full_is_there_in_full() -> None:
    (finding,) = found("import tfx.proto.trainer_pb2, tfx.components.trainer.component\n", "import")
    assert finding.text == (
        "import penstock.proto.trainer_pb2, penstock as tfx, penstock.components.trainer.component"
    )
    names: dict[str, object] = {}
    exec(
        f"{finding.text}\nfound = [tfx.proto.trainer_pb2.TrainArgs, tfx.components.trainer.component.Trainer]",
        names,
    )
    assert names["found"] == [proto.TrainArgs, components.Trainer]


def test_other_libraries_are_left_alone() -> None:
    code = """
        import tensorflow as tf
        from tfx_bsl.public import tfxio
        from . import features
        import tfxtools
        tfx = tf.constant(1)
        tfx.components.Tuner
    """
    assert found(code) == []
    assert examine("p.py", textwrap.dedent(code)).patch == ""


def test_a_name_that_differs_is_told_where_it_is_used() -> None:
    code = """
        from tfx import v1 as tfx

        def create():
            return tfx.components.Pusher(model=model)
    """
    assert list(said(code, "differs")) == ["5 components.Pusher"]
    assert "skipped" in said(code, "differs")["5 components.Pusher"]


def test_a_name_that_is_absent_is_told_where_it_is_imported() -> None:
    code = """
        from tfx.components import ModelValidator, Trainer
        from tfx.utils.dsl_utils import csv_input

        ModelValidator(examples=csv_input("data"))
    """
    assert said(code, "change") == {
        "2 components.ModelValidator": "Evaluator does its work, also in TFX.",
        "3 utils.dsl_utils.csv_input": "TFX 1.0 has removed it: give the folder itself, input_base='…'.",
    }
    assert [finding.line for finding in found(code, "import")] == [2], "the second import has no replacement"


def test_a_component_that_is_not_built_is_to_be_changed_and_its_import_too() -> None:
    code = """
        from tfx.components import InfraValidator
        from tfx.components.tuner.component import TunerFnResult
    """
    assert list(said(code, "change")) == ["2 components.InfraValidator"]
    assert [finding.line for finding in found(code, "import")] == [2, 3]


def test_a_module_inside_tfx_is_told_once() -> None:
    code = """
        from tfx.orchestration.portable import launcher
        from tfx.examples.penguin import utils

        launcher.Launcher(launcher.x, utils.FEATURES)
    """
    texts = said(code, "change")
    assert list(texts) == ["2 tfx.orchestration.portable", "3 tfx.examples.penguin.utils"]
    assert "inside TFX" in texts["2 tfx.orchestration.portable"]
    assert "copy what you use" in texts["3 tfx.examples.penguin.utils"]


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    code = """
        from tfx import v1 as tfx
        tfx.components.CsvExampelGen("data")
        tfx.dsl.io.fileio.open("x").read()
    """
    assert said(code, "change") == {
        "3 tfx.v1.components.CsvExampelGen": "TFX 1.16.0 does not have it either; did you mean 'CsvExampleGen'?"
    }


def test_arguments_that_tfx_has_removed_are_told() -> None:
    code = """
        from tfx.components import CsvExampleGen, Trainer
        CsvExampleGen(input="x", instance_name="a")
        Trainer(module_file="m.py", examples=e, train_argz=1)
    """
    texts = said(code, "change")
    assert texts["3 CsvExampleGen(input=…)"].endswith("input_base='…'.")
    assert "with_id" in texts["3 CsvExampleGen(instance_name=…)"]
    assert "does not take it either" in texts["4 Trainer(train_argz=…)"]


def test_arguments_that_are_refused_here_are_told_by_name_and_by_place() -> None:
    code = """
        from tfx import v1 as tfx
        tfx.components.Evaluator(examples=e, feature_slicing_spec=s)
        tfx.components.Evaluator(e, m, None, s)
        tfx.dsl.Channel(type=M, producer_component_id="x")
        tfx.dsl.Channel(M, None, None, None, "x")
    """
    assert [(f.line, f.name) for f in found(code, "change")] == [
        (3, "Evaluator(feature_slicing_spec=…)"),
        (4, "Evaluator(feature_slicing_spec=…)"),
        (6, "Channel(additional_custom_properties=…)"),
        (6, "Channel(additional_properties=…)"),
        (6, "Channel(artifacts=…)"),
        (6, "Channel(producer_component_id=…)"),
    ]


def test_arguments_of_messages_are_their_fields() -> None:
    code = """
        from tfx.proto import trainer_pb2
        trainer_pb2.TrainArgs(num_steps=1, steps=2)
    """
    assert list(said(code, "change")) == ["3 TrainArgs(steps=…)"]


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\ndef f(p):\n    return tf.data.TFRecordDataset(p)\n",
        "import tensorflow as tf\ndef f(p):\n    return tf.data.experimental.make_batched_features_dataset(p)\n",
        "import apache_beam as beam\ndef f(p):\n    return p | beam.io.ReadFromTFRecord('x')\n",
        "from tfx_bsl.public import tfxio\ndef f(p):\n    return tfxio.TFExampleRecord(p)\n",
    ],
)
def test_reading_examples_as_tfrecord_needs_the_switch(code: str) -> None:
    (finding,) = found(code)
    assert (finding.kind, finding.line) == ("change", 3)
    assert "examples_format='tfrecord'" in finding.text


def test_code_for_estimators_is_told_once() -> None:
    code = """
        import tensorflow as tf

        def trainer_fn(fn_args, schema):
            tf.estimator.TrainSpec(1)
            return tf.estimator.EvalSpec(2)
    """
    assert list(said(code, "change")) == ["4 trainer_fn", "5 estimator"]


def test_the_patch_changes_imports_and_nothing_else() -> None:
    code = textwrap.dedent("""\
        # Über TFX: from tfx import v1 as tfx
        import os; from tfx import v1 as tfx  # the API
        from tfx.components import (
            CsvExampleGen,  # data
            Pusher,
        )
        import tfx.types

        def f():
            from  tfx.utils  import io_utils
            return tfx.components.Trainer, "from tfx.proto import x"
    """)
    patch = examine("dir/p.py", code).patch
    assert patch.startswith("--- a/dir/p.py\n+++ b/dir/p.py\n")
    assert [line for line in patch.splitlines()[3:] if line[0] in "+-"] == [
        "-import os; from tfx import v1 as tfx  # the API",
        "-from tfx.components import (",
        "+import os; import penstock as tfx  # the API",
        "+from penstock.components import (",
        "-import tfx.types",
        "+import penstock as tfx",
        "-    from  tfx.utils  import io_utils",
        "+    from  penstock.utils  import io_utils",
    ]


def test_lines_may_end_as_they_like_and_the_last_not_at_all() -> None:
    code = "x = 'ü'\r\n\x0c\r\nfrom tfx import v1 as tfx\r\nimport os\r\nfrom tfx.types import Channel"
    examination = examine("p.py", code)
    assert [finding.line for finding in examination.findings if finding.kind == "import"] == [3, 5]
    assert [line for line in examination.patch.split("\n")[3:] if line[:1] in ("+", "-", "\\")] == [
        "-from tfx import v1 as tfx\r",
        "+import penstock as tfx\r",
        "-from tfx.types import Channel",
        "\\ No newline at end of file",
        "+from penstock.types import Channel",
        "\\ No newline at end of file",
    ]


def test_everything_of_a_module_may_be_imported_at_once() -> None:
    assert [f.text for f in found("from tfx.components import *", "import")] == [
        "from penstock.components import *"
    ]
    assert "inside TFX" in found("from tfx.orchestration.portable import *")[0].text


def test_a_pipeline_as_the_tutorial_has_it_needs_only_its_import() -> None:
    code = """
        from tfx import v1 as tfx

        def create_pipeline(root):
            gen = tfx.components.CsvExampleGen(input_base=root)
            trainer = tfx.components.Trainer(
                module_file="m.py", examples=gen.outputs["examples"],
                train_args=tfx.proto.TrainArgs(num_steps=100), eval_args=tfx.proto.EvalArgs(num_steps=5))
            return tfx.dsl.Pipeline(pipeline_name="p", pipeline_root=root, components=[gen, trainer],
                metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config("m.db"))

        tfx.orchestration.LocalDagRunner().run(create_pipeline("data"))
    """
    assert found(code, "change") == []
    assert [finding.text for finding in found(code, "import")] == ["import penstock as tfx"]


def test_what_is_to_be_done_by_hand_is_told_after_the_patch_too() -> None:
    before = """
from tfx import v1 as tfx
from tfx.components import InfraValidator
tfx.components.Tuner(examples=None)
tfx.components.Evaluator(examples=None, feature_slicing_spec=None)
"""
    after = before.replace("from tfx import v1 as tfx", "import penstock as tfx").replace(
        "from tfx", "from penstock"
    )
    assert said(after, "change") == said(before, "change")
    assert len(said(after, "change")) == 3
    assert not found(after, "import")


def test_what_only_penstock_has_is_left_alone() -> None:
    code = """
import penstock as tfx
from penstock.authoring import BaseComponent
from penstock.errors import DataError
tfx.components.BulkInferrer(examples=None, inference_config="graph.yaml")
tfx.dsl.Pipeline("p", components=[], examples_format="tfrecord")
"""
    assert not found(code, "change")
