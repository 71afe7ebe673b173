# SPDX-License-Identifier: Apache-2.0
"""Driver of Pusher: the gate, and whether the model is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.blessing import refusal
from penstock.components.pusher.component import PusherInputs, PusherParameters, PusherPlan
from penstock.components.pusher.versions import newest_version, version_uri
from penstock.errors import ParameterError
from penstock.messages.pusher import PushDestination
from penstock.runtime.roles import Decision, Driver, DriverContext, Reuse, Run, Skip

STAMPED_MODEL = "stamped_model"
_HAS_MODEL = "has_model"
_FINISHED = ("COMPLETE", "CACHED")


class PusherDriver(Driver[PusherInputs, PusherParameters, PusherPlan]):
    """Lets only blessed models through, and those only once in a row."""

    def decide(
        self, inputs: PusherInputs, parameters: PusherParameters, context: DriverContext
    ) -> Decision[PusherPlan]:
        folder = _destination(parameters.push_destination, context.project_root)
        refused = _refusal(inputs)
        if refused:
            return Skip(f"not pushed: {refused}")
        key, source = _source(inputs)
        if not folder:
            return Run(PusherPlan(source, ""), cache_parts={})
        last = _last_push(folder, context)
        newest = newest_version(folder)
        is_there = last is not None and last.is_live and last.version == newest
        if last is not None and is_there and last.pushed(key, getattr(inputs, key), context):
            return Reuse(last.execution_id, f"already pushed to {version_uri(folder, last.version)}")
        # What is found there is a part of the key: a version that was removed, or overtaken by another model's, is
        # pushed again. The same state never comes twice, so a push is repeated by the rule above or not at all.
        found = {"newest_version": newest or 0, "last_pushed_version": last.version if last else 0}
        return Run(PusherPlan(source, folder), cache_parts=found)


def _destination(given: PushDestination | None, project_root: str) -> str:
    """Returns the folder of versions; ``""`` where a custom executor pushes to none."""
    if given is None:
        return ""
    base = given.filesystem.base_directory
    if not base:
        raise ParameterError(
            "push_destination names no folder",
            input="push_destination",
            expected="PushDestination(filesystem=PushDestination.Filesystem(base_directory='…'))",
        )
    return files.join(project_root, base)


def _refusal(inputs: PusherInputs) -> str:
    return refusal(inputs.model_blessing) or refusal(inputs.infra_blessing, "blessed for its server")


def _source(inputs: PusherInputs) -> tuple[str, str]:
    """Returns the input that holds what is pushed, and its folder."""
    infra = inputs.infra_blessing
    if infra is not None and infra.get_int_custom_property(_HAS_MODEL) == 1:
        return "infra_blessing", files.join(infra.uri, STAMPED_MODEL)
    if inputs.model is None:
        raise ParameterError(
            "Pusher has no model",
            input="model",
            expected="the input model, or an infra_blessing that holds one (RequestSpec(make_warmup=True))",
        )
    return "model", inputs.model.serving_uri


@dataclass(frozen=True, slots=True)
class _Push:
    """The newest push of this node to the destination; its artifact may have been removed since."""

    execution_id: int
    version: int
    is_live: bool

    def pushed(self, key: str, artifact: Artifact, context: DriverContext) -> bool:
        """Says whether it was this artifact, or one with the same content, that was pushed."""
        before: Sequence[Artifact] = context.store.inputs_of(self.execution_id).get(key, ())
        return any(
            other.id == artifact.id
            or (artifact.content_digest != "" and other.content_digest == artifact.content_digest)
            for other in before
        )


def _last_push(folder: str, context: DriverContext) -> _Push | None:
    executions = [
        execution
        for execution in context.store.executions_of_node(context.pipeline, context.node_id)
        if execution.state in _FINISHED
    ]
    outputs = context.store.outputs_of_all(execution.id for execution in executions)
    for execution in executions:
        for pushed in outputs[execution.id].get("pushed_model", ()):
            version = pushed.get_string_custom_property("pushed_version")
            uri = pushed.get_string_custom_property("pushed_destination")
            if version.isdecimal() and uri == version_uri(folder, int(version)):
                return _Push(execution.id, int(version), pushed.state == "LIVE")
    return None
