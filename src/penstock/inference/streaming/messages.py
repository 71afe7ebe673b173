# SPDX-License-Identifier: Apache-2.0
"""Messages become files: a batch of them is written to disk before it is scored, so that it cannot get lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.inference.spec import SourceFormat
from penstock.inference.streaming.incoming import Incoming, identity_of, result_name
from penstock.inference.streaming.spec import MESSAGE_ID, MessageFormat

_REFUSED_ENDING = ".refused.json"
_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its server has it.

    Attributes:
        id: Its id, unique in the stream or topic.
        value: Its content; ``None`` where it has none.
        defect: Why it has no content.
    """

    id: str
    value: bytes | None
    defect: str = "the message has no content"


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that is not what messages must be.

    Attributes:
        id: Its id.
        error: What is wrong with it.
        text: What it holds, as far as that can be shown.
    """

    id: str
    error: str
    text: str


@dataclass(frozen=True, slots=True)
class BatchFile:
    """Messages in a file.

    Attributes:
        uri: The file; empty where none of the messages could be read.
        format: Its format.
        size_bytes: Its size.
    """

    uri: str
    format: SourceFormat
    size_bytes: int


class MessageSource:
    """What sources of messages have in common: their batches are files of the stream's own.

    Args:
        batches: Where batches are written.
        format: What messages are.
    """

    def __init__(self, batches: BatchFolder, format: MessageFormat) -> None:
        self.batches = batches
        self._format: MessageFormat = format

    def batch(
        self, messages: Sequence[Message], *, source: str, stem: str, label: str, arrived: float, receipt: Any
    ) -> Incoming:
        """Writes messages as a batch.

        Args:
            messages: The messages, in order.
            source: The source's label.
            stem: What results are called.
            label: How people know the batch.
            arrived: When its last message was sent.
            receipt: What is needed to give a receipt.
        """
        identity = identity_of(source, *(message.id for message in messages))
        name = result_name(stem, identity)
        written = self.batches.write(name, messages, self._format)
        return Incoming(
            identity=identity,
            name=name,
            uri=written.uri,
            label=label,
            size_bytes=written.size_bytes,
            format=written.format,
            arrived=arrived,
            receipt=json.dumps(receipt),
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

    def write(self, name: str, messages: Sequence[Message], format: MessageFormat) -> BatchFile:
        """Writes messages, and beside them what was refused; both are on disk when this returns.

        Args:
            name: Name of the batch.
            messages: The messages, in order.
            format: What they are.
        """
        is_json = format == "json"
        content, refused = _json_lines(messages) if is_json else _parquet(messages)
        if refused:
            document = [[item.id, item.error, item.text] for item in refused]
            files.write_atomic(self._file(name, _REFUSED_ENDING), json.dumps(document))
        uri = self._file(name, ".jsonl" if is_json else ".parquet") if content else ""
        if content:
            files.write_atomic(uri, content)
        return BatchFile(uri, "json_lines" if is_json else "parquet", len(content))

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
            for ending in (".jsonl", ".parquet", _REFUSED_ENDING):
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


_ENDINGS = (_REFUSED_ENDING, ".jsonl", ".parquet")


def _json_lines(messages: Sequence[Message]) -> tuple[bytes, list[RefusedMessage]]:
    lines: list[str] = []
    refused: list[RefusedMessage] = []
    for message in messages:
        try:
            rows = _json_rows(message)
        except ValueError as error:
            refused.append(RefusedMessage(message.id, str(error), _text(message)))
        else:
            lines += [
                json.dumps({**row, MESSAGE_ID: message.id}, ensure_ascii=False, separators=(",", ":"))
                for row in rows
            ]
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"), refused


def _json_rows(message: Message) -> list[dict[str, Any]]:
    if message.value is None:
        raise ValueError(message.defect)
    try:
        value = json.loads(message.value, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the message is not JSON: {error}") from None
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("the message is no JSON object, and no list of such")
    return rows


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _parquet(messages: Sequence[Message]) -> tuple[bytes, list[RefusedMessage]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables: list[pa.Table] = []
    refused: list[RefusedMessage] = []
    schema: pa.Schema | None = None
    for message in messages:
        try:
            table = _arrow_rows(message)
            schema = pa.unify_schemas([schema, table.schema]) if schema is not None else table.schema
        except (ValueError, pa.ArrowException, OSError) as error:
            refused.append(RefusedMessage(message.id, f"the message is not Arrow: {error}", ""))
        else:
            tables.append(table)
    if not tables or not sum(table.num_rows for table in tables):
        return b"", refused
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema) as writer:
        for table in tables:
            writer.write_table(_widened(table, schema))
    return sink.getvalue().to_pybytes(), refused


def _arrow_rows(message: Message) -> Any:
    import pyarrow as pa

    if message.value is None:
        raise ValueError(message.defect)
    is_file = message.value[:6] == b"ARROW1"
    opened = pa.ipc.open_file(message.value) if is_file else pa.ipc.open_stream(message.value)
    table = opened.read_all()
    if MESSAGE_ID in table.schema.names:
        table = table.drop([MESSAGE_ID])
    return table.append_column(MESSAGE_ID, pa.array([message.id] * table.num_rows, pa.string()))


def _widened(table: Any, schema: Any) -> Any:
    """Returns a table with all columns of a schema, null where it has them not."""
    import pyarrow as pa

    names = set(table.schema.names)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in names
        else pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _text(message: Message) -> str:
    return (message.value or b"").decode("utf-8", "replace")[:_SHOWN]
