# SPDX-License-Identifier: Apache-2.0
"""What came of a run, gathered from the metadata store: nodes, metrics, blessing, push."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import ModelBlessing, ModelEvaluation, PushedModel
from penstock.components.evaluator.component import Headline
from penstock.components.evaluator.publisher import (
    BASELINE_MODEL_ID,
    BLESSED,
    CURRENT_MODEL_ID,
    HEADLINE,
    NOTES,
    REASONS,
)
from penstock.errors import PenstockError
from penstock.ir.document import from_json
from penstock.ir.model import PipelineIR
from penstock.messages.codec import from_jsonable
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runners.session import RunReport
from penstock.runtime.run import NodeResult, log_name, node_results
from penstock.runtime.sweep import state_of
from penstock.ui.errors import cause_of

Outputs = Mapping[str, Sequence[Artifact]]


@dataclass(frozen=True, slots=True)
class EvaluationOutcome:
    """What an evaluation says.

    Attributes:
        node_id: The node.
        headline: Its most telling metrics.
        notes: What else it noted.
        blessed: The verdict; ``None`` where no threshold is configured.
        reasons: Why: one sentence per threshold and slice.
        model_id: Artifact of the model that was judged; 0 for none.
        baseline_id: Artifact of the model that it was compared with; 0 for none.
    """

    node_id: str
    headline: Headline
    notes: tuple[str, ...]
    blessed: bool | None
    reasons: tuple[str, ...]
    model_id: int
    baseline_id: int


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """Where a model went, or why it went nowhere.

    Attributes:
        node_id: The node.
        pushed: Whether the run's model is at its destination.
        destination: URI of the version.
        version: The version.
        reason: Why it was not pushed.
    """

    node_id: str
    pushed: bool
    destination: str = ""
    version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MadeArtifact:
    """One artifact that a node put out, of an item of the loops around it."""

    id: int
    type: str
    node_id: str
    output: str
    uri: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of a run.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        state: ``COMPLETE``, ``FAILED``, ``CANCELED``, ``RUNNING``, or ``KILLED`` where its process has gone.
        started: When it began, ISO 8601 in UTC; ``""`` where that is not recorded.
        seconds: How long it took; ``None`` while it runs.
        nodes: How each node ended, in the pipeline's order.
        evaluations: What its evaluations say.
        pushes: Where its models went.
        artifacts: What its nodes put out.
        folder: Folder of its logs.
        parameters: The runtime parameters.
        build_parameters: The arguments of ``create_pipeline``.
    """

    pipeline: str
    run_id: str
    state: str
    started: str
    seconds: float | None
    nodes: tuple[NodeResult, ...]
    evaluations: tuple[EvaluationOutcome, ...]
    pushes: tuple[PushOutcome, ...]
    artifacts: tuple[MadeArtifact, ...]
    folder: str
    parameters: Mapping[str, Any]
    build_parameters: Mapping[str, Any]

    def log_file(self, node_id: str, item: str = "") -> str | None:
        """Returns the log of a node, or of its work on one item; ``None`` where it has written none."""
        path = os.path.join(self.folder, log_name(node_id, item))
        return path if self.folder and os.path.exists(path) else None

    def to_json_dict(self) -> dict[str, Any]:
        """Returns everything as plain JSON."""
        return asdict(self)


def outcome_of_report(store: MetadataStore, ir: PipelineIR, report: RunReport) -> RunOutcome:
    """Returns what came of a run that has just ended."""
    record = store.get_run(report.pipeline, report.run_id)
    return _outcome(store, record, ir, report.nodes, report.state, report.seconds)


def outcome_of_record(store: MetadataStore, record: RunRecord) -> RunOutcome:
    """Returns what came of a run of the past, or how far one has come."""
    ir = recorded_ir(record)
    results = node_results(record)
    order = [node.id for node in ir.nodes] if ir else []
    known = [results[name] for name in order if name in results]
    rest = [result for name, result in results.items() if name not in order]
    rest.sort(key=_first_execution)
    return _outcome(store, record, ir, [*known, *rest], state_of(record) or "UNKNOWN", _seconds(record))


def _first_execution(result: NodeResult) -> tuple[bool, int]:
    ids = [part.execution_id for part in result.items or (result,) if part.execution_id is not None]
    return not ids, min(ids, default=0)


