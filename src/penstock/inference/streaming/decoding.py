# SPDX-License-Identifier: Apache-2.0
"""Messages become rows: those that go into one table together, those that do not, and those that are no rows at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.inference.spec import SourceFormat
from penstock.inference.streaming.spec import MESSAGE_ID, MessageFormat

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 2000
_ARROW_FILE = b"ARROW1"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its server has it.

    Attributes:
        id: Its id, unique in the stream or topic.
        value: Its content; ``None`` where it has none.
        sent: When it was sent, in seconds since the epoch.
        defect: Why it has no content.
    """

    id: str
    value: bytes | None
    sent: float = 0.0
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
class Decoded:
    """Messages that go into one table, or those that were refused.

    Attributes:
        messages: The messages, in order.
        format: Format of the content.
        content: Their rows as a file.
        refused: What is wrong with them, where they were refused; there is no content then.
    """

    messages: tuple[Message, ...]
    format: SourceFormat
    content: bytes = b""
    refused: tuple[RefusedMessage, ...] = ()


def decoded(messages: Sequence[Message], format: MessageFormat) -> list[Decoded]:
    """Returns messages as files of rows, in which each row has its message's id as the column ``message_id``.

    A message whose values are of other kinds than those of its neighbours (text where they have numbers) goes into a
    table of its own: in one table, all would have to be taken for text.
    """
    return list(_from_json(messages) if format == "json" else _from_arrow(messages))


def _refused(messages: Mapping[Message, str], format: SourceFormat) -> Iterator[Decoded]:
    if messages:
        told = tuple(RefusedMessage(message.id, error, _text(message)) for message, error in messages.items())
        yield Decoded(tuple(messages), format, refused=told)


# ---------------------------------------------------------------------------------------------------------------- JSON


class _Table:
    """Rows whose values are of the same kinds, column by column."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.lines: list[str] = []
        self._kinds: dict[str, str] = {}

    def takes(self, kinds: Mapping[str, str]) -> bool:
        """Says whether values of these kinds go into the table."""
        return all(self._kinds.get(name, kind) == kind for name, kind in kinds.items())

    def add(self, message: Message, rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> None:
        """Adds a message's rows."""
        self._kinds.update(kinds)
        self.messages.append(message)
        self.lines += [
            json.dumps({**row, MESSAGE_ID: message.id}, ensure_ascii=True, separators=(",", ":"))
            for row in rows
        ]


def _from_json(messages: Sequence[Message]) -> Iterator[Decoded]:
    tables: list[_Table] = []
    refused: dict[Message, str] = {}
    for message in messages:
        try:
            rows = _json_rows(message)
            kinds = _kinds(rows)
        except ValueError as error:
            refused[message] = str(error)
            continue
        table = next((table for table in tables if table.takes(kinds)), None)
        if table is None:
            table = _Table()
            tables.append(table)
        table.add(message, rows, kinds)
    for table in tables:
        content = "".join(line + "\n" for line in table.lines).encode("ascii")
        yield Decoded(tuple(table.messages), "json_lines", content)
    yield from _refused(refused, "json_lines")


def _json_rows(message: Message) -> list[dict[str, Any]]:
    from penstock.inference.reading.json_values import parsed

    if message.value is None:
        raise ValueError(message.defect)
    try:
        value = parsed(message.value, _no_constant)
    except ValueError as error:
        raise ValueError(f"the message is not JSON: {error}") from None
    rows = value if isinstance(value, list) else [value]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError("the message is no JSON object, and no list of such")
    return rows


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None and kinds.setdefault(name, _kind(value)) != _kind(value):
                raise ValueError(f"the message's rows have values of different kinds as {name!r}")
    return kinds


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return f"list of {next((_kind(item) for item in value if item is not None), 'nothing')}"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


# --------------------------------------------------------------------------------------------------------------- Arrow


def _from_arrow(messages: Sequence[Message]) -> Iterator[Decoded]:
    import pyarrow as pa

    tables: list[tuple[pa.Schema, list[tuple[Message, pa.Table]]]] = []
    refused: dict[Message, str] = {}
    for message in messages:
        try:
            table = _arrow_rows(message)
        except (ValueError, pa.ArrowException, OSError) as error:
            refused[message] = str(error) if message.value is None else f"the message is not Arrow: {error}"
            continue
        for schema, group in tables:
            if schema.equals(table.schema):
                group.append((message, table))
                break
        else:
            tables.append((table.schema, [(message, table)]))
    for schema, group in tables:
        content = _parquet(schema, [table for _, table in group])
        yield Decoded(tuple(message for message, _ in group), "parquet", content)
    yield from _refused(refused, "parquet")


def _parquet(schema: pa.Schema, tables: Sequence[pa.Table]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.concat_tables(tables) if tables else schema.empty_table(), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _arrow_rows(message: Message) -> pa.Table:
    import pyarrow as pa
    import pyarrow_hotfix  # noqa: F401  closes CVE-2023-47248 in pyarrow below 14.0.1

    if message.value is None:
        raise ValueError(message.defect)
    is_file = message.value.startswith(_ARROW_FILE)
    opened = pa.ipc.open_file(message.value) if is_file else pa.ipc.open_stream(message.value)
    table = opened.read_all().replace_schema_metadata(None)
    if MESSAGE_ID in table.schema.names:
        table = table.drop([MESSAGE_ID])
    return table.append_column(MESSAGE_ID, pa.array([message.id] * table.num_rows, pa.string()))


def _text(message: Message) -> str:
    return (message.value or b"").decode("utf-8", "replace")[:_SHOWN]
