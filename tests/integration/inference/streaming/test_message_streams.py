# SPDX-License-Identifier: Apache-2.0
"""Redis streams, with a real server, and Kafka topics, with the client's own cluster of brokers on loopback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from servers import MissingProgramError, Server, running_redis
from servers.processes import free_port
from streams import FakeEngine, FakePins, letters_of, results_of, running, setup_in

from penstock.errors import StorageError
from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.streaming.incoming import SourceLostError
from penstock.inference.streaming.messages import BatchFolder
from penstock.inference.streaming.setup import StreamSetup
from penstock.inference.streaming.spec import KafkaSpec, RedisSpec


class Killed(BaseException):
    """Stands for a process that ends at this very place."""


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the second batch of messages find no room at first."""
    write, refused = BatchFolder.write, iter([False, True])

    def full_once(self: BatchFolder, *arguments: Any) -> str:
        if next(refused, False):
            raise StorageError("cannot write the batch: the disk is full")
        return write(self, *arguments)

    monkeypatch.setattr(BatchFolder, "write", full_once)


def answers(setup: StreamSetup) -> dict[Any, float]:
    """Returns y by id; a row that is there twice fails."""
    rows = [row for rows in results_of(setup).values() for row in rows]
    found = {row["id"]: row["y"] for row in rows}
    assert len(found) == len(rows)
    return found


def die(job: InferenceJob) -> InferenceSummary:
    raise Killed


# --------------------------------------------------------------------------------------------------------------- Redis


class Stream:
    """A Redis stream of the test's own."""

    def __init__(self, server: Server, folder: Path, **spec: Any) -> None:
        redis = pytest.importorskip("redis")
        self.name = f"rows-{uuid4().hex[:8]}"
        self.client = redis.Redis(host=server.host, port=server.port)
        self.spec = RedisSpec(f"redis://{server.host}:{server.port}", self.name, **spec)
        self.setup = setup_in(folder, redis=self.spec)

    def add(self, value: Any, **fields: Any) -> str:
        content = value if isinstance(value, (str, bytes)) else json.dumps(value)
        return str(self.client.xadd(self.name, {"data": content, **fields}).decode())

    def pending(self) -> int:
        return int(self.client.xpending(self.name, self.spec.group)["pending"])


@pytest.fixture
def stream(redis_server: Server, tmp_path: Path) -> Iterator[Stream]:
    made = Stream(redis_server, tmp_path)
    yield made
    made.client.close()


def test_redis_messages_are_scored_and_acknowledged(stream: Stream) -> None:
    first = stream.add({"id": "a", "x": 1})
    with running(stream.setup) as service:
        service.until(lambda: answers(stream.setup) == {"a": 5})
        stream.add([{"id": "b", "x": 2}, {"id": "c", "x": 3}])
        service.until(lambda: answers(stream.setup) == {"a": 5, "b": 10, "c": 15})
        service.until(lambda: stream.pending() == 0)
    name, rows = next(iter(results_of(stream.setup).items()))
    assert name.startswith(f"{stream.name}-{first}--{first}-")
    assert rows[0]["message_id"] == first
    assert list(Path(stream.setup.state_folder(), "batches").iterdir()) == []


def test_redis_messages_that_are_no_rows_are_dead_letters_and_acknowledged(stream: Stream) -> None:
    bad = stream.add("{")
    stream.add({"id": "text", "x": "one"})
    stream.add({"id": "a", "x": 1})
    with running(stream.setup) as service:
        service.until(lambda: answers(stream.setup) == {"a": 5} and len(letters_of(stream.setup)) == 2)
        service.until(lambda: stream.pending() == 0)
    letters = [row for rows in letters_of(stream.setup).values() for row in rows]
    refused = next(row for row in letters if row["stage"] == "read")
    assert json.loads(refused["row"]) == {"message_id": bad, "message": "{"}
    assert all(row["file"].startswith(stream.name) for row in letters)


