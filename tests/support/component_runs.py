# SPDX-License-Identifier: Apache-2.0
"""Runs the three roles of one component on artifacts in a folder, without a store or a launcher."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from penstock import files
from penstock.artifacts.artifact import CONTENT_DIGEST, Artifact
from penstock.artifacts.standard import Examples
from penstock.examples.payload import ExamplesFormat
from penstock.examples.writer import ExamplesWriter
from penstock.graph.component import BaseComponent
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.runtime.binding import bind_inputs, bind_outputs, import_path
from penstock.runtime.roles import DriverContext, ExecutorContext, Record, Run, Work

_counter = itertools.count(1)


@dataclass(frozen=True)
class Ran:
    """What came of running a component."""

    plan: Any
    result: Any
    record: Record
    outputs: Mapping[str, Sequence[Artifact]]

    def uri(self, key: str) -> str:
        """Returns the folder of an output's only artifact."""
        (artifact,) = self.outputs[key]
        return artifact.uri


def make_examples(
    root: Path,
    splits: Mapping[str, pa.Table],
    *,
    format: ExamplesFormat = "parquet",
    span: int = 0,
    rows_per_shard: int = 1_000_000,
) -> Examples:
    """Writes tables as the splits of an Examples artifact."""
    uri = str(root)
    with ExamplesWriter(uri, format=format, rows_per_shard=rows_per_shard) as writer:
        for split, table in splits.items():
            for batch in table.to_batches(max_chunksize=5000):
                writer.write(split, batch)
    for split in splits:
        files.makedirs(f"{uri}/Split-{split}")
    return Examples(
        uri,
        id=next(_counter),
        properties={"split_names": json.dumps(list(splits)), "span": span},
        custom_properties={CONTENT_DIGEST: files.digest(uri), "span": span},
    )


def run_component(
    component: type[BaseComponent],
    folder: Path,
    *,
    inputs: Mapping[str, Artifact | Sequence[Artifact]] | None = None,
    omit: Sequence[str] = (),
    beam_pipeline_args: Sequence[str] = (),
    examples_format: ExamplesFormat = "parquet",
    project_root: Path | None = None,
    store: Any = None,
    **parameters: Any,
) -> Ran:
    """Has the driver decide, the executor work and the publisher describe.

    Args:
        component: The component.
        folder: Gets the outputs and temporary files.
        inputs: Artifacts by key.
        omit: Optional outputs to leave out.
        beam_pipeline_args: Beam arguments.
        examples_format: Format of examples.
        project_root: Root of the user's project.
        store: What stands in for a metadata store, for drivers that read one.
        parameters: Values of the parameters.
    """
    root = str(project_root or folder)
    resolved = {
        key: [value] if isinstance(value, Artifact) else list(value) for key, value in (inputs or {}).items()
    }
    signature = component.signature()
    bound = bind_inputs(component, "node", resolved)
    typed = component.Parameters(
        **{
            name: from_jsonable(signature.parameters[name].hint, to_jsonable(value), path=name)
            for name, value in parameters.items()
        }
    )
    decision = import_path(component.DRIVER)().decide(
        bound, typed, _driver_context(root, examples_format, store)
    )
    assert isinstance(decision, Run)
    outputs = {
        key: [port.type(_made(folder, key, index)) for index in range(decision.output_counts.get(key, 1))]
        for key, port in signature.outputs.items()
        if key not in omit
    }
    work: Work[Any, Any, Any, Any] = Work(
        inputs=bound,
        outputs=bind_outputs(component, "node", outputs),
        parameters=typed,
        plan=_through_json(component.Plan, decision.plan),
        context=ExecutorContext(
            pipeline="pipeline",
            run_id="run",
            node_id="node",
            execution_id=1,
            project_root=root,
            temp_dir=_made(folder, "temp", 0),
            examples_format=examples_format,
            beam_pipeline_args=tuple(beam_pipeline_args),
        ),
    )
    result = _through_json(component.Result, import_path(component.EXECUTOR)().execute(work))
    record = import_path(component.PUBLISHER)().describe(work, result)
    _record(outputs, record)
    return Ran(work.plan, result, record, outputs)


def _through_json(kind: Any, value: Any) -> Any:
    return from_jsonable(kind, to_jsonable(value), path="value") if kind is not None else value


def _made(folder: Path, key: str, index: int) -> str:
    path = folder / key / str(next(_counter) if key == "temp" else index)
    path.mkdir(parents=True, exist_ok=key != "temp")
    return str(path)


def _record(outputs: Mapping[str, Sequence[Artifact]], record: Record) -> None:
    for key, artifacts in outputs.items():
        for artifact, described in zip(artifacts, record.artifacts.get(key, ()), strict=False):
            for name, value in described.properties.items():
                artifact.set_property(name, value)
            for name, value in described.custom_properties.items():
                artifact.set_custom_property(name, value)
        for artifact in artifacts:
            artifact.id = next(_counter)
            artifact.set_custom_property(CONTENT_DIGEST, files.digest(artifact.uri))


def _driver_context(root: str, examples_format: ExamplesFormat, store: Any) -> DriverContext:
    return DriverContext(
        pipeline="pipeline",
        run_id="run",
        node_id="node",
        pipeline_root=root,
        project_root=root,
        examples_format=examples_format,
        store=store,
    )
