# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from penstock.components.evaluator.component import Headline, HeadlineRow
from penstock.runtime.results import combined
from penstock.runtime.run import NodeResult
from penstock.ui.outcome import EvaluationOutcome, PushOutcome, RunOutcome
from penstock.ui.run_page import failures_text, past_run_text, run_text

EVALUATION = EvaluationOutcome(
    node_id="Evaluator",
    headline=Headline(
        ("example_count", "auc"),
        (HeadlineRow("Overall", (5000.0, 0.81234)), HeadlineRow("hour=1", (20.0, None))),
        left_out=2,
    ),
    notes=("Something to know.",),
    blessed=False,
    reasons=("auc is 0.8123: at least 0.9 is asked for",),
    model_id=7,
    baseline_id=0,
)
OUTCOME = RunOutcome(
    pipeline="taxi",
    run_id="r1",
    state="COMPLETE",
    started="2026-11-21T10:00:00.000+00:00",
    seconds=12.34,
    nodes=(
        NodeResult("Trainer", "ran", seconds=3, summary="auc 0.8"),
        NodeResult("Evaluator", "cached", "same as execution 4", seconds=0.01, rows=5000),
        NodeResult("Pusher", "skipped", "not pushed: not blessed"),
    ),
    evaluations=(EVALUATION,),
    pushes=(PushOutcome("Pusher", pushed=False, reason="the model is not blessed"),),
    artifacts=(),
    folder="",
    parameters={"n": 3},
    build_parameters={"data_root": "data/taxi", "splits": ["a"]},
)


def test_a_run_ends_with_nodes_metrics_blessing_and_push() -> None:
    assert run_text(OUTCOME).splitlines() == [
        "taxi run r1: COMPLETE in 12.3 s",
        "",
        "node       state     time   rows  detail",
        "Trainer    ran      3.0 s         auc 0.8",
        "Evaluator  cached   0.0 s  5,000  same as execution 4",
        "Pusher     skipped  0.0 s         not pushed: not blessed",
        "",
        "slice    example_count     auc",
        "Overall          5,000  0.8123",
        "hour=1              20     n/a",
        "(2 more slices: penstock show Evaluator.evaluation --html FILE)",
        "Something to know.",
        "Evaluator: model 7 is not blessed",
        "  auc is 0.8123: at least 0.9 is asked for",
        "",
        "Pusher: not pushed: the model is not blessed",
    ]


def test_a_baseline_stands_beside_the_candidate() -> None:
    rows = (HeadlineRow("Overall", (0.9,), (0.8,)),)
    evaluation = replace(
        EVALUATION, headline=Headline(("auc",), rows), blessed=True, baseline_id=3, reasons=tuple("abcdef")
    )
    lines = run_text(replace(OUTCOME, evaluations=(evaluation,))).splitlines()
    assert "slice       auc  baseline" in lines
    assert "Overall  0.9000    0.8000" in lines
    assert "Evaluator: model 7 is blessed, compared with model 3" in lines
    assert lines[lines.index("  c") + 1] == "  and so on: every threshold is kept"


def test_without_thresholds_there_is_no_verdict() -> None:
    evaluation = replace(EVALUATION, blessed=None, reasons=())
    assert "Evaluator: no verdict, since no threshold is configured" in run_text(
        replace(OUTCOME, evaluations=(evaluation,))
    )


def test_a_push_says_where_to() -> None:
    push = PushOutcome("Pusher", pushed=True, destination="/serving/170", version="170")
    assert run_text(replace(OUTCOME, pushes=(push,))).endswith("Pusher: pushed to /serving/170")


def test_a_failure_has_its_cause_in_the_table_and_a_block_of_its_own() -> None:
    failed = NodeResult(
        "Trainer", "failed", "Trainer: run_fn raised ValueError: x; what to do: mend it", traceback="T\n"
    )
    outcome = replace(OUTCOME, state="FAILED", nodes=(failed,), evaluations=(), pushes=())
    text = run_text(outcome)
    assert "Trainer  failed  0.0 s  run_fn raised ValueError: x\n" in text
    assert text.endswith("go on with the same command and --resume r1")
    assert failures_text(outcome) == "T\nerror: Trainer: run_fn raised ValueError: x\n  what to do: mend it"
    assert failures_text(OUTCOME) == ""


def test_a_run_of_the_past_tells_its_parameters() -> None:
    assert past_run_text(OUTCOME).endswith(
        'parameters\n  data_root  data/taxi\n  splits     ["a"]\n  n          3'
    )


def looped(*states: str) -> NodeResult:
    return combined(
        "Trainer",
        [
            NodeResult("Trainer", state, f"Trainer[{i}]: no rows" if state == "failed" else "", item=str(i))  # type: ignore[arg-type]
            for i, state in enumerate(states)
        ],
    )


def test_a_node_in_a_loop_is_one_line_and_failing_items_have_a_block_each() -> None:
    outcome = replace(OUTCOME, nodes=(looped("ran", "failed", "failed"),), evaluations=(), pushes=())
    assert run_text(outcome).splitlines()[3] == "Trainer  failed  0.0 s  3 items; items 1, 2: no rows"
    assert failures_text(outcome).splitlines() == [
        "error: Trainer[1]: no rows",
        "",
        "error: Trainer[2]: no rows",
    ]


def test_of_very_many_failures_the_first_are_told() -> None:
    outcome = replace(OUTCOME, nodes=(looped(*["failed"] * 30),))
    lines = failures_text(outcome).splitlines()
    assert lines[-1] == "and 10 more failures: penstock show r1 --json"
    assert sum(line.startswith("error: ") for line in lines) == 20


def test_of_a_thousand_nodes_those_are_shown_that_tell_most() -> None:
    nodes = [NodeResult(f"n{i}", "ran", seconds=i / 1000) for i in range(1000)]
    nodes[3] = NodeResult("n3", "failed", "n3: why")
    nodes[7] = NodeResult("n7", "skipped", "why not")
    lines = run_text(replace(OUTCOME, nodes=tuple(nodes), evaluations=(), pushes=())).splitlines()
    assert len(lines) < 70
    shown = [line.split()[0] for line in lines[3:]]
    assert shown[:3] == ["n3", "n7", "n942"]
    assert "n999" in shown
    assert lines[-1] == "and 940 ran (--json tells all)"