def _outcome(
    store: MetadataStore,
    record: RunRecord | None,
    ir: PipelineIR | None,
    nodes: Sequence[NodeResult],
    state: str,
    seconds: float | None,
) -> RunOutcome:
    parts = [part for node in nodes for part in node.items or (node,)]
    made = [part for part in parts if part.execution_id and (part.has_outputs or part.stop)]
    outputs = store.outputs_of_all(part.execution_id for part in made if part.execution_id)
    by_name = {part.name: outputs.get(part.execution_id or 0, {}) for part in made}
    return RunOutcome(
        pipeline=record.pipeline if record else "",
        run_id=record.run_id if record else "",
        state=state,
        started=_text(record, "started"),
        seconds=seconds,
        nodes=tuple(nodes),
        evaluations=tuple(_evaluations(by_name)),
        pushes=tuple(_pushes(parts, by_name, ir)),
        artifacts=tuple(
            MadeArtifact(artifact.id, artifact.type_name, part.node_id, key, artifact.uri, part.item)
            for part in made
            for key, group in by_name[part.name].items()
            for artifact in group
        ),
        folder=_text(record, "folder"),
        parameters=json.loads(_text(record, "parameters") or "{}"),
        build_parameters=json.loads(_text(record, "build_parameters") or "{}"),
    )


def _evaluations(outputs: Mapping[str, Outputs]) -> Iterator[EvaluationOutcome]:
    for node_id, made in outputs.items():
        artifacts = [artifact for group in made.values() for artifact in group]
        evaluation = next((a for a in artifacts if isinstance(a, ModelEvaluation)), None)
        blessing = next((a for a in artifacts if isinstance(a, ModelBlessing)), None)
        if evaluation is not None:
            yield _evaluation(node_id, evaluation, blessing or ModelBlessing())


def _evaluation(node_id: str, evaluation: Artifact, blessing: Artifact) -> EvaluationOutcome:
    notes: Any = evaluation.get_json_value_custom_property(NOTES) or ()
    headline = evaluation.get_json_value_custom_property(HEADLINE)
    verdict = blessing.get_custom_property(BLESSED)
    return EvaluationOutcome(
        node_id=node_id,
        headline=from_jsonable(Headline, headline, path=HEADLINE) if headline else Headline(),
        notes=tuple(notes),
        blessed=None if verdict is None else verdict == 1,
        reasons=tuple(blessing.get_string_custom_property(REASONS).splitlines()),
        model_id=blessing.get_int_custom_property(CURRENT_MODEL_ID),
        baseline_id=blessing.get_int_custom_property(BASELINE_MODEL_ID),
    )


def _pushes(
    nodes: Sequence[NodeResult], outputs: Mapping[str, Outputs], ir: PipelineIR | None
) -> Iterator[PushOutcome]:
    pushers = {
        node.id
        for node in (ir.nodes if ir else ())
        if any(output.type == PushedModel.TYPE_NAME for output in node.outputs.values())
    }
    for result in nodes:
        made = (a for group in outputs.get(result.name, {}).values() for a in group)
        pushed = next((artifact for artifact in made if isinstance(artifact, PushedModel)), None)
        if pushed is not None:
            yield PushOutcome(
                result.name,
                pushed=pushed.get_int_custom_property("pushed") == 1,
                destination=pushed.get_string_custom_property("pushed_destination"),
                version=pushed.get_string_custom_property("pushed_version"),
            )
        elif result.node_id in pushers:
            reason = cause_of(result.name, result.reason).removeprefix("not pushed: ") or result.state
            yield PushOutcome(result.name, pushed=False, reason=reason)


def recorded_ir(record: RunRecord) -> PipelineIR | None:
    """Returns the IR in the run's folder, ``None`` where the folder is not there or not on this machine."""
    path = Path(_text(record, "folder"), "ir.json")
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, PenstockError):
        return None


def _text(record: RunRecord | None, key: str) -> str:
    return str(record.properties.get(key) or "") if record else ""


def _seconds(record: RunRecord) -> float | None:
    started, finished = _text(record, "started"), _text(record, "finished")
    if not started or not finished:
        return None
    return round((datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds(), 3)
