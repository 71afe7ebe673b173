# SPDX-License-Identifier: Apache-2.0
"""A Redis stream as a source, read as a member of a consumer group.

Redis remembers what it has given to a consumer until that is acknowledged. Messages are acknowledged when their results
are published and recorded; after a start, and after every lost connection, those that were given and never claimed are
read again first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from penstock.errors import DependencyError, ParameterError, StorageError
from penstock.inference.databases.url import hidden
from penstock.inference.streaming.decoding import Message
from penstock.inference.streaming.environment import expanded
from penstock.inference.streaming.incoming import Incoming, SourceLostError
from penstock.inference.streaming.messages import BatchFolder, Description, MessageSource
from penstock.inference.streaming.spec import RedisSpec

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 15.0
_FIRST = "0"
_NEW = ">"


class RedisSource(MessageSource):
    """The entries of a Redis stream.

    Args:
        spec: The stream.
        label: How people know it.
        limit: Most messages in a batch.
        batches: Where batches are written.

    Raises:
        DependencyError: The client library is not installed.
        ParameterError: The address cannot be read.
    """

    def __init__(self, spec: RedisSpec, label: str, limit: int, batches: BatchFolder) -> None:
        super().__init__(label, batches, spec.format)
        self._spec = spec
        self._limit = limit
        self._client = _connected(expanded(spec.url, "stream.redis.url"))
        self._shown = hidden(spec.url)
        self._reread_from: str | None = _FIRST
        self._has_group = False

    def poll(self, wait_seconds: float) -> list[Incoming]:
        """Returns a batch of messages: first those that were given before, then new ones."""
        with self._reachable():
            if not self._has_group:
                self._make_group()
            entries = self._given_before() or self._new(wait_seconds)
        try:
            return self.written(entries)
        except BaseException:
            self._reread_from = _FIRST  # they were given, and will not be given again as new ones
            raise

    def describe(self, messages: Sequence[Message]) -> Description:
        """Names a batch by its first and last id."""
        first, last = messages[0].id, messages[-1].id
        return Description(
            stem=f"{self._spec.stream}-{first}--{last}",
            label=f"{self._spec.stream} {first}" + (f" to {last}" if last != first else ""),
            receipt=[message.id for message in messages],
        )

    def settle(self, done: Sequence[Incoming]) -> None:
        """Acknowledges the messages of batches."""
        for incoming in done:
            ids = json.loads(incoming.receipt)
            with self._reachable():
                self._client.xack(self._spec.stream, self._spec.group, *ids)
        self.batches.remove(incoming.name for incoming in done)

    def close(self) -> None:
        """Closes the connection."""
        self._client.close()

    # --------------------------------------------------------------------------------------------------------- private

    def _given_before(self) -> list[Message]:
        """Returns messages that this consumer was given and has not acknowledged, until there are no more."""
        if self._reread_from is None:
            return []
        found = self._read(self._reread_from, None)
        self._reread_from = found[-1].id if found else None
        return found

    def _new(self, wait_seconds: float) -> list[Message]:
        return self._read(_NEW, max(1, int(wait_seconds * 1000)))

    def _read(self, after: str, block_ms: int | None) -> list[Message]:
        spec = self._spec
        answer = self._client.xreadgroup(
            spec.group, spec.consumer, {spec.stream: after}, count=self._limit, block=block_ms
        )
        # Protocol 3 gives a mapping of lists of lists, protocol 2 a list of pairs.
        groups = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer or ()]
        return [self._message(*entry[:2]) for entries in groups for entry in _flat(entries)]

    def _message(self, id: bytes, fields: dict[bytes, bytes] | None) -> Message:
        name = id.decode("ascii")
        sent = int(name.partition("-")[0]) / 1000  # the server's own ids begin with their time
        if not fields:
            return Message(name, None, sent, "the message was removed from the stream before it was read")
        wanted = self._spec.field
        if wanted is None:
            if len(fields) == 1:
                return Message(name, next(iter(fields.values())), sent)
            names = ", ".join(key.decode("utf-8", "replace") for key in fields)
            defect = f"the message has {len(fields)} fields ({names}): `field` must name one"
            return Message(name, None, sent, defect)
        return Message(name, fields.get(wanted.encode()), sent, f"the message has no field {wanted!r}")

    def _make_group(self) -> None:
        from redis.exceptions import ResponseError

        try:
            self._client.xgroup_create(self._spec.stream, self._spec.group, id=_FIRST, mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._has_group = True

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """Tells a server that is out of reach from one that refuses."""
        from redis import exceptions

        try:
            yield
        except exceptions.AuthenticationError as error:
            raise StorageError(f"{self._shown} refuses the sign-in: {error}", input=self._shown) from error
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            self._start_over()
            raise SourceLostError(
                f"the Redis server is out of reach: {error}",
                input=self._shown,
                hint="start the server, or check its address; what it holds is not lost",
            ) from error
        except exceptions.ResponseError as error:
            if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                raise StorageError(f"the Redis server refuses: {error}", input=self.label) from error
            self._start_over()  # the stream was deleted; it may be filled again
            raise SourceLostError(f"the Redis stream is gone: {error}", input=self.label) from error

    def _start_over(self) -> None:
        self._has_group = False
        self._reread_from = _FIRST


def _flat(entries: Any) -> Iterator[Any]:
    """Yields entries, however deep protocol 3 wraps them."""
    for entry in entries:
        if entry and isinstance(entry[0], (bytes, str)):
            yield entry
        else:
            yield from _flat(entry)


def _connected(url: str) -> Any:
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ModuleNotFoundError as error:
        raise DependencyError(
            "Redis streams need the library redis", got=str(error), hint="pip install 'penstock[redis]'"
        ) from error
    # A command that is silently repeated would lose what the first answer held: what fails is read again, by us.
    connect: Callable[..., Any] = Redis.from_url
    try:
        return connect(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            decode_responses=False,
        )
    except ValueError as error:
        raise ParameterError(
            "the address of the Redis server cannot be read",
            input="stream.redis.url",
            expected="redis://HOST:PORT/DATABASE, rediss://… or unix://PATH",
            got=str(error),
        ) from error
