# SPDX-License-Identifier: Apache-2.0
"""TFX's ``json_utils``, ``proto_utils``, ``import_utils`` and ``path_utils``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.standard import Model
from penstock.errors import ParameterError, PipelineError
from penstock.proto import trainer_pb2
from penstock.utils import import_utils, json_utils, path_utils, proto_utils


class Point(json_utils.Jsonable):
    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and other.x == self.x

    __hash__ = None  # type: ignore[assignment]  # as of every value that can change


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, None, "x"], "b": 1.5},
        Point(3),
        [Model, {"point": Point(1)}],
        trainer_pb2.TrainArgs(num_steps=3),
    ],
)
def test_json_of_objects_comes_back(value: Any) -> None:
    assert json_utils.loads(json_utils.dumps(value)) == value


def test_json_says_what_it_cannot_hold() -> None:
    with pytest.raises(ParameterError, match="cannot be written as JSON.*is of object"):
        json_utils.dumps(object())
    with pytest.raises(ParameterError, match="this is not JSON"):
        json_utils.loads("{")
    with pytest.raises(ParameterError, match=r"there is no class no\.module\.Thing"):
        json_utils.loads('{"__tfx_object_type__": "class", "__module__": "no.module", "__class__": "Thing"}')


def test_messages_as_json() -> None:
    text = proto_utils.proto_to_json(trainer_pb2.TrainArgs(splits=["a"], num_steps=3))
    assert text == '{\n  "num_steps": 3,\n  "splits": [\n    "a"\n  ]\n}'
    filled = trainer_pb2.TrainArgs()
    assert proto_utils.json_to_proto('{"numSteps": 3, "unknown": 1}', filled) is filled
    assert filled.num_steps == 3
    assert proto_utils.proto_to_dict(filled) == {"num_steps": 3}
    with pytest.raises(ParameterError, match="is not JSON"):
        proto_utils.json_to_proto("{", filled)
    with pytest.raises(ParameterError, match="this is no message"):
        proto_utils.proto_to_json({"num_steps": 3})


def test_classes_and_functions_by_name(tmp_path: Path) -> None:
    assert import_utils.import_class_by_path("penstock.artifacts.standard.Model") is Model
    assert import_utils.import_func_from_module("os.path", "join")("a", "b") == "a/b"
    (tmp_path / "own_module.py").write_text("def double(x):\n    return 2 * x\n")
    assert import_utils.import_func_from_source(str(tmp_path / "own_module.py"), "double")(4) == 8
    with pytest.raises(PipelineError, match="is no path of a class"):
        import_utils.import_class_by_path("Model")


def test_where_models_lie(tmp_path: Path) -> None:
    uri = str(tmp_path)
    assert path_utils.serving_model_dir(uri) == path_utils.serving_model_path(uri) == f"{uri}/Format-Serving"
    assert path_utils.eval_model_path(uri) == f"{uri}/Format-Serving"
    (tmp_path / "Format-TFMA").mkdir()
    (tmp_path / "Format-TFMA" / "saved_model.pb").touch()
    assert path_utils.eval_model_path(uri) == path_utils.get_model_dir_by_type(uri, "tfma_eval")
    (tmp_path / "serving_model_dir" / "export" / "exporter" / "123").mkdir(parents=True)
    old = path_utils.serving_model_path(uri, is_old_artifact=True)
    assert old == f"{uri}/serving_model_dir/export/exporter/123"
    assert path_utils.is_old_model_artifact(Model(uri, id=1))
    assert not path_utils.is_old_model_artifact(Model(uri))
    assert path_utils.stamped_model_path("m") == "m/stamped_model"
    assert path_utils.warmup_file_path("m") == "m/assets.extra/tf_serving_warmup_requests"
