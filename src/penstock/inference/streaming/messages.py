# SPDX-License-Identifier: Apache-2.0
"""Batches of messages: each is written to disk before it is scored, so that it cannot get lost."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.inference.spec import SourceFormat
from penstock.inference.streaming.decoding import Decoded, Message, RefusedMessage, decoded
from penstock.inference.streaming.incoming import Incoming, identity_of, result_name
from penstock.inference.streaming.spec import MessageFormat

_REFUSED_ENDING = ".refused.json"
_ROWS_ENDINGS: dict[SourceFormat, str] = {"json_lines": ".jsonl", "parquet": ".parquet"}
_ENDINGS = (_REFUSED_ENDING, *_ROWS_ENDINGS.values())


@dataclass(frozen=True, slots=True)
class Description:
    """What a batch is called.

    Attributes:
        stem: What its results are called.
        label: How people know it.
        receipt: What its source needs to give a receipt; plain JSON.
    """

    stem: str
    label: str
    receipt: Any


class MessageSource(ABC):
    """What sources of messages have in common: their batches are files of the stream's own.

    Args:
        label: How people know the source; the same for the same source, whenever it is opened.
        batches: Where batches are written.
        format: What messages are.
    """

    def __init__(self, label: str, batches: BatchFolder, format: MessageFormat) -> None:
        self.label = label
        self.batches = batches
        self._format: MessageFormat = format

    @abstractmethod
    def describe(self, messages: Sequence[Message]) -> Description:
        """Says what a batch of messages is called."""

    def written(self, messages: Sequence[Message]) -> list[Incoming]:
        """Writes messages as batches: as one, unless they are of kinds that do not go into one table."""
        return [self._written(group) for group in decoded(messages, self._format)]

    def _written(self, group: Decoded) -> Incoming:
        identity = identity_of(self.label, *(message.id for message in group.messages))
        description = self.describe(group.messages)
        name = result_name(description.stem, identity)
        uri = self.batches.write(name, group)
        return Incoming(
            identity=identity,
            name=name,
            uri=uri,
            label=description.label,
            size_bytes=len(group.content),
            format=group.format,
            arrived=group.messages[-1].sent,
            receipt=json.dumps(description.receipt),
        )

    def changed(self, incoming: Incoming) -> bool:  # noqa: ARG002  the same for all
        """Says no: a batch is the stream's own."""
        return False

    def unreadable(self, incoming: Incoming, reason: str) -> bool:  # noqa: ARG002  the same for all
        """Says that this is final: reading a batch again would give the same."""
        return True

    def positions(self, incoming: Sequence[Incoming]) -> dict[str, int]:  # noqa: ARG002  unless a source has some
        """Returns none: the server knows where the stream stands."""
        return {}

    def present(self) -> frozenset[str]:
        """Returns nothing: what was given a receipt for does not come again."""
        return frozenset()


class BatchFolder:
    """The folder of batches of messages that are not done yet.

    Args:
        path: The folder.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, name: str, group: Decoded) -> str:
        """Writes a batch, or what was refused; it is on disk when this returns.

        Args:
            name: Name of the batch.
            group: What it holds.

        Returns:
            URI of the file to score, empty where there is none.
        """
        if group.refused:
            document = [[item.id, item.error, item.text] for item in group.refused]
            files.write_atomic(self._file(name, _REFUSED_ENDING), json.dumps(document))
            return ""
        uri = self._file(name, _ROWS_ENDINGS[group.format])
        files.write_atomic(uri, group.content)
        return uri

    def refused(self, name: str) -> list[RefusedMessage]:
        """Returns the messages of a batch that were refused."""
        uri = self._file(name, _REFUSED_ENDING)
        if not os.path.exists(uri):
            return []
        with files.open(uri, "r") as file:
            return [RefusedMessage(*fields) for fields in json.load(file)]

    def remove(self, names: Iterable[str]) -> None:
        """Removes batches that are done."""
        for name in names:
            for ending in _ENDINGS:
                files.remove_tree(self._file(name, ending))

    def keep_only(self, names: Iterable[str]) -> None:
        """Removes all batches but some: those that were written and not claimed when the stream was killed."""
        kept = set(names)
        if not os.path.isdir(self._path):
            return
        for file in os.listdir(self._path):
            name = next((file.removesuffix(e) for e in _ENDINGS if file.endswith(e)), file)
            if name not in kept:
                files.remove_tree(os.path.join(self._path, file))

    def _file(self, name: str, ending: str) -> str:
        return os.path.join(self._path, name + ending)
