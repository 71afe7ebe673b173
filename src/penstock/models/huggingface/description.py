# SPDX-License-Identifier: Apache-2.0
"""Describes a folder as ``save_pretrained`` writes it, without the library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock import files
from penstock.errors import DataError
from penstock.models.huggingface.tasks import TENSORS, task_named, task_of
from penstock.models.signature import DEFAULT_SIGNATURE, ModelInfo, Signature, TensorSpec

CONFIG = "config.json"


def describe(uri: str) -> ModelInfo:
    """Returns what a folder's model takes and gives as a pipeline, and the version of Transformers that saved it.

    Raises:
        DataError: The folder has no configuration, or a damaged one.
    """
    config = read_config(uri)
    task = task_of(config.get("architectures") or (), files.listdir(uri))
    signatures = () if task in (None, TENSORS) else (signature_of(str(task)),)
    return ModelInfo("huggingface", signatures, str(config.get("transformers_version") or ""))


def read_config(uri: str) -> Mapping[str, Any]:
    """Returns the ``config.json`` of a folder.

    Raises:
        DataError: There is none, or it is damaged.
    """
    path = files.join(uri, CONFIG)
    if not files.is_dir(uri) or not files.exists(path):
        raise DataError(
            f"{uri} is no folder of a Hugging Face model",
            input=uri,
            expected=f"a folder with {CONFIG}, as save_pretrained writes it",
            got=", ".join(files.listdir(uri)[:10]) if files.is_dir(uri) else "no folder",
        )
    with files.storage_errors("read", path), files.open(path) as file:
        content = file.read()
    try:
        config = json.loads(content)
        if not isinstance(config, dict):
            raise ValueError(f"a {type(config).__name__}")
    except ValueError as error:
        raise DataError(
            f"{path} cannot be understood", input=path, expected="a JSON object", got=str(error)
        ) from error
    return config


def signature_of(task: str, column: str | None = None) -> Signature:
    """Returns what a pipeline of a task takes and gives.

    Args:
        task: The task.
        column: Name of the column that it takes, where it is not the usual one.
    """
    known = task_named(task)
    return Signature(
        DEFAULT_SIGNATURE, (TensorSpec(column or known.input_name, "string", (None,)),), known.outputs
    )
