# SPDX-License-Identifier: Apache-2.0
"""Beam's handlers and the user's own, as models of a graph."""

from __future__ import annotations

import json
import pickle
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, ParameterError, PenstockError, UserCodeError
from penstock.inference.arrays import to_column
from penstock.inference.failures import BrokenContractError, UnfitInputError, salvage
from penstock.inference.handlers import foreign_loader
from penstock.inference.handlers.foreign import ForeignPredictor
from penstock.inference.job import ModelRef
from penstock.inference.spec import ModelSettings

OWN_HANDLERS = '''
import json
import os
import urllib.request

import pyarrow as pa
from apache_beam.ml.inference.base import (
    KeyedModelHandler, KeyModelMapping, ModelHandler, PredictionResult, RemoteModelHandler,
)

class Multiplier:
    """Has methods only: Beam gives handlers by key their models from another process."""

    def __init__(self, factor):
        self.factor = factor

    def times(self, number):
        return number * self.factor

    def said(self):
        return os.environ.get("PENSTOCK_TEST_TIMES")

class Times(ModelHandler):
    """Takes dictionaries, answers dictionaries; notes the size of each call."""

    def __init__(self, factor=5, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.calls = []

    def load_model(self):
        return Multiplier(self.factor)

    def run_inference(self, batch, model, inference_args=None):
        self.calls.append(len(batch))
        plus = (inference_args or {}).get("plus", 0)
        return [
            PredictionResult(row, {"x5": model.times(row["x"]) + plus, "said": model.said()})
            for row in batch
        ]

    def validate_inference_args(self, inference_args):
        if set(inference_args or {}) - {"plus"}:
            raise ValueError("only plus")

class Forgetful(Times):
    def run_inference(self, batch, model, inference_args=None):
        return list(super().run_inference(batch, model, inference_args))[:1]

class WholeBatches(ModelHandler):
    def load_model(self):
        return object()

    def run_inference(self, batch, model, inference_args=None):
        (rows,) = batch
        return [pa.RecordBatch.from_arrays([pa.array([v * 2 for v in rows.column(0).to_pylist()])], ["twice"])]

class Mixed(ModelHandler):
    def load_model(self):
        return object()

    def run_inference(self, batch, model, inference_args=None):
        kinds = {
            "text": lambda x: f"row {x}", "list": lambda x: list(range(x)), "none": lambda x: None,
            "nested": lambda x: {"boxes": [{"label": "cat", "score": 0.5}] * x},
        }
        return [kinds[row["kind"]](row["x"]) for row in batch]

class Endpoint(RemoteModelHandler):
    def __init__(self, url, max_batch_size=None):
        super().__init__(namespace="endpoint", num_retries=0)
        self.url = url
        self._batching_kwargs = {} if max_batch_size is None else {"max_batch_size": max_batch_size}

    def create_client(self):
        return urllib.request.build_opener()

    def request(self, batch, model, inference_args=None):
        body = json.dumps({"instances": list(batch)}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with model.open(request, timeout=5) as response:
            predictions = json.load(response)["predictions"]
        return [PredictionResult(row, answer) for row, answer in zip(batch, predictions)]

def keyed():
    return KeyedModelHandler(Times(5))

def by_key():
    return KeyedModelHandler([KeyModelMapping(["a"], Times(5)), KeyModelMapping(["b", "c"], Times(10))])

def with_functions():
    handler = Times(5).with_preprocess_fn(lambda row: {"x": row["x"] + 1}).with_preprocess_fn(
        lambda row: {"x": row["x"] * 100})
    return handler.with_postprocess_fn(lambda result: result.inference["x5"]).with_postprocess_fn(lambda v: {"y": v})

def nothing():
    return "no handler"
'''


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    path = list(sys.path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "penstock_own_handlers.py").write_text(OWN_HANDLERS)
    yield tmp_path
    sys.path[:] = path
    for name in [name for name in sys.modules if name == "modules" or name.startswith("modules.")]:
        del sys.modules[name]


def loaded(project: Path, handler: str, uri: str = "", **settings: Any) -> ForeignPredictor:
    path = handler if handler.startswith("apache_beam.") else f"modules.penstock_own_handlers.{handler}"
    return foreign_loader(
        ModelRef(uri), ModelSettings(handler=path, **settings), project_root=str(project)
    ).predictor()


def numbers(*values: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values)], ["x"])


def as_lists(columns: Any) -> dict[str, Any]:
    return {name: to_column(name, values).to_pylist() for name, values in columns.items()}


def test_a_users_own_handler(project: Path) -> None:
    found = loaded(project, "Times", handler_arguments={"factor": 3}).predict(numbers(1, 2))
    assert as_lists(found) == {"x5": [3, 6], "said": [None, None]}


def test_its_limits_environment_and_arguments_of_a_call_are_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_TEST_TIMES", "before")
    arguments = {"max_batch_size": 2, "env_vars": {"PENSTOCK_TEST_TIMES": "set"}}
    predictor = loaded(project, "Times", handler_arguments=arguments, inference_arguments={"plus": 1})

    assert as_lists(predictor.predict(numbers(1, 2, 3, 4, 5))) == {
        "x5": [6, 11, 16, 21, 26],
        "said": ["set"] * 5,
    }
    assert predictor._handler.calls == [2, 2, 1]
    assert predictor.most_rows == 2


