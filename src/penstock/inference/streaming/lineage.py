# SPDX-License-Identifier: Apache-2.0
"""A stream in the metadata store: a run, with one execution for every set of models that it serves with.

The execution's inputs are the models; its output is an InferenceResult whose folder holds a manifest, a line for each
input: what came in, where its results are, how many rows. An execution that a killed stream leaves behind is swept by
the next one, which publishes what it had done anew, since the journal knows it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.artifacts.standard import InferenceResult, Model
from penstock.errors import PenstockError
from penstock.inference.job import ModelRef
from penstock.inference.recorded_models import recorded_model
from penstock.inference.streaming.journal import Journal, Scored
from penstock.inference.streaming.telling import model_text
from penstock.ir.model import NodeIR, OutputIR, PipelineIR, ValueIR
from penstock.metadata import names
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.owner import Owner
from penstock.metadata.store import MetadataStore
from penstock.runtime import publish, system_nodes
from penstock.runtime import run as runs
from penstock.runtime.attempts import new_attempts
from penstock.runtime.clock import new_run_id
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import ArtifactRecord, Record
from penstock.runtime.run import NodeResult, RunState
from penstock.version import __version__

NODE = "stream"
STREAM_TYPE = "penstock.inference.streaming.service.Stream"
RESULT = "inference_result"
MANIFEST = "manifest.jsonl"
_IMPORTED = "model"

Models = Mapping[str, ModelRef]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a stream's run is called, and where its record stands.

    Attributes:
        name: Name of the pipeline that the stream stands for.
        pipeline_root: Root URI of its artifacts.
        project_root: Folder of the user's project.
        metadata: Connection of the metadata store.
        properties: What the stream is, for the record.
        run_id: Id of the run; one is made from the time where none is given.
    """

    name: str
    pipeline_root: str
    project_root: str
    metadata: ConnectionConfig
    properties: Mapping[str, Any]
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Generation:
    """An execution that is under way."""

    execution_id: int
    models: Models
    started: float


class StreamRecord:
    """Writes the record of one stream.

    Args:
        registration: What it is called.
        paths: The models that are no pipeline's, by name: they are recorded as what they are.
        store: The metadata store.
    """

    def __init__(self, registration: Registration, paths: Mapping[str, str], store: MetadataStore) -> None:
        self._registration = registration
        self._store = store
        self._paths = dict(paths)
        self._run = runs.begin(_ir(registration, paths), store, registration.run_id or new_run_id(), {})
        self._node = self._run.ir.node(NODE)
        self._generation: _Generation | None = None

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._run.run_id

    def imported(self) -> dict[str, ModelRef]:
        """Records the models that are no pipeline's, and returns them."""
        found = {}
        for name in self._paths:
            node = self._run.ir.node(_importer_id(name))
            result, outputs = system_nodes.run_importer(node, self._run, self._store)
            runs.record_node(self._run, self._store, result)
            (model,) = outputs[_IMPORTED]
            if isinstance(model, Model):
                found[name] = recorded_model(model, self._store)
        return found

    def serve(self, models: Models, journal: Journal) -> None:
        """Ends the execution of the models that have served, and begins that of others."""
        self.finish(journal)
        self._generation = _Generation(self._started(models), models, time.monotonic())

    def finish(self, journal: Journal) -> None:
        """Ends the execution that is under way, if there is one, with the manifest of all that it did."""
        if self._generation is None:
            return
        generation, self._generation = self._generation, None
        self._publish(generation, journal)

    def recover(self, journal: Journal) -> None:
        """Publishes what earlier processes had done and could not publish, under the models that did it."""
        for models in journal.unpublished_models():
            self._publish(_Generation(self._started(models), models, time.monotonic()), journal)

    def end(self, state: RunState, error: BaseException | None = None) -> None:
        """Records how the stream ended; of an execution that is still under way, that it failed."""
        if self._generation is not None and error is not None:
            publish.fail(self._run, self._store, self._node, self._generation.execution_id, error)
            reason = str(error) or type(error).__name__
            result = NodeResult(NODE, "failed", reason, self._generation.execution_id)
            runs.record_node(self._run, self._store, result)
        runs.end(self._run, self._store, state)

    # --------------------------------------------------------------------------------------------------------- private

    def _started(self, models: Models) -> int:
        told = {name: model_text(ref) for name, ref in models.items()}
        values = {**self._registration.properties, "models": told}
        attempt = next(new_attempts(self._store, self._run, self._node))
        new = publish.new_execution(self._run, self._node, attempt, values, {}, None, {})
        inputs = {name: [ref.artifact_id] for name, ref in models.items() if ref.artifact_id is not None}
        return self._store.start_execution(replace(new, inputs=inputs), Owner.current()).id

    def _publish(self, generation: _Generation, journal: Journal) -> None:
        execution_id = generation.execution_id
        folder = files.join(self._run.ir.root, NODE, RESULT, f"{execution_id}{self._run.folder_mark}")
        try:
            totals = _Totals()
            content = "".join(totals.counted(journal.unpublished(generation.models)))
            files.write_atomic(files.join(folder, MANIFEST), content)
            figures: dict[str, PropertyValue] = {
                "inputs": totals.inputs,
                "rows": totals.rows,
                "failed_rows": totals.failed,
                "predicted_rows": totals.rows,
                "format": "manifest",
            }
            summary = f"{totals.inputs:,} in, {totals.rows:,} rows out" + (
                f", {totals.failed:,} failed" if totals.failed else ""
            )
            record = Record(
                {RESULT: [ArtifactRecord(custom_properties=figures)]}, figures, totals.rows, summary
            )
            outputs: Artifacts = {RESULT: [InferenceResult(folder)]}
            publish.finish(self._store, execution_id, outputs, record, {RESULT: [files.digest(folder)]})
        except PenstockError as error:
            publish.fail(self._run, self._store, self._node, execution_id, error)
            raise
        journal.published(generation.models)
        result = publish.result_of(NODE, execution_id, record)
        seconds = round(time.monotonic() - generation.started, 3)
        runs.record_node(self._run, self._store, replace(result, seconds=seconds))


