# SPDX-License-Identifier: Apache-2.0
"""Handlers by short name: what is missing is named, and Beam's classes are driven with stand-ins for their services."""

from __future__ import annotations

import importlib.machinery
import sys
import types
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DependencyError
from penstock.inference.handlers import foreign_loader, known
from penstock.inference.job import ModelRef
from penstock.inference.spec import ModelSettings


def loader(handler: str, uri: str = "", **settings: Any) -> Any:
    return foreign_loader(ModelRef(uri), ModelSettings(handler=handler, **settings))


def texts(*values: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values)], ["prompt"])


@pytest.mark.parametrize(
    ("name", "install"),
    [
        ("vertex_ai", "google-cloud-aiplatform"),
        ("gemini", "google-genai"),
        ("vllm", "vllm openai"),
        ("vllm_chat", "vllm openai"),
        ("tensorrt", "tensorrt cuda-python; or leave handler out and give an ONNX model"),
    ],
)
def test_what_is_not_installed_is_named_with_what_to_install(name: str, install: str) -> None:
    for module in known.SHORT_NAMES[name].needs[:1]:
        if known._is_there(module):
            pytest.skip(f"{module} is installed")
    with pytest.raises(DependencyError, match=f"which Beam's .* needs.*pip install {install}"):
        loader(name).load()


@pytest.mark.pytorch
def test_beams_hugging_face_handler_and_newer_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("tensorflow")
    if hasattr(transformers, "TFAutoModel"):
        pytest.skip("this transformers still knows TensorFlow")
    with pytest.raises(DependencyError, match="TFAutoModel.*transformers<5.*flavor huggingface"):
        loader("huggingface_pipeline", handler_arguments={"task": "text-classification"}).load()


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Puts modules under the names of libraries that are not here, and forgets Beam's handlers of them afterwards."""

    def put(name: str, **attributes: Any) -> None:
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        module.__dict__.update(attributes)
        parent, _, own = name.rpartition(".")
        if parent in sys.modules:
            monkeypatch.setattr(sys.modules[parent], own, module, raising=False)
        monkeypatch.setitem(sys.modules, name, module)

    for name in ("vertex_ai_inference", "gemini_inference", "vllm_inference", "tensorrt_inference"):
        monkeypatch.delitem(sys.modules, f"apache_beam.ml.inference.{name}", raising=False)
    yield put
    for name in ("vertex_ai_inference", "gemini_inference", "vllm_inference", "tensorrt_inference"):
        sys.modules.pop(f"apache_beam.ml.inference.{name}", None)


def test_vertex_ai(stand_ins: Any) -> None:
    exceptions = pytest.importorskip("google.api_core.exceptions")
    asked: list[Any] = []

    class Endpoint:
        def __init__(self, endpoint_name: str, location: str) -> None:
            asked.append((endpoint_name, location))

        def list_models(self) -> list[str]:
            return ["one"]

        def predict(self, instances: list[Any], parameters: Any) -> Any:
            asked.append(instances)
            if any(row["x"] is None for row in instances):
                raise exceptions.BadRequest("no x")
            return SimpleNamespace(
                predictions=[{"y": row["x"] * 2} for row in instances], deployed_model_id="7"
            )

    stand_ins("google.cloud.aiplatform", init=lambda **_: None, Endpoint=Endpoint, PrivateEndpoint=Endpoint)
    arguments = {"endpoint_id": "5", "project": "p", "location": "eu", "max_batch_size": 2}
    predictor = loader("vertex_ai", handler_arguments=arguments).predictor()

    found = predictor.predict(pa.RecordBatch.from_arrays([pa.array([1.0, 2.0, 3.0])], ["x"]))

    assert found["y"].to_pylist() == [2.0, 4.0, 6.0]
    assert asked[-2:] == [[{"x": 1.0}, {"x": 2.0}], [{"x": 3.0}]]
    assert ("5", "eu") in asked


