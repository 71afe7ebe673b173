# SPDX-License-Identifier: Apache-2.0
"""One component at a time, in plain Python: what is taken from where, what is refused, and what a new kernel finds."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from light.component import Add, Number

from penstock.artifacts.standard import Integer
from penstock.errors import CancelledError, ParameterError, PipelineError, UsageError
from penstock.graph.channel import Channel
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.system_nodes import Importer, Resolver
from penstock.metadata.config import ConnectionConfig, sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.notebook.context import InteractiveContext
from penstock.notebook.failure import ComponentFailedError
from penstock.runtime.results import node_results

RUN = "notebook-interactive"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[InteractiveContext]:
    made = InteractiveContext(pipeline_root=str(tmp_path / "root"))
    yield made
    made.close()


def again(context: InteractiveContext) -> InteractiveContext:
    """Returns what a new kernel makes in the same place."""
    return InteractiveContext(pipeline_root=context.pipeline_root)


def store_of(context: InteractiveContext) -> MetadataStore:
    assert context.metadata_connection_config is not None
    return MetadataStore.open(context.metadata_connection_config, read_only=True)


def value(channel: Channel) -> int:
    (artifact,) = channel.get()
    assert isinstance(artifact, Integer)
    return int(artifact.value)


def test_a_component_takes_what_those_before_it_have_made(context: InteractiveContext) -> None:
    one, two = Number(1).with_id("one"), Number(2).with_id("two")
    add = Add([one.outputs["number"], two.outputs["number"]])
    first = context.run(one)
    assert (first.component_id, first.execution_id, first.ended.state) == ("one", 1, "ran")
    assert isinstance(first.outputs["number"].get()[0], Integer)
    context.run(two)
    context.run(add)
    assert value(add.outputs["total"]) == 3

    with store_of(context) as store:
        record = store.get_run("interactive", RUN)
        assert record is not None
        assert record.properties["state"] == "COMPLETE"
        assert {name: result.state for name, result in node_results(record).items()} == {
            "one": "ran", "two": "ran", "Add": "ran",
        }  # fmt: skip
        (total,) = add.outputs["total"].get()
        graph = store.lineage(total.id, "up", max_hops=4)
    assert {artifact.type_name for artifact in graph.artifacts.values()} == {"Integer"}
    assert len(graph.artifacts) == 3


def test_the_cache_answers_unless_it_is_switched_off(context: InteractiveContext) -> None:
    one = Number(1)
    context.run(one)
    assert context.run(one).ended.state == "cached"
    assert context.run(one, enable_cache=False).ended.state == "ran"
    assert context.run(Number(1)).ended.state == "cached"


def test_running_again_replaces_what_comes_after(context: InteractiveContext) -> None:
    one = Number(1)
    context.run(one)
    add = Add([one.outputs["number"]])
    context.run(add)
    other = Number(10)
    context.run(other)
    with pytest.raises(PipelineError, match="Add: it waits for Number, which is not as it was") as refused:
        context.run(add)
    assert refused.value.hint is not None
    new = Add([other.outputs["number"]])
    context.run(new)
    assert value(new.outputs["total"]) == 10
    assert value(add.outputs["total"]) == 1  # what it had made stays where it was


def test_a_component_that_has_not_been_run_is_asked_for(context: InteractiveContext) -> None:
    add = Add([Number(1).outputs["number"]])
    with pytest.raises(
        PipelineError, match=r"it waits for Number, which has not been run yet.*context.run\(Number\)"
    ):
        context.run(add)
    with pytest.raises(PipelineError, match="no artifacts yet"):
        add.outputs["total"].get()


def test_order_by_hand_is_kept_too(context: InteractiveContext) -> None:
    one, two = Number(1).with_id("one"), Number(2).with_id("two")
    two.add_upstream_node(one)
    with pytest.raises(PipelineError, match="two: it waits for one"):
        context.run(two)


def test_a_failure_tells_the_users_code_and_nothing_is_taken_from_it(
    context: InteractiveContext, caplog: pytest.LogCaptureFixture
) -> None:
    bad = Number(5, behaviour="raise")
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(ComponentFailedError, match="the number is cursed") as failed,
    ):
        context.run(bad)
    told = failed.value.told()
    assert "_misbehave(parameters)" in told
    assert "src/penstock" not in told
    assert "ValueError: the number is cursed" in caplog.text
    with pytest.raises(PipelineError, match="Number, which failed when it was last run"):
        context.run(Add([bad.outputs["number"]]))
    with store_of(context) as store:
        record = store.get_run("interactive", RUN)
    assert record is not None
    assert record.properties["state"] == "FAILED"


def test_a_skip_is_told_and_what_comes_after_is_skipped(context: InteractiveContext) -> None:
    skipped = Number(5, behaviour="skip")
    result = context.run(skipped)
    assert (result.ended.state, result.ended.reason, result.execution_id) == ("skipped", "told to", None)
    assert list(skipped.outputs["number"].get()) == []
    assert "Number was skipped" in context.run(Add([skipped.outputs["number"]])).ended.reason


def test_a_skip_after_a_success_gives_nothing_to_what_comes_after(context: InteractiveContext) -> None:
    behaviour = RuntimeParameter("behaviour", str, "")
    number = Number(5)
    number.exec_properties["behaviour"] = behaviour  # type: ignore[index]  # Number itself takes text only
    context.run(number)
    assert context.run(number, parameters={"behaviour": "skip"}).ended.state == "skipped"
    assert context.run(Add([number.outputs["number"]])).ended.state == "skipped"


def test_a_new_kernel_goes_on_where_the_last_one_has_ended(context: InteractiveContext) -> None:
    context.run(Number(4))
    later = again(context)
    same = Number(4)
    add = Add([same.outputs["number"]])
    later.run(add)
    assert value(add.outputs["total"]) == 4
    with pytest.raises(PipelineError, match="is not as it was when it was last run"):
        later.run(Add([Number(5).outputs["number"]]).with_id("other"))
    later.close()


def test_a_new_kernel_shows_what_the_last_one_has_made(
    context: InteractiveContext, capsys: pytest.CaptureFixture[str]
) -> None:
    context.run(Number(4))
    later = again(context)
    later.show(Number(4).outputs["number"])
    assert "Integer 1" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"Number has put nothing out yet.*context.run\(Number\) first"):
        later.show(Number(5))


def test_two_components_of_one_id_are_told_apart(context: InteractiveContext) -> None:
    one, two = Number(1), Number(2)
    context.run(one)
    context.run(two)
    with pytest.raises(PipelineError, match="is not as it was"):
        context.run(Add([one.outputs["number"]]))
    with pytest.raises(PipelineError, match="have the id 'Number'"):
        context.run(Add([one.outputs["number"], two.outputs["number"]]))


# ------------------------------------------------------------------------------------------------- nodes of other kinds


def test_importers_and_resolvers_run(context: InteractiveContext, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "value").write_text("7")
    importer = Importer(source_uri=str(tmp_path / "given"), artifact_type=Integer)
    assert context.run(importer).ended.state == "ran"
    add = Add([importer.outputs["result"]])
    context.run(add)
    assert value(add.outputs["total"]) == 7

    context.run(Number(1))
    context.run(Number(2))
    latest = Resolver(LatestArtifactStrategy, number=Channel(type=Integer))
    context.run(latest)
    assert value(latest.outputs["number"]) == 2


def test_runtime_parameters_have_defaults_and_values_that_stay(context: InteractiveContext) -> None:
    number = Number(RuntimeParameter("n", int, 3))
    context.run(number)
    assert value(number.outputs["number"]) == 3
    context.run(number, parameters={"n": 8})
    assert value(number.outputs["number"]) == 8
    assert context.run(number).ended.reason.startswith("same as")
    assert value(number.outputs["number"]) == 8


def test_parameters_that_are_wrong_are_refused(context: InteractiveContext) -> None:
    number = Number(RuntimeParameter("number", int))
    with pytest.raises(ParameterError, match="'number' has no value"):
        context.run(number)
    with pytest.raises(ParameterError, match="'numbr'.*did you mean 'number'"):
        context.run(number, parameters={"numbr": 1})
    with pytest.raises(ParameterError, match="wrong type.*expected: int"):
        context.run(number, parameters={"number": "x"})


def test_a_condition_decides_here_too(context: InteractiveContext) -> None:
    one = Number(1).with_id("one")
    context.run(one)
    with Cond(one.outputs["number"].future()[0].custom_property("value") == 2):
        two = Number(2).with_id("two")
    result = context.run(two)
    assert result.ended.state == "skipped"
    assert "one.number[0].custom_property('value') == 2" in result.ended.reason
    with Cond(one.outputs["number"].future()[0].custom_property("value") == 1):
        three = Number(3).with_id("three")
    assert context.run(three).ended.state == "ran"


def test_a_condition_on_what_has_not_been_run_is_refused(context: InteractiveContext) -> None:
    with Cond(Number(1).outputs["number"].future()[0].custom_property("value") == 2):
        two = Number(2).with_id("two")
    with pytest.raises(PipelineError, match="two: it waits for Number"):
        context.run(two)


def test_a_loop_runs_all_its_items(context: InteractiveContext) -> None:
    for number in (4, 5):
        context.run(Number(number))
    both = Resolver(LatestArtifactStrategy, {"desired_num_of_artifacts": 2}, number=Channel(type=Integer))
    context.run(both)
    with ForEach(both.outputs["number"]) as number_of:
        each = Add([number_of]).with_id("each")
    context.run(each)
    assert sorted(int(artifact.value) for artifact in each.outputs["total"].get()) == [4, 5]
    total = Add([each.outputs["total"]]).with_id("total")
    context.run(total)
    assert value(total.outputs["total"]) == 9


# ---------------------------------------------------------------------------------------------------------- the context


def test_without_a_root_a_temporary_one_is_told(caplog: pytest.LogCaptureFixture) -> None:
    made = InteractiveContext()
    assert made.pipeline_root in caplog.text
    assert "no pipeline_root is given" in caplog.text
    assert made.run(Number(1)).ended.state == "ran"
    made.close()
    assert os.path.isfile(os.path.join(made.pipeline_root, "metadata.sqlite"))


def test_name_store_beam_arguments_and_format_are_taken(tmp_path: Path) -> None:
    store = sqlite_metadata_connection_config(str(tmp_path / "m.db"))
    made = InteractiveContext("mine", str(tmp_path / "r"), store, ["--direct_num_workers=1"], in_process=True)
    made.run(Number(1), beam_pipeline_args=["--direct_num_workers=2"])
    assert made.beam_pipeline_args == ["--direct_num_workers=1"]
    with MetadataStore.open(store, read_only=True) as opened:
        assert opened.get_run("mine", "notebook-mine") is not None


def test_a_relative_root_and_relative_paths_stay_with_the_folder_they_were_given_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = InteractiveContext(pipeline_root="here", in_process=True)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    made.run(Number(1))
    assert (tmp_path / "here" / "Number").is_dir()


def test_libraries_are_loaded_once_for_all_components(context: InteractiveContext, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    context.run(Number(1, folder=str(marks)))
    workers: Any = context._run.workers
    first = workers._host
    context.run(Number(2, folder=str(marks)))
    assert workers._host is first
    os.environ["SOMETHING_NEW"] = "1"
    try:
        context.run(Number(3, folder=str(marks)))
    finally:
        del os.environ["SOMETHING_NEW"]
    assert workers._host is not first
    pids = {mark.name.split("-")[-1] for mark in marks.iterdir()}
    assert len(pids) == 3
    assert str(os.getpid()) not in pids


EXECUTOR = """
from light.component import NumberResult
from light.executor import NumberExecutor

