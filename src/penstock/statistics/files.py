# SPDX-License-Identifier: Apache-2.0
"""The files that statistics, schemas and anomalies live in: TFX's names and formats, any file system.

Needs nothing of TensorFlow but its metadata messages.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from penstock import files
from penstock.errors import DataError

STATISTICS_FILE = "FeatureStats.pb"
ANOMALIES_FILE = "SchemaDiff.pb"
SCHEMA_FILE = "schema.pbtxt"


def write_statistics(folder: str, statistics: statistics_pb2.DatasetFeatureStatisticsList) -> None:
    """Writes ``FeatureStats.pb`` into a folder, which is made where it is not there."""
    files.write_atomic(files.join(folder, STATISTICS_FILE), _bytes(statistics))


def read_statistics(folder: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Reads ``FeatureStats.pb`` of a folder.

    Raises:
        DataError: The file is damaged.
        StorageError: There is none.
    """
    return _read_binary(files.join(folder, STATISTICS_FILE), statistics_pb2.DatasetFeatureStatisticsList())


def write_anomalies(folder: str, anomalies: anomalies_pb2.Anomalies) -> None:
    """Writes ``SchemaDiff.pb`` into a folder, which is made where it is not there."""
    files.write_atomic(files.join(folder, ANOMALIES_FILE), _bytes(anomalies))


def read_anomalies(folder: str) -> anomalies_pb2.Anomalies:
    """Reads ``SchemaDiff.pb`` of a folder.

    Raises:
        DataError: The file is damaged.
        StorageError: There is none.
    """
    return _read_binary(files.join(folder, ANOMALIES_FILE), anomalies_pb2.Anomalies())


def write_schema(folder: str, schema: schema_pb2.Schema) -> None:
    """Writes ``schema.pbtxt`` into a folder, which is made where it is not there."""
    files.write_atomic(files.join(folder, SCHEMA_FILE), schema_text(schema))


def schema_text(schema: schema_pb2.Schema) -> str:
    """Returns the text form in which a schema is written."""
    return str(text_format.MessageToString(schema))


def read_schema(folder: str) -> schema_pb2.Schema:
    """Reads ``schema.pbtxt`` of a folder; see :func:`parse_schema_file`."""
    return parse_schema_file(files.join(folder, SCHEMA_FILE))


def parse_schema_file(uri: str) -> schema_pb2.Schema:
    """Reads a schema in text form from a file of any name.

    Raises:
        DataError: It is no schema; the error names line and column.
        StorageError: There is no such file.
    """
    with files.storage_errors("read", uri), files.open(uri, "rb") as stream:
        content = stream.read()
    try:
        return text_format.Parse(content.decode("utf-8"), schema_pb2.Schema())
    except UnicodeDecodeError as error:
        raise DataError(
            f"{uri} is not a schema",
            expected="a tensorflow_metadata Schema in text form, UTF-8",
            got=f"bytes that are not UTF-8 at offset {error.start}",
        ) from error
    except text_format.ParseError as error:
        raise DataError(
            f"{uri} is not a schema",
            expected="a tensorflow_metadata Schema in text form",
            got=f"line:column {error}",
        ) from error


def _bytes(message: Message) -> bytes:
    return bytes(message.SerializeToString(deterministic=True))


def _read_binary(uri: str, message: Any) -> Any:
    with files.storage_errors("read", uri), files.open(uri, "rb") as stream:
        content = stream.read()
    try:
        message.ParseFromString(content)
    except DecodeError as error:
        raise DataError(
            f"{uri} is damaged", expected=f"a serialized {message.DESCRIPTOR.name}", got=str(error)
        ) from error
    return message
