# SPDX-License-Identifier: Apache-2.0
"""What the nodes of a run have put out, and how they ended, for each item of the loops around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError
from penstock.metadata.store import MetadataStore
from penstock.runtime.attempts import latest_finished
from penstock.runtime.items import Item, instance_name
from penstock.runtime.results import NodeResult, node_results
from penstock.runtime.run import Run

Artifacts = dict[str, list[Artifact]]


class RunOutputs:
    """What the nodes of one run have put out so far, remembered as it is published and read from the store else."""

    def __init__(self, run: Run, store: MetadataStore) -> None:
        self._run = run
        self.store = store
        self._outputs: dict[str, Mapping[str, Sequence[Artifact]]] = {}
        self._results: dict[str, NodeResult] = {}
        self._read_from_run: dict[str, NodeResult] = {}

    def remember(self, result: NodeResult, outputs: Mapping[str, Sequence[Artifact]]) -> None:
        """Keeps how a node, or its work on one item, ended, and what it has put out."""
        self._outputs[result.name] = outputs
        self._results[result.name] = result

    def has(self, node_id: str, item: Item = ()) -> bool:
        """Says whether it is known here how a node's work on an item ended."""
        return instance_name(node_id, item) in self._results

    def result(self, node_id: str, item: Item = ()) -> NodeResult:
        """Returns how a node's work on an item ended.

        Raises:
            ResolutionError: It has not run.
        """
        name = instance_name(node_id, item)
        if name not in self._results:
            self._read(node_id, item)
        return self._results[name]

    def of(self, node_id: str, item: Item = ()) -> tuple[Mapping[str, Sequence[Artifact]] | None, str]:
        """Returns outputs by key, or ``None`` and why there are none where the node was skipped.

        Raises:
            ResolutionError: It has not run, or has failed.
        """
        result = self.result(node_id, item)
        name = instance_name(node_id, item)
        if result.has_outputs:
            return self._outputs[name], ""
        if result.state == "skipped":
            return None, f"{name} was skipped" + (f": {result.reason}" if result.reason else "")
        raise ResolutionError(
            f"{name} has put nothing out in run {self._run.run_id}",
            got=f"{result.state}: {result.reason}" if result.reason else result.state,
            hint=f"run {node_id} again first",
        )

    def _read(self, node_id: str, item: Item) -> None:
        """Reads from the store what another process has published."""
        name, node = instance_name(node_id, item), self._run.ir.node(node_id)
        execution = latest_finished(self.store, self._run, node, item)
        recorded = self._recorded(node_id, item)
        skipped_since = recorded is not None and recorded.state == "skipped"
        if (
            execution is not None and not skipped_since
        ):  # of a node that was run twice, what it did last counts
            self._outputs[name] = self.store.outputs_of(execution)
            self._results[name] = NodeResult(node_id, "ran", execution_id=execution)
            return
        if recorded is None:
            raise ResolutionError(
                f"{name} has not run in run {self._run.run_id}", hint="run the nodes in their order"
            )
        self._outputs[name], self._results[name] = {}, recorded

    def _recorded(self, node_id: str, item: Item) -> NodeResult | None:
        """Returns how a node's work on an item ended, as it is recorded on the run.

        All that is recorded is read at once, and again only for what may have come about since: what a node reads has
        ended before it begins.
        """
        known = self._known(node_id, item)
        if known is None or not (known.has_outputs or known.state == "skipped"):
            record = self.store.get_run(self._run.ir.name, self._run.run_id)
            self._read_from_run = node_results(record) if record else {}
            known = self._known(node_id, item)
        return known

    def _known(self, node_id: str, item: Item) -> NodeResult | None:
        whole = self._read_from_run.get(node_id)
        return whole.of_item(item) if whole is not None else None
