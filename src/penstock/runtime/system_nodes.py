# SPDX-License-Identifier: Apache-2.0
"""Handlers of the system nodes, which bring existing artifacts into a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from penstock import files
from penstock.artifacts.artifact import CONTENT_DIGEST, IS_EXTERNAL, TFX_VERSION, Artifact, PropertyValue
from penstock.errors import ResolutionError
from penstock.graph.resolver_strategy import Choice
from penstock.ir.model import NodeIR
from penstock.metadata.records import RemovedArtifactError
from penstock.metadata.store import MetadataStore
from penstock.runtime.attempts import new_attempts
from penstock.runtime.history import StoreHistory
from penstock.runtime.items import Item
from penstock.runtime.loading import load
from penstock.runtime.node_values import NodeValues
from penstock.runtime.outputs import Artifacts
from penstock.runtime.publish import new_execution
from penstock.runtime.run import NodeResult, NodeState, Run
from penstock.runtime.scopes import GROUPS, Scopes
from penstock.runtime.user_code import user_code
from penstock.version import TFX_COMPATIBLE_VERSION

_CHOICES = 3
"""How often a Resolver chooses anew where what it has chosen is being removed."""
_IDS = 8
"""How many of the artifacts that a Resolver has chosen are told by their ids."""


def run_resolver(
    node: NodeIR,
    run: Run,
    store: MetadataStore,
    item: Item = (),
    values: NodeValues | None = None,
    scopes: Scopes | None = None,
) -> tuple[NodeResult, Artifacts]:
    """Chooses artifacts from the history, or of this run, and records them as the node's outputs.

    A history that does not hold enough yields empty outputs: a node that needs one of them fails, one that can do
    without runs. Where the choice says so, the node is skipped instead.
    """
    for _ in range(_CHOICES - 1):
        with suppress(RemovedArtifactError):
            return _choose(node, run, store, item, values, scopes)
    return _choose(node, run, store, item, values, scopes)


def _choose(
    node: NodeIR,
    run: Run,
    store: MetadataStore,
    item: Item,
    values: NodeValues | None,
    scopes: Scopes | None,
) -> tuple[NodeResult, Artifacts]:
    given, read = _given(node, values)
    config: dict[str, Any] = given["config"] or {}
    strategy = load(node.component, node.id)
    types = {key: port.channels[0].type for key, port in node.inputs.items()}
    with user_code(node.id, what=f"{strategy.__name__}.resolve"):
        resolved = strategy.from_config(config).resolve(types, StoreHistory(node, run, store, scopes, item))
    choice = resolved if isinstance(resolved, Choice) else Choice(resolved or {})
    if choice.skip is not None:
        return NodeResult(node.id, "skipped", choice.skip), {}
    outputs: Artifacts = {key: list(choice.artifacts.get(key, [])) for key in node.outputs}
    groups = {} if choice.groups is None else {GROUPS: json.dumps(choice.groups)}
    attempt = next(new_attempts(store, run, node, item))
    new = new_execution(run, node, attempt, {"config": config}, read, None, groups, item)
    execution = store.record_resolved(new, {key: [a.id for a in group] for key, group in outputs.items()})
    summary = choice.note or _resolved_summary(outputs)
    return NodeResult(node.id, "ran", execution_id=execution.id, summary=summary), outputs


def _resolved_summary(outputs: Artifacts) -> str:
    found = [f"{key} {_ids(group)}" for key, group in outputs.items() if group]
    return ", ".join(found) if found else "nothing yet"


def _ids(artifacts: Sequence[Artifact]) -> str:
    more = f" and {len(artifacts) - _IDS:,} more" if len(artifacts) > _IDS else ""
    return ", ".join(str(artifact.id) for artifact in artifacts[:_IDS]) + more


def _given(node: NodeIR, values: NodeValues | None) -> tuple[Mapping[str, Any], Artifacts]:
    """Returns the values of a node's parameters, and what they were read from; the constants where nothing is given."""
    if values is not None:
        return values.parameters, values.read
    return {name: value.constant for name, value in node.parameters.items()}, {}


def run_importer(
    node: NodeIR, run: Run, store: MetadataStore, item: Item = (), values: NodeValues | None = None
) -> tuple[NodeResult, Artifacts]:
    """Registers an existing file or folder as an artifact, or finds the one registered before.

    Its content is read each time, since whoever owns it may have changed it in place: an artifact stands for one
    content, and the cache knows it by that.

    Raises:
        ResolutionError: There is nothing at the URI.
    """
    given, read = _given(node, values)
    uri = str(given["source_uri"])
    if "://" not in uri:
        uri = files.join(run.ir.project_root, uri)
    if not files.exists(uri):
        raise ResolutionError(
            "nothing to import",
            component=node.id,
            expected=f"a file or folder at {uri}",
            got="no such file or folder",
        )
    (key,) = node.outputs
    artifact: Artifact = load(node.component, node.id)(
        uri, properties=given["properties"], custom_properties=given["custom_properties"]
    )
    artifact.set_custom_property(CONTENT_DIGEST, files.digest(uri))
    artifact.set_custom_property(IS_EXTERNAL, 1)
    artifact.set_custom_property(TFX_VERSION, TFX_COMPATIBLE_VERSION)
    recorded: dict[str, PropertyValue] = {
        "artifact_uri": uri,
        "output_key": key,
        "reimport": int(given["reimport"]),
    }
    attempt = next(new_attempts(store, run, node, item))
    new = new_execution(run, node, attempt, {}, read, None, recorded, item)
    execution, imported = store.record_imported(new, key, artifact, reuse=not given["reimport"])
    state: NodeState = "cached" if execution.state == "CACHED" else "ran"
    return NodeResult(node.id, state, execution_id=execution.id, summary=uri), {key: [imported]}