@dataclass(slots=True)
class _Totals:
    inputs: int = 0
    rows: int = 0
    failed: int = 0

    def counted(self, scored: Iterator[Scored]) -> Iterator[str]:
        """Yields the lines of a manifest and counts what they say."""
        for item in scored:
            self.inputs += 1
            self.rows += item.outcome.rows
            self.failed += item.outcome.failed
            yield json.dumps(_line(item), ensure_ascii=False) + "\n"


def _line(scored: Scored) -> dict[str, Any]:
    incoming, outcome = scored.incoming, scored.outcome
    is_file = bool(incoming.stamp)
    return {
        "input": incoming.uri if is_file else incoming.label,
        "results": dict(outcome.results),
        "dead_letters": outcome.dead_letters or None,
        "rows": outcome.rows,
        "failed": outcome.failed,
        "models": {name: model_text(ref) for name, ref in outcome.models.items()},
        "scored_at": scored.scored_at,
    }


def _ir(registration: Registration, paths: Mapping[str, str]) -> PipelineIR:
    importers = tuple(_importer(name, uri) for name, uri in paths.items())
    stream = NodeIR(
        id=NODE,
        kind="component",
        type=STREAM_TYPE,
        component="penstock.inference.streaming.service:Stream",
        outputs={RESULT: OutputIR(InferenceResult.TYPE_NAME)},
        parameters={name: ValueIR(constant=value) for name, value in registration.properties.items()},
        upstream=tuple(sorted(node.id for node in importers)),
    )
    return PipelineIR(
        name=registration.name,
        root=registration.pipeline_root,
        metadata=registration.metadata.to_json_dict(),
        project_root=registration.project_root,
        nodes=(*importers, stream),
        penstock_version=__version__,
    )


def _importer(name: str, uri: str) -> NodeIR:
    constants = {"source_uri": uri, "reimport": False, "properties": {}, "custom_properties": {}}
    return NodeIR(
        id=_importer_id(name),
        kind="importer",
        type=names.IMPORTER,
        component="penstock.artifacts.standard:Model",
        outputs={_IMPORTED: OutputIR(Model.TYPE_NAME)},
        parameters={key: ValueIR(constant=value) for key, value in constants.items()},
    )


def _importer_id(model: str) -> str:
    return f"Model-{model}"
