# SPDX-License-Identifier: Apache-2.0
"""What the words RUN and ARTIFACT on the command line refer to."""

from __future__ import annotations

import os
from collections.abc import Iterator

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import PushedModel
from penstock.errors import MetadataError, UsageError, did_you_mean
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.results import by_name, refuse_whole_loop
from penstock.runtime.run import node_results

LATEST = "latest"
_RUNS = 50
_PUSHES = 1000


def find_run(store: MetadataStore, text: str) -> RunRecord:
    """Returns the run of an id; ``latest`` is the newest one.

    Raises:
        UsageError: There is none.
    """
    found = find_run_or_none(store, text)
    if found is None:
        known = [run.run_id for run in store.list_runs(limit=_RUNS)]
        raise UsageError(f"there is no run {text!r}", hint=did_you_mean(text, known))
    return found


def find_run_or_none(store: MetadataStore, text: str) -> RunRecord | None:
    """Returns the run of an id or ``latest``, ``None`` where there is none."""
    if text == LATEST:
        return next(iter(store.list_runs(limit=1)), None)
    return store.get_run(None, text)


def find_artifact(store: MetadataStore, text: str, run_id: str | None = None) -> Artifact:
    """Returns the artifact that a text names.

    Args:
        store: The metadata store.
        text: Its id, its URI (or that of something in it, or the folder that a model was pushed to), or
            ``<node>.<output>`` of the latest run that has it; ``<node>[<item>].<output>`` in a loop.
        run_id: The run to take ``<node>.<output>`` of.

    Raises:
        UsageError: There is none.
    """
    if text.isdecimal():
        try:
            return store.artifacts([int(text)])[0]
        except MetadataError:
            raise UsageError(
                f"there is no artifact {text}", hint="penstock show RUN lists those of a run"
            ) from None
    if os.sep in text or "://" in text:
        return _by_uri(store, text)
    node_id, dot, key = text.rpartition(".")
    if not dot:
        raise UsageError(
            f"{text!r} names neither a run nor an artifact",
            expected="the id of a run, an artifact's id or URI, or <node>.<output> such as Trainer.model",
        )
    return _by_output(store, node_id, key, run_id)


def _by_uri(store: MetadataStore, text: str) -> Artifact:
    uri = text if "://" in text else os.path.abspath(text)
    for candidate in _upwards(uri):
        found = store.artifact_by_uri(candidate)
        if found is not None:
            return found

    def was_pushed_there(artifact: Artifact) -> bool:
        return artifact.get_string_custom_property("pushed_destination") == uri.rstrip("/")

    pushed = store.newest_artifacts(PushedModel.TYPE_NAME)
    for _, artifact in zip(range(_PUSHES), pushed):  # noqa: B905  zip(strict=…) would be wrong: pushed is longer
        if was_pushed_there(artifact):
            return artifact
    raise UsageError(f"no artifact has the URI {uri}", expected="the folder of an artifact, or one below it")


def _upwards(uri: str) -> Iterator[str]:
    """Yields a URI and those of the folders above it."""
    floor = len(uri.partition("://")[0]) + 3 if "://" in uri else 1
    while len(uri) > floor:
        yield uri.rstrip("/")
        uri = uri.rstrip("/").rpartition("/")[0]


def _by_output(store: MetadataStore, node_id: str, key: str, run_id: str | None) -> Artifact:
    records = [find_run(store, run_id)] if run_id else store.list_runs(limit=_RUNS)
    nodes: dict[str, None] = {}
    for record in records:
        results = by_name(node_results(record).values())
        nodes.update(dict.fromkeys(results))
        result = results.get(node_id)
        if result is not None:
            refuse_whole_loop(result)
        # A node that stopped its run after it was done has published, too.
        if result is None or not (result.has_outputs or result.stop) or result.execution_id is None:
            continue
        outputs = store.outputs_of(result.execution_id)
        if key not in outputs:
            raise UsageError(
                f"{node_id} of run {record.run_id} has no output {key!r}", hint=did_you_mean(key, outputs)
            )
        return outputs[key][0]
    where = f"run {run_id}" if run_id else f"the {len(records)} latest runs"
    if node_id in nodes:
        raise UsageError(f"{node_id} has put nothing out in {where}", hint="penstock show RUN says why")
    raise UsageError(f"{where} had no node {node_id!r}", hint=did_you_mean(node_id, nodes))
