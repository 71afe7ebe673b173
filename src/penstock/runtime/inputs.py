# SPDX-License-Identifier: Apache-2.0
"""Resolves a node's inputs to artifacts of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError
from penstock.ir.model import ChannelIR, NodeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime.roles import Skip
from penstock.runtime.run import NodeResult, Run, node_results

Artifacts = dict[str, list[Artifact]]


class RunOutputs:
    """What the nodes of one run have put out so far, remembered as it is published and read from the store else."""

    def __init__(self, run: Run, store: MetadataStore) -> None:
        self._run = run
        self._store = store
        self._outputs: dict[str, Mapping[str, Sequence[Artifact]]] = {}
        self._results: dict[str, NodeResult] = {}

    def remember(self, result: NodeResult, outputs: Mapping[str, Sequence[Artifact]]) -> None:
        """Keeps what a node has put out and how it ended."""
        self._outputs[result.node_id] = outputs
        self._results[result.node_id] = result

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._results

    def of(self, node_id: str) -> tuple[Mapping[str, Sequence[Artifact]] | None, str]:
        """Returns a node's outputs by key, or ``None`` and why there are none where it was skipped.

        Raises:
            ResolutionError: It has not run, or has failed.
        """
        if node_id not in self._results:
            self._read(node_id)
        result = self._results[node_id]
        if result.has_outputs:
            return self._outputs[node_id], ""
        if result.state == "skipped":
            return None, f"{node_id} was skipped" + (f": {result.reason}" if result.reason else "")
        raise ResolutionError(
            f"{node_id} has put nothing out in run {self._run.run_id}",
            got=f"{result.state}: {result.reason}" if result.reason else result.state,
            hint=f"run {node_id} again first",
        )

    def _read(self, node_id: str) -> None:
        """Reads from the store what another process has published."""
        node = self._run.ir.node(node_id)
        execution = latest_finished(self._store, self._run, node)
        if execution is not None:
            result = NodeResult(node_id, "ran", execution_id=execution)
            self.remember(result, self._store.outputs_of(execution))
            return
        recorded = self._run_record_result(node_id)
        if recorded is None:
            raise ResolutionError(
                f"{node_id} has not run in run {self._run.run_id}", hint="run the nodes in their order"
            )
        self.remember(recorded, {})

    def _run_record_result(self, node_id: str) -> NodeResult | None:
        record = self._store.get_run(self._run.ir.name, self._run.run_id)
        return node_results(record).get(node_id) if record else None


def execution_name(run: Run, node_id: str, attempt: int, item: int = 0) -> str:
    """Returns the name of an execution, which makes a repeated publish the same publish."""
    return f"{run.ir.name}/{run.run_id}/{node_id}/{item}/{attempt}"


def next_attempt(store: MetadataStore, run: Run, node: NodeIR) -> int:
    """Returns the number of the first attempt of a node in a run that has not been made."""
    attempt = 0
    while store.execution_by_name(node.type, execution_name(run, node.id, attempt)) is not None:
        attempt += 1
    return attempt


def latest_finished(store: MetadataStore, run: Run, node: NodeIR) -> int | None:
    """Returns the id of a node's newest COMPLETE or CACHED execution in a run."""
    found, attempt = None, 0
    while True:
        execution = store.execution_by_name(node.type, execution_name(run, node.id, attempt))
        if execution is None:
            return found
        if execution.state in ("COMPLETE", "CACHED"):
            found = execution.id
        attempt += 1


def resolve(node: NodeIR, outputs: RunOutputs) -> Artifacts | Skip:
    """Returns the artifacts of each input, or why the node has to be skipped.

    Raises:
        ResolutionError: A required input has no artifact although its producers ran.
    """
    resolved: Artifacts = {}
    for key, port in node.inputs.items():
        found: list[Artifact] = []
        for channel in port.channels:
            artifacts = _from_channel(channel, outputs)
            if isinstance(artifacts, Skip):
                if port.optional:
                    continue
                return artifacts
            if port.one_each:
                _check_one(node, key, channel, artifacts)
            found.extend(artifacts)
        if not found and not port.optional:
            raise ResolutionError(
                f"input {key!r} has no artifact",
                component=node.id,
                expected=f"{port.channels[0].type} from {port.channels[0].producer}",
                got="none",
            )
        resolved[key] = found
    return resolved


def _check_one(node: NodeIR, key: str, channel: ChannelIR, artifacts: Sequence[Artifact]) -> None:
    if len(artifacts) != 1:
        raise ResolutionError(
            f"{channel.producer} gives {len(artifacts)} artifacts for input {key!r}",
            component=node.id,
            expected=f"one {channel.type} of each of its channels",
            got=", ".join(artifact.uri for artifact in artifacts) or "none",
            hint="a Resolver finds nothing where its pipeline has made, or blessed, nothing yet"
            if not artifacts
            else None,
        )


def _from_channel(channel: ChannelIR, outputs: RunOutputs) -> Sequence[Artifact] | Skip:
    if channel.producer is None or channel.output is None:
        raise ResolutionError(
            f"a channel of {channel.type} has no producer",
            hint="a channel of the history feeds a Resolver first",
        )
    made, why = outputs.of(channel.producer)
    return Skip(why) if made is None else made.get(channel.output, ())
