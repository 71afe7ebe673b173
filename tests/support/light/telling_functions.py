# SPDX-License-Identifier: Apache-2.0
"""Component functions that make values of all kinds, and tell what they are given."""

from __future__ import annotations

import json
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.components.function_component.annotations import (
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
)
from penstock.components.function_component.component import component
from penstock.messages.trainer import TrainArgs


@component
def values(thing: OutputArtifact[Artifact], folder: Parameter[str]) -> OutputDict(
    n=int, folder=str, config=dict[str, list[int]]
):
    thing.set_int_custom_property("rows", 12)
    return {"n": 3, "folder": folder, "config": {"layers": [8, 4]}}


@component
def tell(
    text: Parameter[str],
    args: Parameter[TrainArgs],
    items: Parameter[list[int]],
    thing: InputArtifact[Artifact],
) -> OutputDict(told=dict[str, Any]):
    told = {"text": text, "splits": list(args.splits), "num_steps": args.num_steps, "items": items}
    return {"told": json.loads(json.dumps(told))}
