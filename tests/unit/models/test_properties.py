# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.artifacts.standard import Model
from penstock.models import ModelInfo, Signature, TensorSpec
from penstock.models.properties import model_properties, recorded_info

SIGNATURE = Signature("serving_default", (TensorSpec("b", "float32", (None,)), TensorSpec("a", "string")), ())


@pytest.mark.parametrize(
    "info",
    [
        ModelInfo("sklearn", (SIGNATURE,), "1.9.1", ("no", "yes")),
        ModelInfo("xgboost", (SIGNATURE,), "", (0, 1, 2)),
        ModelInfo("sklearn", classes=(True, False, 2.5)),
        ModelInfo("onnx"),
    ],
)
def test_what_is_recorded_of_a_model_is_read_back(info: ModelInfo) -> None:
    artifact = Model()
    for name, value in model_properties(info, {"loss": 0.5}).items():
        artifact.set_custom_property(name, value)
    assert recorded_info(artifact) == info


def test_nothing_is_recorded_of_an_unknown_model() -> None:
    assert model_properties(None) == {}
    assert recorded_info(Model()) is None
