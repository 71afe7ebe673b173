# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.io_utils``: whole files and folders, by path or URI.

Folders above a file that is written are made.
"""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
from collections.abc import Iterable
from typing import Any, TypeVar

from penstock import files
from penstock.errors import StorageError
from penstock.messages.message import Message
from penstock.messages.protobuf_json import json_to_proto
from penstock.utils.pbtxt import parse_pbtxt_file as parse_pbtxt_file

MessageT = TypeVar("MessageT")


def ensure_local(file_path: str) -> str:
    """Returns a local path of a file: a copy in a folder for temporary files where it is elsewhere."""
    if files.is_local(file_path):
        return files.local_path(file_path)
    local = os.path.join(tempfile.mkdtemp(), posixpath.basename(file_path))
    files.copy_tree(file_path, local)
    return local


def copy_file(src: str, dst: str, overwrite: bool = False) -> None:
    """Copies a file.

    Raises:
        StorageError: There is a file at ``dst`` and ``overwrite`` is not set, or it cannot be read or written.
    """
    if files.exists(dst) and not overwrite:
        raise StorageError(f"{dst} is already there", input=dst, hint="give overwrite=True to replace it")
    files.makedirs(posixpath.dirname(dst) or ".")
    files.copy_tree(src, dst)


def copy_dir(
    src: str, dst: str, allow_regex_patterns: Iterable[str] = (), deny_regex_patterns: Iterable[str] = ()
) -> None:
    """Copies all files of a folder; a folder that is at ``dst`` is replaced.

    Args:
        src: Folder to copy.
        dst: Where to.
        allow_regex_patterns: Where there are any, only files in whose paths one is found are copied.
        deny_regex_patterns: Files in whose paths one is found are not copied.
    """
    allowed, denied = _compiled(allow_regex_patterns), _compiled(deny_regex_patterns)
    files.remove_tree(dst)
    files.makedirs(dst)
    for entry in files.walk(src):
        wanted = not allowed or any(pattern.search(entry.uri) for pattern in allowed)
        if wanted and not any(pattern.search(entry.uri) for pattern in denied):
            target = files.join(dst, entry.name)
            files.makedirs(posixpath.dirname(target))
            files.copy_tree(entry.uri, target)


def _compiled(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]


def get_only_uri_in_dir(dir_path: str) -> str:
    """Returns the one thing that a folder holds.

    Raises:
        StorageError: It holds none or several.
    """
    names = files.listdir(dir_path)
    if len(names) != 1:
        raise StorageError(
            f"{dir_path} does not hold exactly one thing", expected="one", got=", ".join(names) or "nothing"
        )
    return files.join(dir_path, names[0])


def delete_dir(path: str) -> None:
    """Removes a folder with all it holds, where there is one."""
    if files.is_dir(path):
        files.remove_tree(path)


def write_string_file(file_name: str, string_value: str) -> None:
    """Writes a text file in UTF-8."""
    write_bytes_file(file_name, string_value.encode("utf-8"))


def write_bytes_file(file_name: str, content: bytes) -> None:
    """Writes a file."""
    files.makedirs(posixpath.dirname(file_name) or ".")
    with files.open(file_name, "wb") as file, files.storage_errors("write", file_name):
        file.write(content)


def read_string_file(file_name: str) -> str:
    """Returns what a text file holds.

    Raises:
        StorageError: It cannot be read.
    """
    return read_bytes_file(file_name).decode("utf-8")


def read_bytes_file(file_name: str) -> bytes:
    """Returns what a file holds.

    Raises:
        StorageError: It cannot be read.
    """
    with files.open(file_name, "rb") as file, files.storage_errors("read", file_name):
        content: bytes = file.read()
    return content


def write_pbtxt_file(file_name: str, proto: Any) -> None:
    """Writes a message or protobuf in text form."""
    if isinstance(proto, Message):
        from penstock.messages.writing_text import to_text

        write_string_file(file_name, to_text(proto))
        return
    from google.protobuf import text_format

    write_string_file(file_name, text_format.MessageToString(proto))


def write_tfrecord_file(file_name: str, *proto: Any) -> None:
    """Writes protobufs as a TFRecord file, without TensorFlow."""
    from penstock.examples.tfrecord import framed

    write_bytes_file(file_name, framed(message.SerializeToString() for message in proto))


def parse_json_file(file_name: str, message: MessageT) -> MessageT:
    """Fills a message or protobuf from a file with its JSON and returns it.

    Raises:
        StorageError: The file cannot be read.
        ParameterError: It holds something else.
    """
    return json_to_proto(read_string_file(file_name), message)


def load_csv_column_names(csv_file: str) -> list[str]:
    """Returns the names in the first line of a CSV file."""
    lines = read_string_file(csv_file).splitlines()
    return lines[0].strip().split(",") if lines else []


def all_files_pattern(file_pattern: str) -> str:
    """Returns the pattern of all files in a folder."""
    return posixpath.join(file_pattern, "*")


class SchemaReader:
    """Reads schemas of TensorFlow Metadata."""

    def read(self, schema_path: str) -> Any:
        """Returns the schema that a file holds in text form.

        Raises:
            DependencyError: tensorflow-metadata is not installed.
        """
        from penstock.errors import DependencyError

        try:
            from tensorflow_metadata.proto.v0 import schema_pb2
        except ModuleNotFoundError as error:
            raise DependencyError(
                "tensorflow-metadata is not installed", hint="pip install 'penstock[tensorflow]'"
            ) from error
        return parse_pbtxt_file(schema_path, schema_pb2.Schema())
