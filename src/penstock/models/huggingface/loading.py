# SPDX-License-Identifier: Apache-2.0
"""Loads Hugging Face models from their folder alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from penstock import files
from penstock.errors import DataError, DependencyError, ParameterError
from penstock.models.descriptor import Descriptor, read_descriptor
from penstock.models.devices import choose_device
from penstock.models.feeding import NAMED
from penstock.models.flavor import LoadOptions, Predictor
from penstock.models.huggingface.description import read_config, signature_of
from penstock.models.huggingface.predictor import INNER_ROWS, PipelinePredictor
from penstock.models.huggingface.tasks import (
    PROCESSOR_FILES,
    TENSORS,
    TOKENIZER_FILES,
    task_named,
    task_of,
)
from penstock.models.location import local_copy
from penstock.models.pytorch.predictor import ModulePredictor
from penstock.models.signature import DEFAULT_SIGNATURE, Signature, TensorSpec, unknown_signature

ARGUMENTS = ("task", "call", "inner_rows")

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def load(uri: str, signature_name: str | None, options: LoadOptions) -> Predictor:
    """Loads a model's folder, as a pipeline where there is a tokenizer or an image processor in it.

    Args:
        uri: The folder.
        signature_name: ``serving_default`` or ``None``.
        options: Its ``arguments`` are ``task`` (a pipeline's, or ``tensors``), ``call`` (arguments of each call of the
            pipeline, such as ``max_new_tokens``) and ``inner_rows`` (rows in one pass through the network).
            ``features`` name the column of text or images, or the tensors.

    Raises:
        DataError: It does not load.
        DependencyError: Transformers is not installed, or too old or new for the model.
        ParameterError: It has no such signature; or its task has to be said; or it has code of its own.
    """
    options.check_arguments("huggingface", *ARGUMENTS)
    descriptor = read_descriptor(uri)
    config = read_config(uri)
    names = files.listdir(uri)
    said = {**(descriptor.facts if descriptor else {}), **options.arguments}
    architectures: Sequence[str] = config.get("architectures") or ()
    task = said.get("task") or task_of(architectures, names)
    if task is None:
        raise ParameterError(
            f"the model at {uri} does not say which task it is for",
            input="task",
            expected="loader_arguments: {task: …}, such as text-classification",
            got=", ".join(architectures) or "no architecture in config.json",
        )
    signature = _signature(str(task), descriptor, options)
    if signature_name not in (None, signature.name):
        raise unknown_signature(str(signature_name), [signature.name])
    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    device = choose_device(options.device, gpus, library="Transformers")
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    with local_copy(uri) as path, _offline(), _loading_errors(uri):
        model = _model(path, uri, architectures, config).eval().to(device)
        if task == TENSORS:
            return _tensor_predictor(model, signature, device)
        pipeline = _pipeline(str(task), path, names, model, device)
    return PipelinePredictor(
        pipeline, signature, said.get("call") or {}, int(said.get("inner_rows") or INNER_ROWS)
    )


def _signature(task: str, descriptor: Descriptor | None, options: LoadOptions) -> Signature:
    if descriptor is not None and descriptor.signatures and not options.features:
        return descriptor.signatures[0]
    if task != TENSORS:
        if len(options.features) > 1:
            raise ParameterError(
                f"a pipeline for {task} takes one column",
                input="features",
                expected=f"the column of {'images' if task_named(task).is_visual else 'text'}",
                got=", ".join(options.features),
            )
        return signature_of(task, *options.features)
    return Signature(DEFAULT_SIGNATURE, tensor_specs(options.features))


def tensor_specs(names: Sequence[str]) -> tuple[TensorSpec, ...]:
    """Returns tensors of these names as Transformers' models take them: ids and masks are integers."""
    whole = ("_ids", "_mask", "_type_ids")
    return tuple(TensorSpec(name, "int64" if name.endswith(whole) else "float32") for name in names)


def _model(path: str, uri: str, architectures: Sequence[str], config: Mapping[str, Any]) -> Any:
    import transformers

    if config.get("auto_map"):
        raise ParameterError(
            f"the model at {uri} has code of its own in its folder, which is not run",
            input="auto_map in config.json",
            hint="use a model that is part of Transformers, or run it with a ModelHandler of your own (handler: …)",
        )
    name = architectures[0] if architectures else "AutoModel"
    cls = getattr(transformers, name, None)
    if cls is None:
        raise DependencyError(
            f"Transformers {transformers.__version__} has no {name}, which the model at {uri} is",
            input=uri,
            got=f"saved by Transformers {config.get('transformers_version', 'of an unknown version')}",
            hint="install the version that saved it",
        )
    return cls.from_pretrained(path, local_files_only=True)


def _pipeline(task: str, path: str, names: Sequence[str], model: Any, device: str) -> Any:
    import transformers

    parts: dict[str, Any] = {}
    if any(name in names for name in TOKENIZER_FILES):
        parts["tokenizer"] = transformers.AutoTokenizer.from_pretrained(path, local_files_only=True)
    if any(name in names for name in PROCESSOR_FILES):
        kind = (
            transformers.AutoImageProcessor
            if task_named(task).is_visual
            else transformers.AutoFeatureExtractor
        )
        part = "image_processor" if task_named(task).is_visual else "feature_extractor"
        parts[part] = kind.from_pretrained(path, local_files_only=True)
    tokenizer = parts.get("tokenizer")
    if tokenizer is not None and tokenizer.pad_token is None:
        tokenizer.pad_token = (
            tokenizer.eos_token
        )  # texts of one pass are of one length, and masked behind their end
    if tokenizer is not None and task == "text-generation":
        tokenizer.padding_side = "left"
    return transformers.pipeline(task, model=model, device=device, **parts)


def _tensor_predictor(model: Any, signature: Signature, device: str) -> ModulePredictor:
    inputs = signature.inputs or tensor_specs([model.main_input_name])
    size = sum(part.numel() * part.element_size() for part in (*model.parameters(), *model.buffers()))
    return ModulePredictor(model, Signature(signature.name, inputs, signature.outputs), NAMED, device, size)


@contextmanager
def _offline() -> Iterator[None]:
    """Keeps libraries that are imported meanwhile from asking a hub; those imported before are told in each call."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _loading_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise DataError(
            f"the model at {uri} does not load with Transformers",
            input=uri,
            expected="a folder as save_pretrained writes it, with all that its task needs",
            got=f"{type(error).__name__}: {lines[0][:300] if lines else ''}",
            hint="it is damaged or was only copied in part; nothing is fetched from a hub",
        ) from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":
            raise
        raise DataError(
            f"the weights of the model at {uri} are damaged",
            input=uri,
            got=str(error),
            hint="copy the model again",
        ) from error
