# SPDX-License-Identifier: Apache-2.0
"""Executor of guests: it calls TFX's driver and executor with TFX's own objects. Imports TFX where it works."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.beam.arguments import is_in_process, without_runner
from penstock.components.tfx_guest.component import GuestArtifact, GuestResult, TfxGuest
from penstock.components.tfx_guest.document import GuestDocument, GuestPort
from penstock.errors import ExecutionError, UserCodeError
from penstock.graph.import_path import import_path
from penstock.runtime.binding import artifacts_of
from penstock.runtime.roles import Executor, ExecutorContext, Work
from penstock.runtime.user_code import user_code

_IN_PROCESS = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"

GuestArtifacts = dict[str, list[Any]]


class GuestExecutor(Executor[Any, Any, Any, None, GuestResult]):
    """Calls ``Do`` of the guest's executor.

    Args:
        guest: The guest.
    """

    def __init__(self, guest: GuestDocument) -> None:
        self._guest = guest

    @classmethod
    def for_component(cls, component: type[TfxGuest]) -> GuestExecutor:
        """Returns the executor of a guest."""
        return cls(component.GUEST)

    def execute(self, work: Work[Any, Any, Any, None]) -> GuestResult:
        """Runs the guest; what it sets on its outputs is reported."""
        inputs = _guest_artifacts(work.inputs, self._guest.inputs)
        outputs = _guest_artifacts(work.outputs, self._guest.outputs)
        before = self._exec_properties(work.parameters)
        properties = dict(before)
        if self._guest.driver_class:
            self._drive(inputs, outputs, properties, work.context)
        told = {key: _uris(group) for key, group in outputs.items()}
        executor = self._made(work.context)
        name = type(executor).__name__
        try:
            with user_code(work.context.node_id, what=f"{name}.Do"):
                returned = executor.Do(inputs, outputs, properties)
        except UserCodeError as error:
            if error.hint is None and _reads_parquet(work.inputs):
                error.hint = (
                    "TFX reads examples as TFRecord: write them so with Pipeline(examples_format='tfrecord')"
                )
            raise
        _check_result(name, returned)
        if returned is not None:
            _take_over(f"{name}.Do", returned.output_artifacts, outputs)
        changed = {
            key: value
            for key, value in properties.items()
            if value != before.get(key) and isinstance(value, (int, float, str))
        }
        return GuestResult(
            {key: _described(group, told.get(key, [])) for key, group in outputs.items()}, changed
        )

    def _exec_properties(self, parameters: Any) -> dict[str, Any]:
        from penstock.components.tfx_guest.artifacts import proto_of

        values = {item.name: getattr(parameters, item.name) for item in dataclasses.fields(parameters)}
        protos = {name: proto_of(proto.proto_class, proto.json) for name, proto in self._guest.protos.items()}
        return {**{name: value for name, value in values.items() if value is not None}, **protos}

    def _drive(
        self,
        inputs: GuestArtifacts,
        outputs: GuestArtifacts,
        properties: dict[str, Any],
        context: ExecutorContext,
    ) -> None:
        """Has the guest's own driver decide, and takes over what it decides."""
        from tfx.orchestration.portable import data_types

        driver_class = import_path(self._guest.driver_class)
        node, pipeline = self._place(context)
        information = data_types.ExecutionInfo(
            execution_id=context.execution_id,
            input_dict=inputs,
            output_dict=outputs,
            exec_properties=dict(properties),
            tmp_dir=context.temp_dir,
            pipeline_node=node,
            pipeline_info=pipeline,
            pipeline_run_id=context.run_id,
        )
        with user_code(context.node_id, what=f"{driver_class.__name__}.run"):
            decided = driver_class(None).run(information)
        for key, value in decided.exec_properties.items():
            properties[key] = getattr(value, value.WhichOneof("value"))
        _take_over(f"{driver_class.__name__}.run", decided.output_artifacts, outputs)

    def _place(self, context: ExecutorContext) -> tuple[Any, Any]:
        """Returns node and pipeline as TFX describes them."""
        from tfx.proto.orchestration import pipeline_pb2

        node = pipeline_pb2.PipelineNode()
        node.node_info.id, node.node_info.type.name = context.node_id, self._guest.type_name
        return node, pipeline_pb2.PipelineInfo(id=context.pipeline)

    def _made(self, context: ExecutorContext) -> Any:
        executor_class = import_path(self._guest.executor_class)
        node, pipeline = self._place(context)
        beam_args = list(context.beam_pipeline_args)
        if is_in_process(beam_args):
            beam_args = [_IN_PROCESS, *without_runner(beam_args)]
        takes_beam = callable(getattr(executor_class, "_make_beam_pipeline", None))
        own = {"beam_pipeline_args": beam_args} if takes_beam else {}
        with user_code(context.node_id, what=f"{executor_class.__name__}(…)"):
            return executor_class(
                executor_class.Context(
                    tmp_dir=os.path.join(context.temp_dir, ""),
                    unique_id=str(context.execution_id),
                    stateful_working_dir=os.path.join(context.temp_dir, "stateful_working_dir"),
                    pipeline_node=node,
                    pipeline_info=pipeline,
                    pipeline_run_id=context.run_id,
                    **own,
                )
            )


def _guest_artifacts(declared: Any, ports: Mapping[str, GuestPort]) -> GuestArtifacts:
    from penstock.components.tfx_guest.artifacts import to_guest

    found = artifacts_of(declared)
    return {key: to_guest(group, ports[key].guest_class) for key, group in found.items() if group}


def _uris(theirs: Sequence[Any]) -> list[str]:
    return [artifact.uri for artifact in theirs]


def _described(theirs: Sequence[Any], told: Sequence[str]) -> tuple[GuestArtifact, ...]:
    """Returns the artifacts of an output; they lie elsewhere than was told where the guest has made several of one."""
    from penstock.components.tfx_guest.artifacts import properties_of

    divided = _uris(theirs) != told
    return tuple(GuestArtifact(*properties_of(one), one.uri if divided else None) for one in theirs)


def _take_over(what: str, said_of: Mapping[str, Any], outputs: GuestArtifacts) -> None:
    """Sets on the outputs what a ``DriverOutput`` or an ``ExecutorOutput`` says of them."""
    for key, group in said_of.items():
        known = outputs.get(key, [])
        if len(group.artifacts) != len(known):
            raise UserCodeError(
                f"{what} speaks of other artifacts of output {key!r} than there are",
                expected=str(len(known)),
                got=str(len(group.artifacts)),
            )
        for theirs, said in zip(known, group.artifacts, strict=True):
            uri = theirs.uri
            theirs.mlmd_artifact.MergeFrom(said)
            theirs.uri = uri


def _check_result(name: str, returned: Any) -> None:
    if returned is not None and returned.execution_result.code:
        raise ExecutionError(
            f"{name}.Do says that it failed: {returned.execution_result.result_message or '(no message)'}",
            got=f"execution_result.code {returned.execution_result.code}",
        )


def _reads_parquet(inputs: Any) -> bool:
    artifacts = (artifact for group in artifacts_of(inputs).values() for artifact in group)
    return any(artifact.get_string_custom_property("file_format") == "parquet" for artifact in artifacts)