def test_gemini_is_asked_once_a_prompt(stand_ins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL")
    asked: list[Any] = []

    class Client:
        def __init__(self, api_key: str) -> None:
            asked.append(api_key)
            self.models = self

        def generate_content(self, model: str, contents: list[str], **named: Any) -> Any:
            asked.append((model, contents, named))
            return SimpleNamespace(text=contents[0].upper())

    stand_ins("google.genai", Client=Client)
    stand_ins("google.genai.errors", APIError=RuntimeError)
    stand_ins("google.genai.types", HttpOptions=dict, Part=dict)
    monkeypatch.setenv("PENSTOCK_TEST_KEY", "secret")
    predictor = loader(
        "gemini",
        handler_arguments={"model_name": "gemini-x", "api_key": "${PENSTOCK_TEST_KEY}"},
        inference_arguments={"config": {"temperature": 0}},
    ).predictor()

    assert predictor.predict(texts("a", "b"))["text"].to_pylist() == ["A", "B"]
    config = {"config": {"temperature": 0}}
    assert asked == ["secret", ("gemini-x", ["a"], config), ("gemini-x", ["b"], config)]
    assert predictor.most_rows == 1


@pytest.mark.parametrize("name", ["vllm", "vllm_chat"])
def test_vllm(stand_ins: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    class Client:
        def __init__(self, **_: Any) -> None:
            self.completions = SimpleNamespace(create=self.complete)
            self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.talk))

        async def __aenter__(self) -> Client:
            return self

        async def __aexit__(self, *_: Any) -> None:
            pass

        async def complete(self, model: str, prompt: str, **named: Any) -> Any:
            return SimpleNamespace(
                choices=[SimpleNamespace(text=f"{prompt} {named['n']}", finish_reason="stop")]
            )

        async def talk(self, model: str, messages: list[dict[str, str]], **named: Any) -> Any:
            said = SimpleNamespace(content=f"{messages[0]['role']}: {messages[0]['content']} {named['n']}")
            return SimpleNamespace(choices=[SimpleNamespace(message=said, finish_reason="length")])

    stand_ins("openai", AsyncOpenAI=Client, OpenAI=Client)
    stand_ins("vllm")
    import apache_beam.ml.inference.vllm_inference as beams

    server = SimpleNamespace(get_server_port=lambda: 1, check_connectivity=lambda: None)
    monkeypatch.setattr(beams, "_VLLMModelServer", lambda *_: server)
    predictor = loader(
        name, "/models/opt", handler_arguments={"model_name": "{model}"}, inference_arguments={"n": 1}
    ).predictor()

    found = predictor.predict(texts("hello", "you"))

    expected = ["hello 1", "you 1"] if name == "vllm" else ["user: hello 1", "user: you 1"]
    assert found["text"].to_pylist() == expected
    assert set(found["finish_reason"].to_pylist()) == {"stop" if name == "vllm" else "length"}
    assert predictor._handler._model_name == "/models/opt"


def test_tensorrt(stand_ins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins("tensorrt", Logger=SimpleNamespace(INFO=0), init_libnvinfer_plugins=lambda *_, **__: None)
    sys.modules["tensorrt"].Logger = type("Logger", (), {"INFO": 0, "__init__": lambda self, level: None})  # type: ignore[attr-defined]  # a stand-in
    stand_ins("cuda")
    import apache_beam.ml.inference.tensorrt_inference as beams

    monkeypatch.setattr(beams, "_load_engine", lambda path: path)
    monkeypatch.setattr(beams, "TensorRTEngine", lambda engine: SimpleNamespace(engine=engine))

    def infer(batch: Any, engine: Any, inference_args: Any) -> Any:
        assert engine.engine == "/models/trt/model.engine"
        return [[row.sum(), row] for row in batch]

    settings = {
        "min_batch_size": 1,
        "max_batch_size": 2,
        "engine_path": "{model}/model.engine",
        "inference_fn": infer,
    }
    predictor = loader("tensorrt", "/models/trt", handler_arguments=settings).predictor()
    rows = pa.RecordBatch.from_arrays([pa.array([1.0, 2.0, 3.0]), pa.array([4.0, 5.0, 6.0])], ["a", "b"])

    found = predictor.predict(rows)

    assert found["output_0"].tolist() == [5.0, 7.0, 9.0]
    assert np.array_equal(found["output_1"], [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    assert predictor.most_rows == 2