def test_redis_messages_of_a_killed_stream_are_scored_once_by_the_next(stream: Stream) -> None:
    stream.add({"id": "a", "x": 1})
    with pytest.raises(Killed), running(stream.setup, engine=die, pins=FakePins()) as service:
        service.join()
    assert stream.pending() == 1
    stream.add({"id": "b", "x": 2})
    with running(stream.setup) as service:
        service.until(lambda: answers(stream.setup) == {"a": 5, "b": 10})
        service.until(lambda: stream.pending() == 0)


def test_redis_messages_that_were_given_and_never_claimed_come_first(stream: Stream) -> None:
    stream.client.xgroup_create(stream.name, stream.spec.group, id="0", mkstream=True)
    stream.add({"id": "a", "x": 1})
    stream.client.xreadgroup(stream.spec.group, stream.spec.consumer, {stream.name: ">"})
    gone = stream.add({"id": "gone", "x": 1})
    stream.client.xreadgroup(stream.spec.group, stream.spec.consumer, {stream.name: ">"})
    stream.client.xdel(stream.name, gone)
    with running(stream.setup) as service:
        service.until(lambda: answers(stream.setup) == {"a": 5})
        service.until(lambda: stream.pending() == 0)
    ((letter,),) = letters_of(stream.setup).values()
    assert "removed from the stream" in letter["error"]


def test_a_field_can_be_named(redis_server: Server, tmp_path: Path) -> None:
    stream = Stream(redis_server, tmp_path, field="data")
    stream.add({"id": "a", "x": 1}, other="thing")
    stream.client.xadd(stream.name, {"other": "thing"})
    with running(stream.setup) as service:
        service.until(lambda: answers(stream.setup) == {"a": 5} and letters_of(stream.setup))
    ((letter,),) = letters_of(stream.setup).values()
    assert "no field 'data'" in letter["error"]


def test_a_redis_server_that_goes_and_comes_is_waited_for(tmp_path: Path) -> None:
    server = Server("127.0.0.1", free_port(), 0)
    stream = Stream(server, tmp_path)
    try:
        with running(stream.setup) as service:
            service.until(lambda: service.told("the Redis server is out of reach"))
            for name in ("a", "b"):  # each from a server that has just come, and goes again
                with running_redis(server.port):
                    stream.add({"id": name, "x": 1})
                    service.until(lambda: name in answers(stream.setup))  # noqa: B023  waited for in the loop
                    service.until(lambda: stream.pending() == 0)
            service.until(lambda: len(service.texts("back")) >= 2)
    except MissingProgramError as error:
        pytest.skip(str(error))


