# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys

import pytest

import penstock as tfx
from penstock.artifacts.standard import DeadLetters, Examples, InferenceResult, Model, ModelBlessing
from penstock.components.bulk_inferrer.component import BulkInferrer
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.inference import InferenceConfig, ModelSettings

SPEC = tfx.proto.OutputExampleSpec(
    output_columns_spec=[
        tfx.proto.OutputColumnsSpec(
            predict_output=tfx.proto.PredictOutput(
                output_columns=[tfx.proto.PredictOutputCol(output_key="y", output_column="predicted")]
            )
        )
    ]
)


def test_arguments_stand_in_tfx_s_order() -> None:
    inferrer = BulkInferrer(
        Channel(Examples),
        Channel(Model),
        Channel(ModelBlessing),
        tfx.proto.DataSpec(example_splits=["eval"]),
        tfx.proto.ModelSpec(model_signature_name=["serving_default"]),
    )
    assert inferrer.exec_properties["data_spec"].example_splits == ["eval"]
    assert inferrer.exec_properties["model_spec"].model_signature_name == ["serving_default"]
    assert BulkInferrer.type_name() == "tfx.components.bulk_inferrer.component.BulkInferrer"
    assert tfx.components.BulkInferrer is BulkInferrer


def test_results_or_examples_come_out_and_dead_letters_always() -> None:
    plain = BulkInferrer(Channel(Examples), Channel(Model))
    assert {key: channel.type for key, channel in plain.outputs.items()} == {
        "inference_result": InferenceResult,
        "dead_letters": DeadLetters,
    }
    as_examples = BulkInferrer(Channel(Examples), Channel(Model), output_example_spec=SPEC)
    assert {key: channel.type for key, channel in as_examples.outputs.items()} == {
        "output_examples": Examples,
        "dead_letters": DeadLetters,
    }


def test_specs_may_be_given_as_mappings() -> None:
    inferrer = BulkInferrer(
        Channel(Examples),
        Channel(Model),
        data_spec={"example_splits": ["train"]},
        inference_config={"model": {"batch_rows": 10}, "carry": ["id"]},
    )
    assert inferrer.exec_properties["inference_config"].model.batch_rows == 10
    assert inferrer.exec_properties["inference_config"].carry == ("id",)


def test_the_user_s_functions_are_known_by_content() -> None:
    config = InferenceConfig(
        preprocess="modules.m.before",
        postprocess="modules.m.after",
        model=ModelSettings(handler="modules.m.Handler"),
    )
    inferrer = BulkInferrer(Channel(Examples), Channel(Model), inference_config=config)
    assert inferrer.exec_properties["functions"] == (
        "modules.m.before",
        "modules.m.after",
        "modules.m.Handler",
    )
    assert BulkInferrer.signature().parameters["functions"].user_code


def test_without_a_model_a_handler_is_needed() -> None:
    with pytest.raises(PipelineError, match="BulkInferrer has no model"):
        BulkInferrer(Channel(Examples))
    handler = InferenceConfig(model=ModelSettings(handler="modules.remote.Endpoint"))
    assert "model" not in BulkInferrer(Channel(Examples), inference_config=handler).inputs


def test_an_unknown_setting_is_refused_with_its_path() -> None:
    with pytest.raises(ParameterError, match=r"inference_config\.model.*batch_row"):
        BulkInferrer(Channel(Examples), Channel(Model), inference_config={"model": {"batch_row": 10}})


def test_declaration_driver_and_publisher_load_no_heavy_library() -> None:
    modules = ", ".join(
        f"penstock.components.bulk_inferrer.{role}" for role in ("component", "driver", "publisher")
    )
    heavy = ("tensorflow", "apache_beam", "pyarrow", "numpy", "ml_metadata", "sklearn")
    code = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