def test_a_limit_of_weight(project: Path) -> None:
    weigh = "python:builtins.len"
    predictor = loaded(project, "Times", handler_arguments={"max_batch_weight": 2, "element_size_fn": weigh})
    predictor.predict(numbers(1, 2, 3, 4, 5))  # each element is a dictionary of length 1
    assert predictor._handler.calls == [2, 2, 1]


def test_arguments_of_a_call_that_it_does_not_take(project: Path) -> None:
    with pytest.raises(ParameterError, match="Times does not take these arguments of a call.*only plus"):
        loaded(project, "Times", inference_arguments={"minus": 1})


def test_keys(project: Path) -> None:
    rows = pa.RecordBatch.from_arrays([pa.array([1, 2, 3, 4]), pa.array(list("bacb"))], ["x", "key"])
    one = loaded(project, "keyed", features=("x",), element_key="key")
    assert as_lists(one.predict(rows))["x5"] == [5, 10, 15, 20]
    numbered = loaded(project, "keyed")
    assert as_lists(numbered.predict(numbers(1, 2)))["x5"] == [5, 10]
    several = loaded(project, "by_key", features=("x",), element_key="key")
    assert as_lists(several.predict(rows))["x5"] == [
        10,
        10,
        30,
        40,
    ]  # answered by key, given in the rows' order
    assert [spec.name for spec in several.signature.inputs] == ["x", "key"]


def test_functions_around_it_run_in_beams_order(project: Path) -> None:
    assert as_lists(loaded(project, "with_functions").predict(numbers(1, 2))) == {"y": [505, 1005]}


def test_whole_batches(project: Path) -> None:
    predictor = loaded(project, "WholeBatches", elements="batch")
    assert as_lists(predictor.predict(numbers(1, 2))) == {"twice": [2, 4]}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text", {"output": ["row 1", "row 2"]}),
        ("list", {"output": [[0], [0, 1]]}),
        ("none", {"output": [None, None]}),
        ("nested", {"boxes": [[{"label": "cat", "score": 0.5}], [{"label": "cat", "score": 0.5}] * 2]}),
    ],
)
def test_answers_of_any_kind(project: Path, kind: str, expected: dict[str, Any]) -> None:
    rows = pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.array([kind, kind])], ["x", "kind"])
    assert as_lists(loaded(project, "Mixed").predict(rows)) == expected


def test_too_few_answers_are_no_rows_fault(project: Path) -> None:
    with pytest.raises(BrokenContractError, match="expected: 3 results; got: 1.*max_batch_size: 1"):
        salvage(numbers(1, 2, 3), loaded(project, "Forgetful").predict)


def test_what_is_no_handler(project: Path) -> None:
    with pytest.raises(UserCodeError, match="makes no ModelHandler.*got: str"):
        loaded(project, "nothing")
    with pytest.raises(UserCodeError, match=r"defines no function Tims\(\).*did you mean 'Times'"):
        loaded(project, "Tims")
    with pytest.raises(UserCodeError, match="making .*Endpoint raised TypeError.*'url'"):
        loaded(project, "Endpoint")
    with pytest.raises(ParameterError, match="there is no handler 'vertex'.*vertex_ai"):
        foreign_loader(ModelRef(""), ModelSettings(handler="vertex"), project_root=str(project)).load()


def test_a_model_that_is_not_there(project: Path) -> None:
    with pytest.raises(ParameterError, match="the handler has no model of its own"):
        loaded(project, "Times", handler_arguments={"factor": "{model}/factor"})
    with pytest.raises(
        ParameterError, match="'modules.penstock_own_handlers.Gone', and nothing is found there"
    ):
        loaded(project, "Times", handler_arguments={"factor": "python:modules.penstock_own_handlers.Gone"})
    with pytest.raises(ParameterError, match="'PENSTOCK_NOT_SET' is not set"):
        loaded(project, "Times", handler_arguments={"factor": "${PENSTOCK_NOT_SET}"})


class Service(BaseHTTPRequestHandler):
    """Answers ``{"instances": [{"x": …}]}``; refuses a request with a negative number in it."""

    requests: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["instances"]
        self.requests.append(len(rows))
        refused = any(row["x"] < 0 for row in rows)
        content = json.dumps({"predictions": [{"score": row["x"] / 2} for row in rows]}).encode()
        self.send_response(400 if refused else 200)
        self.end_headers()
        self.wfile.write(b"negative" if refused else content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Service, "requests", [])
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_remote_endpoint_needs_no_files_and_takes_its_own_batches(project: Path, service: str) -> None:
    predictor = loaded(project, "Endpoint", handler_arguments={"url": service, "max_batch_size": 2})
    assert as_lists(predictor.predict(numbers(2, 4, 6))) == {"score": [1.0, 2.0, 3.0]}
    assert Service.requests == [2, 1]