class EditedExecutor(NumberExecutor):
    def execute(self, work):
        super().execute(work)
        with open(work.outputs.number.uri, "w") as file:
            file.write("FIRST")
        return NumberResult(0)
"""
COMPONENT = """
from light.component import Number

class Edited(Number):
    EXECUTOR = "edited_executor:EditedExecutor"
"""


def test_code_that_was_edited_between_two_runs_is_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "edited.py").write_text(COMPONENT)
    made = InteractiveContext(pipeline_root="root")
    from edited import Edited  # type: ignore[import-not-found]  # written by this test

    component = Edited(1)
    for text in ("11", "12", "13", "14"):
        (tmp_path / "edited_executor.py").write_text(EXECUTOR.replace("FIRST", text))
        assert made.run(component).ended.state == "ran"
        assert value(component.outputs["number"]) == int(text)
        assert (
            made.run(component, enable_cache=False).ended.state == "ran"
        )  # from a parent that has the code by now
        assert value(component.outputs["number"]) == int(text)
        assert made.run(component).ended.state == "cached"
    made.close()


def test_an_interrupt_ends_the_component_and_the_context_goes_on(context: InteractiveContext) -> None:
    slow = Number(1, seconds=60.0)
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(CancelledError, match="Number: it was interrupted"):
        context.run(slow)
    with store_of(context) as store:
        record = store.get_run("interactive", RUN)
    assert record is not None
    assert record.properties["state"] == "CANCELED"
    assert context.run(Number(2)).ended.state == "ran"


# -------------------------------------------------------------------------------------------------------------- showing


def test_outside_of_ipython_artifacts_are_told_as_text(
    context: InteractiveContext, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Number(6)
    result = context.run(one)
    for item in (
        one,
        result,
        one.outputs["number"],
        one.outputs["number"].get()[0],
        one.outputs["number"].get(),
    ):
        context.show(item)
        out = capsys.readouterr().out
        assert "Integer 1\n" in out
        assert "value: 6" in out
        assert "note: pages are drawn in IPython" in out


def test_what_cannot_be_shown_is_refused(context: InteractiveContext) -> None:
    with pytest.raises(
        UsageError, match="expected: a channel, an artifact, a component or its result; got: 3"
    ):
        context.show(3)


def test_the_result_is_told_in_a_few_lines(context: InteractiveContext) -> None:
    told = repr(context.run(Number(6)))
    assert told.startswith("ExecutionResult(Number: ran, ")
    assert "    = 6\n    execution_id: 1\n    number: [Integer(id=1" in told


def test_a_store_may_stand_elsewhere_than_the_root(tmp_path: Path) -> None:
    made = InteractiveContext(pipeline_root="memory://bucket/root")
    config: ConnectionConfig | None = made.metadata_connection_config
    assert config is None  # the project's own
