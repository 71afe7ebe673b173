# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest
from bench import Bench
from light.component import Add, Number

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Integer
from penstock.errors import ResolutionError
from penstock.graph.node import BaseNode
from penstock.ir.model import NodeIR
from penstock.metadata.owner import Owner
from penstock.metadata.store import MetadataStore
from penstock.runtime import run as runs
from penstock.runtime.attempts import execution_name, latest_finished, new_attempts
from penstock.runtime.inputs import resolve
from penstock.runtime.layout import Layout
from penstock.runtime.outputs import RunOutputs
from penstock.runtime.publish import new_execution
from penstock.runtime.roles import Skip
from penstock.runtime.run import NodeResult, NodeState, Run
from penstock.runtime.scopes import Scopes

ONE, TWO = Integer("/one", id=1), Integer("/two", id=2)


def nodes() -> list[BaseNode]:
    first, second, gate = (Number(i).with_id(name) for i, name in enumerate(("first", "second", "gate")))
    numbers = [first.outputs["number"], second.outputs["number"]]
    total = Add(numbers, extra=second.outputs["number"], gate=gate.outputs["number"])
    return [first, second, gate, total]


@pytest.fixture
def run(bench: Bench, store: MetadataStore) -> Run:
    return runs.join(bench.compile(*nodes()), store, "r", {})


@pytest.fixture
def outputs(run: Run, store: MetadataStore) -> RunOutputs:
    made = RunOutputs(run, store)
    for node_id, artifact in (("first", ONE), ("second", TWO), ("gate", ONE)):
        made.remember(NodeResult(node_id, "ran"), {"number": [artifact]})
    return made


def of(run: Run, outputs: RunOutputs, node: NodeIR) -> dict[str, list[Artifact]] | Skip:
    return resolve(node, (), Scopes(run, outputs.store, Layout(run.ir), outputs))


def resolved(run: Run, outputs: RunOutputs) -> dict[str, list[Artifact]] | Skip:
    return of(run, outputs, run.ir.node("Add"))


def test_an_input_has_the_artifacts_of_all_its_channels_in_order(run: Run, outputs: RunOutputs) -> None:
    assert resolved(run, outputs) == {"numbers": [ONE, TWO], "extra": [TWO], "gate": [ONE]}


def test_a_skipped_producer_skips_the_node(run: Run, outputs: RunOutputs) -> None:
    outputs.remember(NodeResult("first", "skipped", "told to"), {})
    assert resolved(run, outputs) == Skip("first was skipped: told to")


def test_an_optional_input_does_without_a_skipped_producer(run: Run, outputs: RunOutputs) -> None:
    outputs.remember(NodeResult("second", "skipped"), {})
    node = run.ir.node("Add")
    extra = {"extra": node.inputs["extra"]}
    assert of(run, outputs, replace(node, inputs=extra)) == {"extra": []}


def test_a_gate_that_was_skipped_skips_the_node(run: Run, outputs: RunOutputs) -> None:
    outputs.remember(NodeResult("gate", "skipped"), {})
    assert resolved(run, outputs) == Skip("gate was skipped")


def one_of_each(run: Run) -> NodeIR:
    node = run.ir.node("Add")
    return replace(node, inputs={"numbers": replace(node.inputs["numbers"], one_each=True)})


def test_channels_that_each_give_one_artifact_keep_their_order(run: Run, outputs: RunOutputs) -> None:
    assert of(run, outputs, one_of_each(run)) == {"numbers": [ONE, TWO]}


@pytest.mark.parametrize(("made", "count"), [([], 0), ([ONE, TWO], 2)])
def test_a_channel_that_should_give_one_artifact_is_named(
    run: Run, outputs: RunOutputs, made: list[Artifact], count: int
) -> None:
    outputs.remember(NodeResult("second", "ran"), {"number": made})
    with pytest.raises(ResolutionError, match=f"Add: second gives {count} artifacts for input 'numbers'"):
        of(run, outputs, one_of_each(run))


@pytest.mark.parametrize("state", ["failed", "cancelled", "not run"])
def test_a_producer_that_put_nothing_out_is_an_error(run: Run, outputs: RunOutputs, state: NodeState) -> None:
    outputs.remember(NodeResult("second", state, "why"), {})
    with pytest.raises(
        ResolutionError, match=f"second has put nothing out in run r; got: {state}: why; .*run second again"
    ):
        resolved(run, outputs)


def test_a_required_input_without_an_artifact_is_an_error(run: Run, outputs: RunOutputs) -> None:
    outputs.remember(NodeResult("first", "ran"), {"number": []})
    outputs.remember(NodeResult("second", "ran"), {})
    with pytest.raises(
        ResolutionError, match="Add: input 'numbers' has no artifact; expected: Integer from first"
    ):
        resolved(run, outputs)


# ------------------------------------------------------------------------------- what other processes have recorded


def attempt(run: Run, store: MetadataStore, number: int, state: str, uri: str = "") -> int:
    node = run.ir.node("first")
    new = new_execution(run, node, number, {}, {}, None, {})
    if state == "CACHED":
        return store.record_cached(new, {}).id
    identity = store.start_execution(new, Owner.current()).id
    if state != "RUNNING":
        made = {"number": [Integer(uri)]} if state == "COMPLETE" else {}
        store.finish_execution(identity, state, made, {})  # type: ignore[arg-type]  # a final one
    return identity


def test_attempts_are_counted_and_the_newest_that_finished_counts(run: Run, store: MetadataStore) -> None:
    node = run.ir.node("first")
    assert (next(new_attempts(store, run, node)), latest_finished(store, run, node)) == (0, None)
    run.attempts.clear()
    ids = [
        attempt(run, store, i, state) for i, state in enumerate(("FAILED", "COMPLETE", "CACHED", "RUNNING"))
    ]
    assert (next(new_attempts(store, run, node)), latest_finished(store, run, node)) == (4, ids[2])
    assert next(new_attempts(store, run, node)) == 5
    assert execution_name(run, "first", 3) == "p/r/first/0/3"
    assert execution_name(run, "first", 3, (2, 1)) == "p/r/first/2.1/3"


def test_outputs_of_another_process_are_read_from_the_store(run: Run, store: MetadataStore) -> None:
    attempt(run, store, 0, "COMPLETE", "/old")
    attempt(run, store, 1, "COMPLETE", "/new")
    attempt(run, store, 2, "FAILED")
    outputs = RunOutputs(run, store)
    made, why = outputs.of("first")
    assert made is not None
    assert ([artifact.uri for artifact in made["number"]], why) == (["/new"], "")
    assert outputs.has("first")


def test_a_skip_of_another_process_is_read_from_the_run(run: Run, store: MetadataStore) -> None:
    runs.record_node(run, store, NodeResult("first", "skipped", "told to"))
    assert RunOutputs(run, store).of("first") == (None, "first was skipped: told to")


def test_a_node_that_no_process_has_run_is_an_error(run: Run, store: MetadataStore) -> None:
    with pytest.raises(ResolutionError, match="first has not run in run r; .*in their order"):
        RunOutputs(run, store).of("first")