def test_a_redis_server_that_was_never_there_ends_the_stream_with_one_error(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    spec = RedisSpec(f"redis://:secret@127.0.0.1:{free_port()}", "rows")
    setup = setup_in(tmp_path, redis=spec, missing_seconds=0.5)
    with (
        pytest.raises(SourceLostError, match="Redis server is out of reach") as raised,
        running(setup) as service,
    ):
        service.join()
    assert "secret" not in str(raised.value)
    assert not any("secret" in text for text in service.texts())


def test_a_key_that_is_no_stream_is_told(stream: Stream) -> None:
    stream.client.set(stream.name, "text")
    setup = setup_in(Path(stream.setup.project_root), redis=stream.spec, missing_seconds=0.2)
    with pytest.raises(StorageError, match="refuses: WRONGTYPE"), running(setup) as service:
        service.join()


@pytest.mark.usefixtures("full_disk")
def test_redis_messages_that_find_no_room_are_read_again(stream: Stream) -> None:
    with running(stream.setup) as service:
        stream.add({"id": "a", "x": 1})
        service.until(lambda: answers(stream.setup) == {"a": 5})
        stream.add({"id": "b", "x": 2})
        service.until(lambda: answers(stream.setup) == {"a": 5, "b": 10})
    assert service.told("the disk is full")


# --------------------------------------------------------------------------------------------------------------- Kafka


class Topic:
    """A topic in a cluster of the client library's own, which lives as long as its producer."""

    def __init__(self, folder: Path, **spec: Any) -> None:
        kafka = pytest.importorskip("confluent_kafka")
        self.name = f"rows-{uuid4().hex[:8]}"
        self.producer = kafka.Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
        cluster = self.producer.list_topics(timeout=30)
        (broker,) = cluster.brokers.values()
        self.spec = KafkaSpec(f"{broker.host}:{broker.port}", self.name, **spec)
        self.setup = setup_in(folder, kafka=self.spec)

    def add(self, value: Any, partition: int = 0) -> None:
        content = value if isinstance(value, (str, bytes, type(None))) else json.dumps(value)
        self.producer.produce(self.name, content, partition=partition)
        assert self.producer.flush(30) == 0


def test_kafka_messages_of_all_partitions_are_scored(tmp_path: Path) -> None:
    topic = Topic(tmp_path)
    topic.add({"id": "a", "x": 1})
    with running(topic.setup) as service:
        service.until(lambda: answers(topic.setup) == {"a": 5})
        topic.add({"id": "b", "x": 2}, partition=1)
        topic.add("{", partition=2)
        topic.add(None)
        service.until(lambda: answers(topic.setup) == {"a": 5, "b": 10})
        service.until(lambda: len(letters_of(topic.setup)) == 2)
    assert any(name.startswith(f"{topic.name}-0-0--0-") for name in results_of(topic.setup))
    assert {rows[0]["message_id"] for rows in results_of(topic.setup).values()} == {"0-0", "1-0"}


@pytest.mark.usefixtures("full_disk")
def test_kafka_messages_that_find_no_room_are_read_again(tmp_path: Path) -> None:
    topic = Topic(tmp_path)
    topic.add({"id": "a", "x": 1})
    with running(topic.setup) as service:
        service.until(lambda: answers(topic.setup) == {"a": 5})
        topic.add({"id": "b", "x": 2})
        service.until(lambda: answers(topic.setup) == {"a": 5, "b": 10})
    assert service.told("the disk is full")


def test_kafka_goes_on_where_the_journal_stands(tmp_path: Path) -> None:
    topic = Topic(tmp_path)
    topic.add({"id": "a", "x": 1})
    with pytest.raises(Killed), running(topic.setup, engine=die, pins=FakePins()) as service:
        service.join()
    topic.add({"id": "b", "x": 2})
    pins = FakePins()
    engine = FakeEngine(pins)
    with running(topic.setup, engine=engine, pins=pins) as service:
        service.until(lambda: answers(topic.setup) == {"a": 5, "b": 10})
    with running(topic.setup, engine=engine, pins=pins) as service:
        topic.add({"id": "c", "x": 3})
        service.until(lambda: answers(topic.setup) == {"a": 5, "b": 10, "c": 15})
    assert len(engine.jobs) == 3


def test_a_kafka_stream_can_begin_with_what_comes(tmp_path: Path) -> None:
    topic = Topic(tmp_path, start="latest")
    topic.add({"id": "before", "x": 1})
    with running(topic.setup) as service:
        service.until(lambda: service.texts("models"))
        # Where it begins is written down as soon as the topic is assigned; only what comes after that is its affair.
        journal = Path(topic.setup.state_folder()) / "journal.db"
        service.until(lambda: _positions(journal))
        topic.add({"id": "after", "x": 2})
        service.until(lambda: answers(topic.setup) == {"after": 10})


def _positions(journal: Path) -> list[Any]:
    with closing(sqlite3.connect(journal)) as db:
        return db.execute("SELECT * FROM positions").fetchall()


def test_a_kafka_cluster_out_of_reach_ends_the_stream_with_one_error(tmp_path: Path) -> None:
    pytest.importorskip("confluent_kafka")
    setup = setup_in(tmp_path, kafka=KafkaSpec(f"127.0.0.1:{free_port()}", "rows"), missing_seconds=0.5)
    with pytest.raises(SourceLostError, match="Kafka cluster is out of reach"), running(setup) as service:
        service.join()
