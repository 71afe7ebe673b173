# SPDX-License-Identifier: Apache-2.0
"""What a test gives to a component: channels with artifacts made on the spot."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.artifacts.standard import Examples, Schema
from penstock.errors import DataError
from penstock.graph.channel import Channel
from penstock.graph.system_nodes import Importer
from penstock.testing.place import new_folder, prepare_libraries
from penstock.testing.tables import Table, write_examples

_numbers = itertools.count(1)


def examples(
    *, span: int = 0, examples_format: Literal["parquet", "tfrecord"] = "parquet", **splits: Table
) -> Channel:
    """Returns a channel with examples: ``examples(train={"fare": [5.0, None]}, eval=frame)``.

    Args:
        span: Their span.
        examples_format: Format in which they are stored.
        **splits: A table per split.

    Raises:
        DataError: There is no split, or a table is none.
    """
    from penstock.examples.payload import PAYLOADS

    if not splits:
        raise DataError("these examples have no split", expected="examples(train=table, …)")
    folder = new_folder("examples")
    write_examples(folder, splits, examples_format)
    return artifact(
        Examples,
        folder,
        properties={"span": span, "split_names": json.dumps(list(splits))},
        custom_properties={"span": span, **PAYLOADS[examples_format].properties()},
    )


def schema(source: Any) -> Channel:
    """Returns a channel with a schema.

    Args:
        source: A schema protobuf, its text, or a table to infer it from as SchemaGen does.
    """
    if isinstance(source, str):
        return artifact(Schema, {"schema.pbtxt": source})
    prepare_libraries()
    from tensorflow_metadata.proto.v0 import schema_pb2

    from penstock.statistics.files import schema_text
    from penstock.testing.schemas import inferred_schema

    message = source if isinstance(source, schema_pb2.Schema) else inferred_schema(source)
    return artifact(Schema, {"schema.pbtxt": schema_text(message)})


def artifact(
    kind: type[Artifact],
    content: Mapping[str, str | bytes] | str | os.PathLike[str] | None = None,
    *,
    properties: Mapping[str, PropertyValue] | None = None,
    custom_properties: Mapping[str, PropertyValue] | None = None,
) -> Channel:
    """Returns a channel with an artifact.

    Args:
        kind: Its type.
        content: Text or bytes by path below the artifact's folder, or the path of a folder that exists already;
            nothing for an empty folder.
        properties: Declared properties.
        custom_properties: Further properties.
    """
    if isinstance(content, (str, os.PathLike)):
        uri = str(Path(content).absolute())
    else:
        uri = new_folder("artifact")
        for path, data in (content or {}).items():
            files.write_atomic(files.join(uri, path), data)
    importer = Importer(uri, kind, reimport=True, properties=properties, custom_properties=custom_properties)
    return importer.with_id(f"given_{next(_numbers)}").outputs["result"]
