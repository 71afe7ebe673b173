# SPDX-License-Identifier: Apache-2.0
"""Protobufs in text form."""

from __future__ import annotations

from typing import TypeVar

from penstock import files
from penstock.errors import DataError, DependencyError
from penstock.messages.message import Message
from penstock.messages.text import parse_text

MessageT = TypeVar("MessageT")


def parse_pbtxt_file(file_name: str, message: MessageT) -> MessageT:
    """Reads a file with a protobuf in text form, such as ``schema.pbtxt``.

    Args:
        file_name: Path or URI of the file.
        message: An empty protobuf, or message of ``penstock.proto``, of the type that the file holds; it is filled.

    Returns:
        ``message``.

    Raises:
        StorageError: The file cannot be read.
        DataError: It holds something else than the protobuf.
        ParameterError: It holds something else than the message.
    """
    with files.open(file_name, "r") as stream:
        text = stream.read()
    if isinstance(message, Message):
        message.MergeFrom(parse_text(type(message), text, file_name))
        return message
    try:
        from google.protobuf import text_format
    except ModuleNotFoundError as error:
        raise DependencyError(
            "protobuf is not installed", hint="pip install 'penstock[tensorflow]'"
        ) from error
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise DataError(
            f"{file_name} holds no {type(message).__name__} in text form", got=str(error), input=file_name
        ) from error
    return message
