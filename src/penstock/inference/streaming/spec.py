# SPDX-License-Identifier: Apache-2.0
"""What a stream is: where rows come from, where results go, and how it bears what goes wrong. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from penstock.errors import ParameterError
from penstock.inference.spec import SourceFormat

MessageFormat = Literal["json", "arrow"]

MESSAGE_ID = "message_id"
"""Column that rows from messages have besides their own: the id of their message."""


@dataclass(frozen=True, slots=True)
class RedisSpec:
    """A Redis stream to read, as a member of a consumer group.

    Attributes:
        url: The server, ``redis://HOST:PORT/DATABASE``; ``${NAME}`` stands for an environment variable.
        stream: Key of the stream.
        group: Consumer group; it is made where it is missing, and then begins with what the stream holds.
        consumer: Name in the group. A stream that is started again under the same name takes up what it held.
        field: Field of an entry that holds the message; may be left out where entries have only one field.
        format: What a message is: ``json`` (an object is one row, a list of objects several) or ``arrow`` (an IPC
            stream or file, any number of rows).
    """

    url: str
    stream: str
    group: str = "penstock"
    consumer: str = "penstock"
    field: str | None = None
    format: MessageFormat = "json"


@dataclass(frozen=True, slots=True)
class KafkaSpec:
    """A Kafka topic to read.

    Attributes:
        servers: Where to ask for the cluster, ``HOST:PORT,HOST:PORT``.
        topic: The topic. All its partitions are read.
        group: Consumer group under which the offsets are committed.
        start: Where a stream begins that has no offsets yet: ``earliest`` or ``latest``.
        format: As of :class:`RedisSpec`.
        options: Further settings of librdkafka, such as ``security.protocol``; ``${NAME}`` in a value stands for an
            environment variable.
    """

    servers: str
    topic: str
    group: str = "penstock"
    start: Literal["earliest", "latest"] = "earliest"
    format: MessageFormat = "json"
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream. Exactly one of ``folder``, ``redis`` and ``kafka`` says where its rows come from.

    Paths are relative to the project's root, or URIs.

    Attributes:
        output: Folder of the results: a Parquet file for each file that came in, or for each batch of messages,
            ``<name>-<digest>.parquet``; in a folder per step where the graph ends in several.
        folder: Folder that is watched.
        redis, kafka: Messages that are read.
        pattern: Files of the folder to take; ``**`` goes into folders below. Names that start with ``.`` or ``_``, or
            end with ``.tmp`` or ``.part``, are being written and never taken.
        format: Format of the files; found from their names where it is not given.
        dead_letters: Folder of the rows and files that failed, named as the results; ``<output>-failed`` where it is
            not given.
        state: Local folder in which the stream remembers what is done; ``<output>-state`` where it is not given.
        poll_seconds: How often the source is looked at.
        settle_seconds: How long a file must keep its size and time before it is taken.
        give_up_seconds: How long a file may stay unreadable before it goes to the dead letters as a whole.
        missing_seconds: How long a folder or server may be out of reach before the stream ends with an error.
        refresh_seconds: How often the metadata store is asked for newer models.
        tick_files: Most files, or messages, that are scored together.
        tick_bytes: Most bytes of files that are scored together; a larger file is scored alone.
        keep_done: How many of the latest files the stream remembers by name beyond those that are still there. Names
            of files that were taken away are forgotten beyond that, so that the state does not grow for ever.
    """

    output: str
    folder: str | None = None
    redis: RedisSpec | None = None
    kafka: KafkaSpec | None = None
    pattern: str = "*"
    format: SourceFormat | None = None
    dead_letters: str | None = None
    state: str | None = None
    poll_seconds: float = 0.25
    settle_seconds: float = 0.3
    give_up_seconds: float = 10.0
    missing_seconds: float = 60.0
    refresh_seconds: float = 5.0
    tick_files: int = 500
    tick_bytes: int = 256 * 1024 * 1024
    keep_done: int = 100_000

    def __post_init__(self) -> None:
        given = [name for name in ("folder", "redis", "kafka") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ParameterError(
                "a stream has one source",
                input="stream",
                expected="one of folder, redis and kafka",
                got=" and ".join(given) or "none",
            )
        if given != ["folder"] and self.format is not None:
            raise ParameterError(
                "format is that of a folder's files",
                input="stream.format",
                hint=f"the format of messages stands below {given[0]}",
            )
        for item in fields(self):
            value = getattr(self, item.name)
            least = 0 if item.name in ("settle_seconds", "keep_done") else None
            if isinstance(value, (int, float)) and (value < 0 or (value == 0 and least is None)):
                raise ParameterError(
                    f"{item.name} of a stream must be positive", input=f"stream.{item.name}", got=str(value)
                )
