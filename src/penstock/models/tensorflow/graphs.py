# SPDX-License-Identifier: Apache-2.0
"""What TensorFlow Serving wants to know of a SavedModel beside its signatures: tags, and what each signature does.

Field numbers are those of TensorFlow's ``saved_model.proto`` and ``meta_graph.proto``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from penstock import files
from penstock.models import wire

Method = Literal["predict", "classify", "regress"]
"""How a signature answers."""

CLASSES, SCORES, REGRESSION = "classes", "scores", "outputs"
"""What the outputs of signatures that classify and regress are called."""

_META_GRAPHS, _INFO, _TAGS, _SIGNATURES, _METHOD = 2, 1, 4, 5, 3
_METHODS: Mapping[str, Method] = {
    "tensorflow/serving/predict": "predict",
    "tensorflow/serving/classify": "classify",
    "tensorflow/serving/regress": "regress",
}


@dataclass(frozen=True, slots=True)
class SavedGraph:
    """One graph of a SavedModel.

    Attributes:
        tags: Its tags; ``serve`` for the one that is served.
        methods: What each signature does, by its name; those that do something else are left out.
    """

    tags: frozenset[str]
    methods: Mapping[str, Method] = field(default_factory=dict)


def saved_graphs(uri: str) -> tuple[SavedGraph, ...]:
    """Returns the graphs of a SavedModel, from its files alone; nothing where they are not in the binary form.

    Raises:
        ValueError: The file is damaged; ``penstock.models.describe`` says so more clearly.
    """
    path = files.join(uri, "saved_model.pb")
    if not files.exists(path):
        return ()
    with files.storage_errors("read", path), files.open(path) as file:
        content = memoryview(file.read())
    return tuple(_graph(graph) for graph in wire.submessages(content, _META_GRAPHS))


def _graph(graph: memoryview) -> SavedGraph:
    tags = frozenset(tag for info in wire.submessages(graph, _INFO) for tag in wire.texts(info, _TAGS))
    methods = {}
    for name, signature in wire.entries(graph, _SIGNATURES):
        for text in wire.texts(signature, _METHOD):
            if text in _METHODS:
                methods[name] = _METHODS[text]
    return SavedGraph(tags, methods)
