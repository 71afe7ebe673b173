# SPDX-License-Identifier: Apache-2.0
"""What is known of handlers that come with Beam: short names, what they need, and what they take. Imports no Beam."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from penstock.errors import DependencyError
from penstock.inference.spec import ElementKind

_BEAM = "apache_beam.ml.inference"

Answer = Literal["as_it_is", "gemini", "completion", "chat"]
"""How a handler's answers become values: as they are, or the text in what a service's client returns."""


@dataclass(frozen=True, slots=True)
class KnownHandler:
    """A handler class that comes with Beam.

    Attributes:
        path: Its dotted path.
        elements: What it takes.
        needs: Modules that it does not work without.
        install: What to give pip for these.
        most_elements: Most elements in a call, where it cannot take more; ``None`` leaves it to its own settings.
        answer: How its answers become values.
        defaults: Arguments that it is given where the user names no others.
        is_shared: Whether it has one model on a machine, whatever its arguments.
        instead: What to do where it cannot be had.
    """

    path: str
    elements: ElementKind
    needs: tuple[str, ...] = ()
    install: str = ""
    most_elements: int | None = None
    answer: Answer = "as_it_is"
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_shared: bool = False
    instead: str = ""

    def check_installed(self) -> None:
        """Makes sure that what the handler needs is there.

        Raises:
            DependencyError: A module is missing.
        """
        for module in self.needs:
            if not _is_there(module):
                raise self.missing(module)

    def missing(self, module: str) -> DependencyError:
        """Returns the error for a module that the handler needs and that is not there."""
        name = self.path.rpartition(".")[2]
        install = f"pip install {self.install}"
        return DependencyError(
            f"{module} is not installed, which Beam's {name} needs",
            input="handler",
            expected=", ".join(self.needs),
            hint=f"{install}; or {self.instead}" if self.instead else install,
        )


SHORT_NAMES = {
    "vertex_ai": KnownHandler(
        f"{_BEAM}.vertex_ai_inference.VertexAIModelHandlerJSON",
        elements="dict",
        needs=("google.cloud.aiplatform",),
        install="google-cloud-aiplatform 'apache-beam[gcp]'",
    ),
    "gemini": KnownHandler(
        f"{_BEAM}.gemini_inference.GeminiModelHandler",
        elements="text",
        needs=("google.genai", "PIL"),
        install="google-genai pillow",
        most_elements=1,  # it answers a call with one text, however many prompts the call has
        answer="gemini",
        defaults={"request_fn": f"python:{_BEAM}.gemini_inference.generate_from_string"},
    ),
    "vllm": KnownHandler(
        f"{_BEAM}.vllm_inference.VLLMCompletionsModelHandler",
        elements="text",
        needs=("vllm", "openai"),
        install="vllm openai",
        is_shared=True,
        answer="completion",
    ),
    "vllm_chat": KnownHandler(
        f"{_BEAM}.vllm_inference.VLLMChatModelHandler",
        elements="text",
        needs=("vllm", "openai"),
        install="vllm openai",
        is_shared=True,
        answer="chat",
    ),
    "tensorrt": KnownHandler(
        f"{_BEAM}.tensorrt_inference.TensorRTEngineHandlerNumPy",
        elements="numpy",
        needs=("tensorrt", "cuda"),
        install="tensorrt cuda-python",
        instead="leave handler out and give an ONNX model, which ONNX Runtime runs",
    ),
    "huggingface_pipeline": KnownHandler(
        f"{_BEAM}.huggingface_inference.HuggingFacePipelineModelHandler",
        elements="text",
        needs=("torch", "tensorflow", "transformers"),
        install="torch tensorflow 'transformers<5'",
        instead="leave handler out: Penstock's own flavor huggingface loads a local folder",
    ),
}
"""The handlers that have a short name of their own."""

_OTHERS: dict[str, ElementKind] = {
    f"{_BEAM}.sklearn_inference.SklearnModelHandlerNumpy": "numpy",
    f"{_BEAM}.sklearn_inference.SklearnModelHandlerPandas": "pandas",
    f"{_BEAM}.xgboost_inference.XGBoostModelHandlerNumpy": "numpy",
    f"{_BEAM}.xgboost_inference.XGBoostModelHandlerPandas": "pandas",
    f"{_BEAM}.onnx_inference.OnnxModelHandlerNumpy": "numpy",
    f"{_BEAM}.tensorflow_inference.TFModelHandlerNumpy": "numpy",
    f"{_BEAM}.tensorflow_inference.TFModelHandlerTensor": "numpy",
    f"{_BEAM}.pytorch_inference.PytorchModelHandlerTensor": "tensor",
    f"{_BEAM}.pytorch_inference.PytorchModelHandlerKeyedTensor": "tensors",
    f"{_BEAM}.huggingface_inference.HuggingFaceModelHandlerTensor": "tensor",
    f"{_BEAM}.huggingface_inference.HuggingFaceModelHandlerKeyedTensor": "tensors",
}

KNOWN: dict[str, KnownHandler] = {
    **{known.path: known for known in SHORT_NAMES.values()},
    **{path: KnownHandler(path, elements) for path, elements in _OTHERS.items()},
}
"""All handlers that something is known of, by dotted path."""


def known_class(cls: type) -> KnownHandler | None:
    """Returns what is known of a class, or of the nearest of its bases."""
    for base in cls.__mro__:
        known = KNOWN.get(f"{base.__module__}.{base.__qualname__}")
        if known is not None:
            return known
    return None


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (
        ModuleNotFoundError,
        ValueError,
    ):  # a parent is missing; a module without a spec has been put there
        return module in sys.modules
