# SPDX-License-Identifier: Apache-2.0
"""What a stream is made of: its places, its source, its sinks, its models, opened as the configuration says."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock import files
from penstock.errors import ParameterError
from penstock.inference.config_file import ModelSource
from penstock.inference.databases.url import hidden
from penstock.inference.job import InferenceJob, InferenceSummary, ModelRef
from penstock.inference.spec import InferenceGraph, ModelSettings, SinkSpec
from penstock.inference.streaming.folder import FolderSource
from penstock.inference.streaming.incoming import Source
from penstock.inference.streaming.journal import Journal
from penstock.inference.streaming.messages import BatchFolder
from penstock.inference.streaming.scoring import Places, in_streams
from penstock.inference.streaming.spec import StreamSpec
from penstock.inference.streaming.tidying import forget_shared_models
from penstock.metadata.config import ConnectionConfig


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """All that a stream needs.

    Attributes:
        name: Name of the pipeline that it stands for in the metadata store.
        graph: What is done with the rows.
        models: Where each model comes from.
        spec: Where rows come from, and where results go.
        project_root: Folder of the user's project.
        pipeline_root: Root URI of the pipeline's artifacts.
        metadata: Connection of the metadata store.
        parameters: Values of the configuration's parameters, for the record.
        run_id: Id of the run in the metadata store; one is made from the time where none is given.
    """

    name: str
    graph: InferenceGraph
    models: Mapping[str, ModelSource]
    spec: StreamSpec
    project_root: str
    pipeline_root: str
    metadata: ConnectionConfig
    parameters: Mapping[str, Any] = field(default_factory=dict)
    run_id: str | None = None

    def ready(self) -> StreamSetup:
        """Returns the setup with sinks as a stream needs them.

        Raises:
            ParameterError: A sink cannot be one of a stream, or the stream would read what it writes.
        """
        self._check_places()
        sinks = tuple(in_streams(sink) for sink in self.graph.sinks)
        return replace(self, graph=replace(self.graph, sinks=sinks))

    def _check_places(self) -> None:
        """Refuses to write where files are taken from: each result would be scored in its turn, for ever."""
        if self.spec.folder is None:
            return
        watched, places = self.source_label(), self.places()
        written = {
            "stream.output": places.output,
            "stream.dead_letters": places.dead_letters,
            "stream.state": self.state_folder(),
            **{f"sinks: {s.path}": files.join(self.project_root, s.path) for s in self.graph.sinks if s.path},
        }
        below = "**" in self.spec.pattern
        for name, uri in written.items():
            place = uri.rstrip("/")
            if place == watched or (below and place.startswith(f"{watched}/")):
                raise ParameterError(
                    "a stream cannot write into the folder that it watches: it would score its own results",
                    input=name,
                    got=uri,
                    hint="name a folder beside it" if below else "name another folder",
                )

    def settings(self, model: str) -> ModelSettings:
        """Returns how a model is loaded and called."""
        return self.graph.models.get(model, ModelSettings())

    def paths(self) -> dict[str, str]:
        """Returns the models that are no pipeline's, by name."""
        return {
            name: files.join(self.project_root, source.path)
            for name, source in self.models.items()
            if source.path
        }

    def state_folder(self) -> str:
        """Returns the local folder in which the stream remembers what is done.

        Raises:
            ParameterError: It would be in an object store.
        """
        state = self.spec.state or f"{self.spec.output.rstrip('/')}-state"
        uri = files.join(self.project_root, state)
        if not files.is_local(uri):
            raise ParameterError(
                "the stream's state must be on a local disk",
                input="stream.state",
                got=uri,
                hint="name a local folder: state: …",
            )
        return files.local_path(uri)

    def places(self) -> Places:
        """Returns where the stream writes."""
        output = files.join(self.project_root, self.spec.output).rstrip("/")
        letters = self.spec.dead_letters
        return Places(
            output=output,
            dead_letters=files.join(self.project_root, letters) if letters else f"{output}-failed",
            work=files.join(self.state_folder(), "work"),
            project_root=self.project_root,
        )

    def source_label(self) -> str:
        """Returns what tells the stream's source from others; no password."""
        spec = self.spec
        if spec.redis is not None:
            redis = spec.redis
            return (
                f"{hidden(redis.url)} stream {redis.stream}, group {redis.group}, consumer {redis.consumer}"
            )
        if spec.kafka is not None:
            return f"kafka topic {spec.kafka.topic} at {spec.kafka.servers}, group {spec.kafka.group}"
        return files.join(self.project_root, spec.folder or "").rstrip("/") or "/"


def open_source(
    setup: StreamSetup, journal: Journal, batches: BatchFolder, pause: Callable[[float], object]
) -> Source:
    """Opens a stream's source; it is reached for when it is first polled.

    Args:
        setup: The stream.
        journal: Its journal.
        batches: Where batches of messages are written.
        pause: Waits for some seconds, or until the stream is to end.
    """
    spec, label = setup.spec, setup.source_label()
    if spec.redis is not None:
        from penstock.inference.streaming.redis_source import RedisSource

        return RedisSource(spec.redis, label, spec.tick_files, batches)
    if spec.kafka is not None:
        from penstock.inference.streaming.kafka_source import KafkaSource

        return KafkaSource(spec.kafka, label, spec.tick_files, batches, journal)
    return FolderSource(spec, label, journal.is_known, pause)


class LoadedModels:
    """The models that this process keeps loaded.

    Args:
        setup: The stream.
    """

    def __init__(self, setup: StreamSetup) -> None:
        self._setup = setup

    def pin(self, name: str, ref: ModelRef) -> object:
        """Loads a model and keeps it."""
        from penstock.inference import loaded

        return loaded.pin(ref, self._setup.settings(name), project_root=self._setup.project_root)

    def unpin(self, name: str, ref: ModelRef) -> None:
        """Lets a model go."""
        from penstock.inference import loaded

        loaded.unpin(ref, self._setup.settings(name))


def prepare_engine() -> None:
    """Imports what the engine needs, so that the first tick need not."""
    importlib.import_module("penstock.inference.engine")


def run_job(job: InferenceJob) -> InferenceSummary:
    """Runs a job in this process."""
    from penstock.inference import engine

    summary = engine.run(job)
    forget_shared_models()
    return summary


def deliver_to(setup: StreamSetup) -> Callable[..., object]:
    """Returns what delivers rows to the sinks of a stream."""

    def deliver(spec: SinkSpec, rows: Sequence[str], *, run_token: str) -> object:
        from penstock.inference import sinks

        root, key = setup.project_root, setup.graph.key
        return sinks.deliver(spec, rows, project_root=root, run_token=run_token, key=key)

    return deliver
