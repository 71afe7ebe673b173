# SPDX-License-Identifier: Apache-2.0
"""A Kafka topic as a source.

The offsets are kept in the stream's own journal, in the same transaction that claims the messages before them; they are
committed to the cluster as well, after the results are published, so that its tools show how far the stream is. All
partitions are read by this one stream: they are assigned, not shared out among the members of the group.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from penstock.errors import DependencyError, ParameterError, StorageError
from penstock.inference.streaming.decoding import Message
from penstock.inference.streaming.environment import expanded
from penstock.inference.streaming.incoming import Incoming, SourceLostError
from penstock.inference.streaming.journal import Journal
from penstock.inference.streaming.messages import BatchFolder, Description, MessageSource
from penstock.inference.streaming.spec import KafkaSpec

_LOG = logging.getLogger(__name__)
_ANSWER_SECONDS = 5.0
_LOOK_FOR_PARTITIONS_SECONDS = 30.0
_PASSING = frozenset(
    {
        "_ALL_BROKERS_DOWN",
        "_TRANSPORT",
        "_TIMED_OUT",
        "_RESOLVE",
        "_WAIT_COORD",
        "COORDINATOR_NOT_AVAILABLE",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "NOT_COORDINATOR",
        "REQUEST_TIMED_OUT",
        "UNKNOWN_TOPIC_OR_PART",
    }
)
"""Errors that end by themselves, or when the cluster is back."""


class KafkaSource(MessageSource):
    """The messages of a Kafka topic.

    Args:
        spec: The topic.
        label: How people know it.
        limit: Most messages in a tick.
        batches: Where batches are written.
        journal: The stream's journal, which keeps the offsets.

    Raises:
        DependencyError: The client library is not installed.
        ParameterError: The client does not take these settings.
    """

    def __init__(
        self,
        spec: KafkaSpec,
        label: str,
        limit: int,
        batches: BatchFolder,
        journal: Journal,
    ) -> None:
        super().__init__(label, batches, spec.format)
        self._spec = spec
        self._limit = limit
        self._journal = journal
        self._assigned: set[int] = set()
        self._next_look = 0.0
        self._trouble = ""
        self._consumer = self._made()

    def poll(self, wait_seconds: float) -> list[Incoming]:
        """Returns a batch of messages for each partition that has some."""
        if time.monotonic() >= self._next_look:
            self._look_for_partitions()
        first = self._consumer.poll(wait_seconds)
        if first is None:
            self._check_trouble()
            return []
        rest = self._consumer.consume(self._limit - 1, timeout=0) if self._limit > 1 else []
        self._trouble = ""
        try:
            return self._batches_of((first, *rest))
        except BaseException:
            self._read_again()
            raise

    def describe(self, messages: Sequence[Message]) -> Description:
        """Names a batch by its partition, first and last offset."""
        partition, first = _place_of(messages[0])
        _, last = _place_of(messages[-1])
        topic = self._spec.topic
        return Description(
            stem=f"{topic}-{partition}-{first}--{last}",
            label=f"{topic} partition {partition}, {first}" + (f" to {last}" if last != first else ""),
            receipt={"partition": partition, "next": last + 1},
        )

    def positions(self, incoming: Sequence[Incoming]) -> dict[str, int]:
        """Returns the offsets behind the messages."""
        return {self._place(partition): at for partition, at in _behind(incoming).items()}

    def settle(self, done: Sequence[Incoming]) -> None:
        """Commits the offsets."""
        from confluent_kafka import KafkaException, TopicPartition

        places = [TopicPartition(self._spec.topic, partition, at) for partition, at in _behind(done).items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            if _is_outage(error.args[0]):
                raise self._lost(error.args[0].str()) from error
            # Whoever else has the group may refuse it; what counts is in the journal.
            _LOG.warning("the offsets of %s cannot be committed: %s", self.label, error.args[0].str())
        self.batches.remove(incoming.name for incoming in done)

    def close(self) -> None:
        """Leaves the cluster."""
        self._consumer.close()

    # --------------------------------------------------------------------------------------------------------- private

    def _made(self) -> Any:
        try:
            from confluent_kafka import Consumer, KafkaException
        except ModuleNotFoundError as error:
            raise DependencyError(
                "Kafka topics need the library confluent-kafka",
                got=str(error),
                hint="pip install 'penstock[kafka]'",
            ) from error
        options = {
            name: expanded(value, f"stream.kafka.options.{name}") if isinstance(value, str) else value
            for name, value in self._spec.options.items()
        }
        settings = {
            **options,
            "bootstrap.servers": expanded(self._spec.servers, "stream.kafka.servers"),
            "group.id": self._spec.group,
            "enable.auto.commit": False,
            "auto.offset.reset": self._spec.start,
            "error_cb": self._told,
        }
        try:
            return Consumer(settings, logger=_client_log())
        except (KafkaException, TypeError, ValueError) as error:
            raise ParameterError(
                "the Kafka client does not take these settings", input="stream.kafka", got=str(error)
            ) from error

    def _told(self, error: Any) -> None:
        """Takes note of what the client says of its connections; it goes on trying by itself."""
        if _is_outage(error):
            self._trouble = error.str()

    def _check_trouble(self) -> None:
        if self._trouble:
            self._metadata()
            self._trouble = ""

    def _batches_of(self, messages: Sequence[Any]) -> list[Incoming]:
        partitions: dict[int, list[Message]] = {}
        for message in messages:
            if message.error() is not None:
                self._refuse(message.error())
            else:
                partitions.setdefault(message.partition(), []).append(_message(message))
        return [incoming for _, group in sorted(partitions.items()) for incoming in self.written(group)]

    def _read_again(self) -> None:
        """Has all partitions be read from where the journal stands: what was read since is not claimed."""
        from confluent_kafka import TopicPartition

        self._consumer.incremental_unassign([TopicPartition(self._spec.topic, p) for p in self._assigned])
        self._assigned.clear()
        self._next_look = 0.0

    def _metadata(self) -> Any:
        from confluent_kafka import KafkaException

        try:
            return self._consumer.list_topics(self._spec.topic, timeout=_ANSWER_SECONDS)
        except KafkaException as error:
            raise self._lost(error.args[0].str()) from error

    def _look_for_partitions(self) -> None:
        """Assigns the topic's partitions, later those that have come to it."""
        from confluent_kafka import TopicPartition

        topic = self._metadata().topics[self._spec.topic]
        if topic.error is not None:
            raise SourceLostError(
                f"the Kafka topic {self._spec.topic} cannot be read: {topic.error.str()}",
                input=self.label,
                hint="make the topic, or check its name and who may read it",
            )
        fresh = sorted(set(topic.partitions) - self._assigned)
        if fresh:
            starts = {partition: self._start(partition) for partition in fresh}
            self._journal.claim([], {self._place(partition): at for partition, at in starts.items()})
            self._consumer.incremental_assign(
                [TopicPartition(self._spec.topic, partition, at) for partition, at in starts.items()]
            )
            self._assigned.update(fresh)
        self._next_look = time.monotonic() + _LOOK_FOR_PARTITIONS_SECONDS

    def _start(self, partition: int) -> int:
        """Returns where a partition is read from: where the journal, or else the group, stands, or as it is told."""
        from confluent_kafka import KafkaException, TopicPartition

        known = self._journal.position(self._place(partition))
        if known is not None:
            return known
        place = TopicPartition(self._spec.topic, partition)
        try:
            (committed,) = self._consumer.committed([place], timeout=_ANSWER_SECONDS)
            if committed.offset >= 0:
                return int(committed.offset)
            low, high = self._consumer.get_watermark_offsets(place, timeout=_ANSWER_SECONDS)
        except KafkaException as error:
            raise self._lost(error.args[0].str()) from error
        # A partition that comes later is new as a whole.
        return int(low if self._spec.start == "earliest" or self._assigned else high)

    def _refuse(self, error: Any) -> None:
        """Takes note of an error among the messages: what came with it must not get lost."""
        if error.name() == "_PARTITION_EOF":
            return
        if not _is_outage(error):
            raise StorageError(f"the Kafka topic cannot be read: {error.str()}", input=self.label)
        self._trouble = error.str()

    def _lost(self, cause: str) -> SourceLostError:
        return SourceLostError(
            f"the Kafka cluster is out of reach: {cause}",
            input=self.label,
            hint="start the cluster, or check its address; what it holds is not lost",
        )

    def _place(self, partition: int) -> str:
        return f"{self._spec.topic}/{partition}"


def _client_log() -> logging.Logger:
    """Returns the log of the client, silent unless someone has set its level: it tells every attempt to connect."""
    log = logging.getLogger(f"{__name__}.client")
    if log.level == logging.NOTSET:
        log.setLevel(logging.CRITICAL + 1)
    return log


def _message(message: Any) -> Message:
    _, milliseconds = message.timestamp()
    sent = milliseconds / 1000 if milliseconds > 0 else time.time()
    return Message(f"{message.partition()}-{message.offset()}", message.value(), sent)


def _place_of(message: Message) -> tuple[int, int]:
    """Returns partition and offset of a message."""
    partition, _, offset = message.id.partition("-")
    return int(partition), int(offset)


def _behind(incoming: Sequence[Incoming]) -> dict[int, int]:
    """Returns, by partition, the offset behind the last message of some batches."""
    offsets: dict[int, int] = {}
    for receipt in (json.loads(item.receipt) for item in incoming):
        offsets[receipt["partition"]] = max(receipt["next"], offsets.get(receipt["partition"], 0))
    return offsets


def _is_outage(error: Any) -> bool:
    """Says whether an error of the client is one of the connection, or one that goes by."""
    return error.retriable() or error.name() in _PASSING
