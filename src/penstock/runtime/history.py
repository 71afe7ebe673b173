# SPDX-License-Identifier: Apache-2.0
"""The artifacts that a Resolver chooses from: of the history, and of its own run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.graph.resolver_functions.evaluation import SkipSignal
from penstock.ir.model import ChannelIR, NodeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime.items import Item
from penstock.runtime.presence import is_there
from penstock.runtime.roles import Skip
from penstock.runtime.run import Run
from penstock.runtime.scopes import Scopes

_READS = (
    "artifact_by_uri",
    "artifacts",
    "executions",
    "executions_of_node",
    "executions_of_run",
    "get_run",
    "inputs_of",
    "latest_artifacts",
    "lineage",
    "list_runs",
    "newest_artifacts",
    "outputs_of",
)


class StoreView:
    """The metadata store for a user's strategy: what reads, and nothing that writes."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        if name in _READS:
            return getattr(self._store, name)
        raise AttributeError(
            f"the store that a resolver strategy sees has no {name!r}: it is Penstock's, and can only be read; "
            f"it has {', '.join(_READS)}"
        )


class StoreHistory:
    """What a node's channels lead to, as resolver strategies and resolver functions see it.

    Args:
        node: The Resolver.
        run: Its run.
        store: The metadata store.
        scopes: What the channels of the run stand for; without them only the history is seen.
        item: The item of the loops around the node.
    """

    def __init__(
        self, node: NodeIR, run: Run, store: MetadataStore, scopes: Scopes | None = None, item: Item = ()
    ) -> None:
        self._node = node
        self._run = run
        self._store = store
        self._scopes = scopes
        self._item = item
        self.store = StoreView(store)

    @property
    def seed(self) -> str:
        """What random orders depend on: run, node and item."""
        return f"{self._run.run_id}/{self._node.id}/{self._item}"

    def newest_first(self, key: str) -> Iterator[Artifact]:
        """Yields the history of one input's channels that is there, newest first, reading only as much as is asked."""
        return _once(self._recorded(self._node.inputs[key].channels))

    def oldest_first(self, key: str) -> list[Artifact]:
        """Returns what the channels of one input stand for: of this run, where a node of it makes the artifacts.

        Those come in the node's order, and after those of the history, of which the oldest come first.

        Raises:
            SkipSignal: All of the nodes were skipped.
        """
        channels = self._node.inputs[key].channels
        recorded = [channel for channel in channels if not _is_of_run(channel)]
        found = self._of_run([channel for channel in channels if _is_of_run(channel)])
        return list(_once(iter([*list(self._recorded(recorded))[::-1], *found])))

    def newest(self, key: str, n: int) -> list[Artifact]:
        """Returns the ``n`` newest artifacts of one input, the oldest of these first."""
        if any(map(_is_of_run, self._node.inputs[key].channels)):
            return sorted(self.oldest_first(key), key=lambda artifact: artifact.id)[-n:]
        return list(islice(self.newest_first(key), n))[::-1]

    def latest_run_outputs(
        self, pipeline: str, outputs: Mapping[str, Sequence[Sequence[str]]]
    ) -> dict[str, list[Artifact]] | None:
        """Returns what a pipeline's latest run that succeeded has put out, ``None`` where there is none.

        Args:
            pipeline: Name of the pipeline.
            outputs: Node and output key that each output comes from, by the output's key.
        """
        runs = self._store.list_runs(pipeline)
        latest = next((run for run in runs if run.properties.get("state") == "COMPLETE"), None)
        if latest is None:
            return None
        return {
            key: [a for node, output in places for a in self._put_out(pipeline, latest.run_id, node, output)]
            for key, places in outputs.items()
        }

    def _of_run(self, channels: Sequence[ChannelIR]) -> list[Artifact]:
        found: list[Artifact] = []
        skipped: list[Skip] = []
        for channel in channels:
            artifacts = (
                Skip("there is no run")
                if self._scopes is None
                else self._scopes.artifacts(channel, self._node.scope, self._item)
            )
            if isinstance(artifacts, Skip):
                skipped.append(artifacts)
            else:
                found.extend(artifacts)
        if skipped and len(skipped) == len(channels):
            raise SkipSignal(skipped[0].reason)
        return found

    def _recorded(self, channels: Sequence[ChannelIR]) -> Iterator[Artifact]:
        merged = merge(*map(self._of_history, channels), key=lambda artifact: -artifact.id)
        return filter(is_there, merged)

    def _of_history(self, channel: ChannelIR) -> Iterator[Artifact]:
        pipeline, node = channel.pipeline or self._run.ir.name, channel.node or channel.producer
        if channel.run is not None:
            found = self._put_out(pipeline, channel.run, node, channel.output)
            return iter(sorted((a for a in found if a.type_name == channel.type), key=lambda a: -a.id))
        return self._store.newest_artifacts(
            channel.type, pipeline=pipeline, node_id=node, output_key=channel.output
        )

    def _put_out(self, pipeline: str, run_id: str, node: str | None, output: str | None) -> list[Artifact]:
        """Returns what a node (any, where it is ``None``) has put out in a run, in the order of its executions."""
        newest: dict[str, int] = {}
        for execution in self._store.executions_of_run(pipeline, run_id):
            if execution.state in ("COMPLETE", "CACHED") and node in (None, execution.node_id):
                newest[execution.name.rpartition("/")[0]] = execution.id  # of several attempts, the last
        made = self._store.outputs_of_all(newest.values())
        return [
            artifact
            for execution_id in newest.values()
            for key, group in made[execution_id].items()
            if output in (None, key)
            for artifact in group
            if artifact.state == "LIVE" and is_there(artifact)
        ]


def _is_of_run(channel: ChannelIR) -> bool:
    return channel.producer is not None or channel.loop is not None


def _once(artifacts: Iterator[Artifact]) -> Iterator[Artifact]:
    """Yields artifacts, each once: two channels may lead to one."""
    seen: set[int] = set()
    for artifact in artifacts:
        if artifact.id not in seen:
            seen.add(artifact.id)
            yield artifact
