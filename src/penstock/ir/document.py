# SPDX-License-Identifier: Apache-2.0
"""Reads and writes the IR as JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from penstock.errors import ParameterError, PipelineError
from penstock.ir.model import SCHEMA_VERSION, PipelineIR
from penstock.messages.codec import from_jsonable, to_jsonable


def to_json(ir: PipelineIR, *, indent: int | None = 2) -> str:
    """Returns the IR as a JSON document with a stable order."""
    return json.dumps(to_jsonable(ir), indent=indent, ensure_ascii=False)


def from_json(text: str) -> PipelineIR:
    """Reads an IR document.

    Raises:
        PipelineError: It is not one, or a newer Penstock wrote it.
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
        ir: PipelineIR = from_jsonable(PipelineIR, data)
    except ParameterError as error:
        raise PipelineError(f"the IR is damaged: {error}") from error
    _check_order(ir)
    _check_scopes(ir)
    return ir


def _check_scopes(ir: PipelineIR) -> None:
    known: set[str] = set()
    for scope in ir.scopes:
        if scope.id in known or (scope.parent is not None and scope.parent not in known):
            raise PipelineError(
                f"the IR is damaged: scope {scope.id!r} is there twice, or not after its parent"
            )
        known.add(scope.id)
    for node in ir.nodes:
        if node.scope is not None and node.scope not in known:
            raise PipelineError(f"the IR is damaged: {node.id} is in scope {node.scope!r}, which is missing")


def _check_order(ir: PipelineIR) -> None:
    seen: set[str] = set()
    for node in ir.nodes:
        if node.id in seen:
            raise PipelineError(f"the IR is damaged: two nodes have the id {node.id!r}")
        producers = {c.producer for port in node.inputs.values() for c in port.channels if c.producer}
        if node.kind == "resolver":  # chooses from the history, also from that of nodes that are gone
            producers = set()
        for name in (*node.upstream, *sorted(producers)):
            if name not in seen:
                raise PipelineError(
                    f"the IR is damaged: {node.id} comes before {name}, or {name} is missing",
                    hint="compile the pipeline again; nodes stand after those that they wait for",
                )
        seen.add(node.id)


def digest(ir: PipelineIR) -> str:
    """Returns the SHA-256 (hex) of the IR's canonical JSON."""
    canonical = json.dumps(to_jsonable(ir), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
