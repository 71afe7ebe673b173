# SPDX-License-Identifier: Apache-2.0
"""The kinds of features that a TensorFlow Metadata schema declares."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock import files
from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind

_KINDS: dict[int, FeatureKind] = {schema_pb2.INT: "int", schema_pb2.FLOAT: "float", schema_pb2.BYTES: "bytes"}


def read_kinds(schema_file: str) -> dict[str, FeatureKind]:
    """Returns the kind of each feature that a schema gives a type.

    Args:
        schema_file: URI of the schema in text form.

    Raises:
        DataError: It is not a schema.
    """
    with files.open(schema_file, "r") as file, files.storage_errors("read", schema_file):
        text = file.read()
    try:
        schema = text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        raise DataError(
            f"{schema_file} is not a schema",
            input=schema_file,
            expected="a tensorflow.metadata.v0.Schema in text form",
            got=str(error),
        ) from error
    return kinds_of_schema(schema)


def kinds_of_schema(schema: schema_pb2.Schema) -> dict[str, FeatureKind]:
    """Returns the kind of each feature that a schema gives a type, in its order."""
    return {feature.name: _KINDS[feature.type] for feature in schema.feature if feature.type in _KINDS}
