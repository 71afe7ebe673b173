# SPDX-License-Identifier: Apache-2.0
"""The transformation on disk: TFX's layout, the same bytes for the same transformation, and what can be read off it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import tensorflow_transform as tft
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock import files
from penstock.statistics.files import write_schema

ASSETS_FOLDER = "transform_fn/assets"
_SAVED_MODEL = "transform_fn/saved_model.pb"
_FINGERPRINT = "transform_fn/fingerprint.pb"
_ASSET_MAP = "transformed_metadata/asset_map"
_RAW_METADATA_FOLDER = "metadata"


def complete_graph(graph_dir: str, schema: schema_pb2.Schema, temp_dir: str) -> str:
    """Finishes a folder that TFT wrote: adds the raw schema and makes the bytes depend on nothing but the content.

    TFT names lookup tables by the temporary path of their vocabulary. Two executions would so give two graphs of one
    transformation, and a name that is not unique would make TensorFlow take one graph's table for another's. Here the
    digest of all vocabularies takes the place of the path, which is neither.

    Args:
        graph_dir: Folder with ``transform_fn`` and ``transformed_metadata``.
        schema: Schema of the examples.
        temp_dir: The folder that TFT used for intermediate files.

    Returns:
        SHA-256 (hex) of the folder's content.
    """
    write_schema(files.join(graph_dir, _RAW_METADATA_FOLDER), schema)
    _rename_tables(graph_dir, temp_dir)
    return files.digest(graph_dir)


def read_asset_map(graph_dir: str) -> dict[str, str]:
    """Returns the file name of each vocabulary and other asset."""
    path = files.join(graph_dir, _ASSET_MAP)
    if not files.exists(path):
        return {}
    with files.open(path) as file:
        return dict(json.load(file))


def vocabulary_sizes(graph_dir: str, names: Iterable[str]) -> dict[str, int]:
    """Returns the number of entries of each of the named vocabularies."""
    output = tft.TFTransformOutput(graph_dir)
    return {name: int(output.vocabulary_size_by_name(name)) for name in sorted(names)}


def _rename_tables(graph_dir: str, temp_dir: str) -> None:
    path = files.join(graph_dir, _SAVED_MODEL)
    with files.open(path) as file:
        model = saved_model_pb2.SavedModel.FromString(file.read())
    old = temp_dir.encode("utf-8")
    new = b"penstock-" + _assets_digest(graph_dir).encode("ascii")
    for node in _nodes(model):
        for attribute in node.attr.values():
            if attribute.s and old in attribute.s:
                attribute.s = attribute.s.replace(old, new)
    files.write_atomic(path, model.SerializeToString(deterministic=True))
    # TensorFlow draws a random id for the fingerprint, and it is of the graph as it was before.
    files.remove_tree(files.join(graph_dir, _FINGERPRINT))


def _nodes(model: saved_model_pb2.SavedModel) -> Iterator[Any]:
    for graph in (meta.graph_def for meta in model.meta_graphs):
        yield from graph.node
        for function in graph.library.function:
            yield from function.node_def


def _assets_digest(graph_dir: str) -> str:
    folder = files.join(graph_dir, ASSETS_FOLDER)
    return files.digest(folder) if files.exists(folder) else hashlib.sha256().hexdigest()
