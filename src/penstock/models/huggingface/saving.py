# SPDX-License-Identifier: Apache-2.0
"""Saves Transformers' pipelines and models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers

from penstock.errors import ParameterError
from penstock.models.descriptor import Descriptor
from penstock.models.huggingface.description import signature_of
from penstock.models.huggingface.loading import ARGUMENTS, tensor_specs
from penstock.models.huggingface.tasks import TENSORS, task_of
from penstock.models.request import SaveRequest
from penstock.models.signature import DEFAULT_SIGNATURE, Signature


def save(model: Any, folder: Path, request: SaveRequest) -> Descriptor:
    """Writes what ``save_pretrained`` writes; see ``penstock.models.save``.

    Options: ``tokenizer`` (or image processor) beside a model that is no pipeline; ``task``, where the model's class
    does not tell; ``call`` and ``inner_rows`` as of the loader. ``inputs`` name the column of text or images, or the
    tensors.

    Raises:
        ParameterError: The task is not known, or takes another number of columns.
    """
    request.check_options("huggingface", "tokenizer", *ARGUMENTS)
    if request.example is not None or request.outputs:
        raise ParameterError(
            "what a Hugging Face model gives follows from its task",
            input="example, outputs",
            expected="inputs=['review'], where the column is not called 'text' (or 'image')",
        )
    is_pipeline = isinstance(model, transformers.Pipeline)
    model.save_pretrained(str(folder))
    tokenizer = request.options.get("tokenizer")
    if tokenizer is not None:
        tokenizer.save_pretrained(str(folder))
    names = sorted(path.name for path in folder.iterdir())
    inner = model.model if is_pipeline else model
    told = request.options.get("task") or (model.task if is_pipeline else None)
    task = told or task_of(inner.config.architectures or [type(inner).__name__], names)
    if task is None:
        raise ParameterError(
            f"the class {type(inner).__name__} does not tell the task of the model",
            input="task",
            expected="save(…, task='text-classification')",
        )
    facts = {name: request.options[name] for name in ARGUMENTS if name in request.options}
    signature = _signature(str(task), inner, request)
    return Descriptor(
        "huggingface", (signature,), str(transformers.__version__), facts={**facts, "task": str(task)}
    )


def _signature(task: str, model: Any, request: SaveRequest) -> Signature:
    if request.signature is not None:
        given = () if task == TENSORS else [spec.name for spec in signature_of(task).outputs]
        for spec in request.signature.outputs if given else ():
            if spec.name not in given:
                raise ParameterError(
                    f"a pipeline for {task} has no output {spec.name!r}",
                    input="signature",
                    expected=f"some of {', '.join(given)}",
                )
        return request.signature
    if task == TENSORS:
        return Signature(DEFAULT_SIGNATURE, tensor_specs(request.inputs or [model.main_input_name]))
    if len(request.inputs) > 1:
        raise ParameterError(
            f"a pipeline for {task} takes one column", input="inputs", got=", ".join(request.inputs)
        )
    return signature_of(task, *request.inputs)
