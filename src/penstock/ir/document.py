# SPDX-License-Identifier: Apache-2.0
"""Reads and writes the IR as JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from penstock.errors import ParameterError, PipelineError
from penstock.ir.checks import check
from penstock.ir.model import SCHEMA_VERSION, PipelineIR
from penstock.messages.codec import from_jsonable, to_jsonable


def to_json(ir: PipelineIR, *, indent: int | None = 2) -> str:
    """Returns the IR as a JSON document with a stable order."""
    return json.dumps(to_jsonable(ir), indent=indent, ensure_ascii=False)


def from_json(text: str) -> PipelineIR:
    """Reads an IR document.

    Raises:
        PipelineError: It is not one, it is damaged, or a newer Penstock wrote it.
    """
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise PipelineError("the IR is not JSON", got=str(error)) from None
    version = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(version, int):
        raise PipelineError("this is not a pipeline's IR", expected="a JSON object with schema_version")
    if version > SCHEMA_VERSION:
        raise PipelineError(
            "the IR was written by a newer Penstock",
            expected=f"schema_version at most {SCHEMA_VERSION}",
            got=str(version),
            hint="install that version, or compile the pipeline again with this one",
        )
    try:
        ir: PipelineIR = from_jsonable(PipelineIR, _of_this_version(data))
    except ParameterError as error:
        raise PipelineError(f"the IR is damaged: {error}") from error
    check(ir)
    return ir


def _of_this_version(data: dict[str, Any]) -> dict[str, Any]:
    """Returns a document of an earlier version as one of this: Beam arguments were plain texts once."""
    nodes = data.get("nodes")
    if data["schema_version"] > 1 or not isinstance(nodes, list):
        return data
    return {
        **data,
        "schema_version": SCHEMA_VERSION,
        "nodes": [_node_of_this_version(node) for node in nodes],
    }


def _node_of_this_version(node: Any) -> Any:
    args = node.get("beam_pipeline_args") if isinstance(node, dict) else None
    if not isinstance(args, list):
        return node
    return {**node, "beam_pipeline_args": [{"constant": arg} for arg in args]}


def digest(ir: PipelineIR) -> str:
    """Returns the SHA-256 (hex) of the IR's canonical JSON."""
    canonical = json.dumps(to_jsonable(ir), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
