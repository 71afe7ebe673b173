# SPDX-License-Identifier: Apache-2.0
"""The end of a run as text: a table of nodes, metrics per slice, the blessing, where the model went."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from penstock.evaluation.report import format_number
from penstock.runtime.items import instance_name
from penstock.runtime.run import NodeResult
from penstock.runtime.sweep import KILLED
from penstock.ui.artifact_page import shown
from penstock.ui.errors import cause_of, reason_block
from penstock.ui.outcome import EvaluationOutcome, PushOutcome, RunOutcome
from penstock.ui.tables import count, duration, table
from penstock.ui.terminal import Palette, columns, has_colours

_STATE = 1
_REASONS_FOR = 3
_BLOCKS = 20
_ROWS = 60
_TELLING = ("failed", "cancelled", "skipped")


def run_text(outcome: RunOutcome) -> str:
    """Returns the page for the terminal, or the file, that standard output is."""
    palette = Palette(has_colours(sys.stdout))
    parts = [_title(outcome, palette), "", _nodes(outcome.nodes, palette, columns(sys.stdout))]
    warnings = [(node.node_id, text) for node in outcome.nodes for text in node.warnings]
    if warnings:
        word = palette.paint("warning", "yellow")
        parts += ["", *(f"{word}: {node_id}: {text}" for node_id, text in warnings)]
    for evaluation in outcome.evaluations:
        parts += ["", *_evaluation(evaluation, palette)]
    if outcome.pushes:
        parts += ["", *(_push(push, palette) for push in outcome.pushes)]
    if outcome.state in ("FAILED", "CANCELED", KILLED):
        parts += ["", f"go on with the same command and --resume {outcome.run_id}"]
    return "\n".join(parts)


def past_run_text(outcome: RunOutcome) -> str:
    """Returns the page of a run of the past: the same, with its artifacts, parameters and failures."""
    parts = [run_text(outcome)]
    if outcome.artifacts:
        rows = [
            (str(a.id), a.type, f"{instance_name(a.node_id, a.item)}.{a.output}", a.uri)
            for a in outcome.artifacts
        ]
        parts.append(table(("artifact", "type", "output", "uri"), rows, right=(0,)))
    given = {**outcome.build_parameters, **outcome.parameters}
    if given:
        width = max(map(len, given))
        parts.append(
            "\n".join(["parameters", *(f"  {k.ljust(width)}  {shown(v)}" for k, v in given.items())])
        )
    parts.append(failures_text(outcome))
    if outcome.folder:
        parts.append(f"logs: {outcome.folder}")
    return "\n\n".join(filter(None, parts))


def failures_text(outcome: RunOutcome) -> str:
    """Returns one block per node, or item of a loop, that failed, ``""`` where none did."""
    failed = [failure for node in outcome.nodes for failure in node.failures]
    blocks = [
        reason_block(r.name, r.reason, trace=r.traceback, log_file=outcome.log_file(r.node_id, r.item))
        for r in failed[:_BLOCKS]
    ]
    if len(failed) > _BLOCKS:
        blocks.append(f"and {len(failed) - _BLOCKS:,} more failures: penstock show {outcome.run_id} --json")
    return "\n\n".join(blocks)


def _title(outcome: RunOutcome, palette: Palette) -> str:
    took = f" in {duration(outcome.seconds)}" if outcome.seconds is not None else ""
    return f"{outcome.pipeline} run {outcome.run_id}: {palette.state(outcome.state)}{took}"


def _nodes(nodes: Sequence[NodeResult], palette: Palette, width: int | None) -> str:
    shown = _most_telling(nodes)
    rows = [(n.node_id, n.state, duration(n.seconds), count(n.rows), _detail(n)) for n in shown]

    def paint(column: int, cell: str) -> str:
        return palette.state(cell) if column == _STATE else cell

    text = table(("node", "state", "time", "rows", "detail"), rows, right=(2, 3), width=width, paint=paint)
    return "\n".join([text, *_left_out(nodes, shown)])


def _most_telling(nodes: Sequence[NodeResult]) -> Sequence[NodeResult]:
    """Returns the nodes to show, in their order: of very many, those that did not simply succeed, and the slowest."""
    if len(nodes) <= _ROWS:
        return nodes

    def rank(node: NodeResult) -> tuple[int, float]:
        order = _TELLING.index(node.state) if node.state in _TELLING else len(_TELLING)
        return order, -node.seconds

    chosen = {node.node_id for node in sorted(nodes, key=rank)[:_ROWS]}
    return [node for node in nodes if node.node_id in chosen]


def _left_out(nodes: Sequence[NodeResult], shown: Sequence[NodeResult]) -> Iterator[str]:
    left = Counter(node.state for node in nodes) - Counter(node.state for node in shown)
    if left:
        yield f"and {', '.join(f'{n:,} {state}' for state, n in left.items())} (--json tells all)"


def _detail(result: NodeResult) -> str:
    """Returns why it ended so and what came out; of a failure the cause alone, since its block says the rest."""
    if result.state == "failed":
        return "; ".join(filter(None, (result.summary, cause_of(result.node_id, result.reason))))
    return "; ".join(filter(None, (result.summary, result.reason.removeprefix(f"{result.node_id}: "))))


def _evaluation(evaluation: EvaluationOutcome, palette: Palette) -> Iterator[str]:
    headline = evaluation.headline
    has_baseline = any(row.baseline for row in headline.rows)
    if headline.rows:
        header = ["slice"]
        for name in headline.metrics:
            header += [name, "baseline"] if has_baseline else [name]
        rows = []
        for row in headline.rows:
            cells = [row.slice]
            for index, value in enumerate(row.values):
                cells.append(format_number(value))
                if has_baseline:
                    cells.append(format_number(row.baseline[index]) if row.baseline else "")
            rows.append(cells)
        yield table(header, rows, right=range(1, len(header)))
        if headline.left_out:
            yield f"({headline.left_out} more slices: penstock show {evaluation.node_id}.evaluation --html FILE)"
    yield from evaluation.notes
    yield _blessing(evaluation, palette)
    yield from (f"  {reason}" for reason in _reasons(evaluation))


def _reasons(evaluation: EvaluationOutcome) -> Sequence[str]:
    """Returns all reasons against a model, and the first few for one."""
    if not evaluation.blessed or len(evaluation.reasons) <= _REASONS_FOR + 1:
        return evaluation.reasons
    return [*evaluation.reasons[:_REASONS_FOR], "and so on: every threshold is kept"]


def _blessing(evaluation: EvaluationOutcome, palette: Palette) -> str:
    if evaluation.blessed is None:
        return f"{evaluation.node_id}: no verdict, since no threshold is configured"
    verdict = palette.paint("blessed", "green") if evaluation.blessed else palette.paint("not blessed", "red")
    against = f", compared with model {evaluation.baseline_id}" if evaluation.baseline_id else ""
    return f"{evaluation.node_id}: model {evaluation.model_id} is {verdict}{against}"


def _push(push: PushOutcome, palette: Palette) -> str:
    if push.pushed:
        return f"{push.node_id}: {palette.paint('pushed', 'green')} to {push.destination}"
    return f"{push.node_id}: {palette.paint('not pushed', 'yellow')}: {push.reason}"