def test_a_row_that_an_endpoint_refuses_is_found(project: Path, service: str) -> None:
    predictor = loaded(project, "Endpoint", handler_arguments={"url": service, "max_batch_size": 4})
    made = salvage(numbers(2, 4, -1, 6, 8, 10), predictor.predict, predictor.most_rows)
    assert list(made.failed) == [2]
    assert "HTTP Error 400" in str(made.failed[2])
    assert sum(len(indices) for indices, _ in made.parts) == 5


# ------------------------------------------------------------------------------------------------------ Beam's own


def table(rows: int = 4) -> pa.RecordBatch:
    values = np.arange(rows * 2, dtype=np.float64).reshape(rows, 2)
    return pa.RecordBatch.from_arrays(
        [pa.array(values[:, 0]), pa.array([f"id{i}" for i in range(rows)]), pa.array(values[:, 1])],
        ["a", "id", "b"],
    )


def sum_model(folder: Path) -> Any:
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.LinearRegression().fit(np.eye(2), [1.0, 2.0])
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    return model


@pytest.mark.parametrize("kind", ["Numpy", "Pandas"])
def test_beams_sklearn_handlers(project: Path, tmp_path: Path, kind: str) -> None:
    model = sum_model(tmp_path / "model")
    if kind == "Pandas":
        pd = pytest.importorskip("pandas")
        model.fit(pd.DataFrame(np.eye(2), columns=["a", "b"]), [1.0, 2.0])
        (tmp_path / "model" / "model.pkl").write_bytes(pickle.dumps(model))
    predictor = loaded(
        project,
        f"apache_beam.ml.inference.sklearn_inference.SklearnModelHandler{kind}",
        str(tmp_path / "model"),
        handler_arguments={
            "model_uri": "{model}/model.pkl",
            "model_file_type": "python:apache_beam.ml.inference.sklearn_inference.ModelFileType.PICKLE",
        },
        features=("a", "b"),
    )
    expected = model.coef_ @ [[0, 2, 4, 6], [1, 3, 5, 7]] + model.intercept_
    assert np.allclose(predictor.predict(table())["output"], expected)


def test_text_among_the_features_of_an_array(project: Path, tmp_path: Path) -> None:
    sum_model(tmp_path / "model")
    predictor = loaded(
        project,
        "apache_beam.ml.inference.sklearn_inference.SklearnModelHandlerNumpy",
        str(tmp_path / "model"),
        handler_arguments={"model_uri": "{model}/model.pkl"},
    )
    with pytest.raises(UnfitInputError, match="column 'id' is no number.*the model's features"):
        predictor.predict(table())


def test_a_model_file_that_is_missing_fails_the_loading(project: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(PenstockError, match="loading the model of SklearnModelHandlerNumpy raised"):
        loaded(
            project,
            "apache_beam.ml.inference.sklearn_inference.SklearnModelHandlerNumpy",
            str(tmp_path),
            handler_arguments={"model_uri": "{model}/gone.pkl"},
        )


def test_rows_without_a_value(project: Path, tmp_path: Path) -> None:
    sum_model(tmp_path / "model")
    predictor = loaded(
        project,
        "apache_beam.ml.inference.sklearn_inference.SklearnModelHandlerNumpy",
        str(tmp_path / "model"),
        handler_arguments={"model_uri": "{model}/model.pkl"},
    )
    rows = pa.RecordBatch.from_arrays([pa.array([1.0, None]), pa.array([1.0, 2.0])], ["a", "b"])
    with pytest.raises(DataError, match="got: 0 in row 1"):
        predictor.predict(rows)


@pytest.mark.pytorch
@pytest.mark.parametrize("kind", ["Tensor", "KeyedTensor"])
def test_beams_pytorch_handlers(project: Path, tmp_path: Path, kind: str) -> None:
    torch = pytest.importorskip("torch")
    (project / "modules" / "penstock_net.py").write_text(
        "import torch\n\n\nclass Net(torch.nn.Linear):\n    def __init__(self): super().__init__(2, 1)\n\n\n"
        "class Sum(torch.nn.Module):\n    def forward(self, a, b): return {'sum': a + b}\n"
    )
    torch.save(torch.nn.Linear(2, 1).state_dict() if kind == "Tensor" else {}, tmp_path / "state.pt")
    predictor = loaded(
        project,
        f"apache_beam.ml.inference.pytorch_inference.PytorchModelHandler{kind}",
        str(tmp_path),
        handler_arguments={
            "state_dict_path": "{model}/state.pt",
            "model_class": f"python:modules.penstock_net.{'Net' if kind == 'Tensor' else 'Sum'}",
            "model_params": {},
        },
        features=("a", "b"),
    )
    found = predictor.predict(table())
    assert predictor.device == "cpu"
    if kind == "KeyedTensor":
        assert found["sum"].tolist() == [1.0, 5.0, 9.0, 13.0]
    else:
        state = torch.load(tmp_path / "state.pt")
        rows = torch.tensor([[0, 1], [2, 3], [4, 5], [6, 7]], dtype=torch.float32)
        assert np.allclose(found["output"], (rows @ state["weight"].T + state["bias"]).numpy())
