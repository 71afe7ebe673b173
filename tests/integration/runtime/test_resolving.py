# SPDX-License-Identifier: Apache-2.0
"""Resolvers in runs, on a real store; what each strategy chooses from a list is in the unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Bench

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Integer, Model, ModelBlessing
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import (
    LatestArtifactStrategy,
    LatestBlessedModelStrategy,
    NamedArtifactStrategy,
    ResolverStrategy,
    SpanRangeStrategy,
)
from penstock.graph.system_nodes import Resolver
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution
from penstock.metadata.store import MetadataStore
from penstock.runtime.host import InProcessHost
from penstock.runtime.launcher import Launcher
from penstock.runtime.run import NodeResult, begin, join


class Oldest(ResolverStrategy):
    """A strategy of a user's."""

    def __init__(self, fail: bool = False) -> None:
        self._fail = fail

    def resolve(self, channels: Any, history: Any) -> Any:
        if self._fail:
            raise ValueError("no luck")
        return {key: list(history.newest_first(key))[-1:] for key in channels}


class History:
    """A store in which pipelines have made artifacts, and a pipeline with a Resolver to choose from them."""

    def __init__(self, folder: Path, store: MetadataStore) -> None:
        self._folder = folder
        self._store = store
        self._count = 0

    def made(
        self,
        kind: type[Artifact],
        pipeline: str = "p",
        state: Any = "COMPLETE",
        node: str = "maker",
        **custom: Any,
    ) -> int:
        """Records an artifact that an execution has made; returns its id, 0 where it did not come to that."""
        self._count += 1
        self._store.begin_run(pipeline, f"{pipeline}-1", {"state": "COMPLETE"})
        new = NewExecution(
            type="Maker", name=f"e{self._count}", pipeline=pipeline, run_id=f"{pipeline}-1", node_id=node
        )
        execution = self._store.start_execution(new, Owner.current())
        folder = self._folder / str(self._count)
        folder.mkdir()
        if state == "RUNNING":
            return 0
        outputs = {"out": [kind(str(folder), custom_properties=custom)]} if state == "COMPLETE" else {}
        recorded = self._store.finish_execution(execution.id, state, outputs, {})
        return recorded["out"][0].id if outputs else 0

    def remove(self, identity: int) -> None:
        (artifact,) = self._store.artifacts([identity])
        Path(artifact.uri).rmdir()

    def resolved(
        self, strategy: type[ResolverStrategy], config: dict[str, Any] | None = None, **channels: Channel
    ) -> tuple[NodeResult, dict[str, list[int]]]:
        bench = Bench(self._folder)
        resolver = Resolver(strategy, config, **channels)
        ir = compile_pipeline(Pipeline("p", str(bench.root), bench.config, [resolver]))
        self._count += 1
        run = begin(ir, self._store, f"run-{self._count}", {})
        result = Launcher(run, self._store, InProcessHost()).run_node("Resolver")
        assert result.execution_id is None or self._seen_by_others(run) == result.execution_id
        outputs = self._store.outputs_of(result.execution_id) if result.execution_id else {}
        return result, {key: [a.id for a in group] for key, group in outputs.items()}

    def _seen_by_others(self, run: Any) -> int | None:
        """Returns the execution that a process which joins the run takes the node's outputs from."""
        joined = join(run.ir, self._store, run.run_id, {}, resume=True)
        return Launcher(joined, self._store, InProcessHost()).run_node("Resolver").execution_id


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with Bench(tmp_path).store() as store:
        yield History(tmp_path, store)


def test_the_newest_artifacts_of_this_pipeline_that_are_there(history: History) -> None:
    first, second, gone = (history.made(Integer) for _ in range(3))
    history.made(Integer, pipeline="other")
    history.made(Integer, state="FAILED")
    history.made(Integer, state="RUNNING")
    history.made(Model)
    history.remove(gone)
    result, found = history.resolved(
        LatestArtifactStrategy, {"desired_num_of_artifacts": 2}, number=Channel(Integer)
    )
    assert found == {"number": [second, first]}
    assert (result.state, result.summary) == ("ran", f"number {second}, {first}")


def test_of_many_artifacts_the_first_are_told(history: History) -> None:
    made = [history.made(Integer) for _ in range(10)][::-1]
    result, _ = history.resolved(
        LatestArtifactStrategy, {"desired_num_of_artifacts": 10}, number=Channel(Integer)
    )
    assert result.summary == f"number {', '.join(map(str, made[:8]))} and 2 more"


def test_where_there_is_not_enough_all_outputs_are_empty(history: History) -> None:
    history.made(Integer)
    result, found = history.resolved(LatestArtifactStrategy, number=Channel(Integer), model=Channel(Model))
    assert (result.state, result.summary, found) == ("ran", "nothing yet", {})


def test_the_newest_blessed_model(history: History) -> None:
    blessed, refused = history.made(Model), history.made(Model)
    yes = history.made(ModelBlessing, blessed=1, current_model_id=blessed)
    history.made(ModelBlessing, blessed=0, current_model_id=refused)
    _, found = history.resolved(
        LatestBlessedModelStrategy, model=Channel(Model), model_blessing=Channel(ModelBlessing)
    )
    assert found == {"model": [blessed], "model_blessing": [yes]}


def test_what_another_pipeline_of_the_store_has_made(history: History) -> None:
    history.made(Integer)
    theirs = history.made(Integer, pipeline="taxi")
    by_trainer = history.made(Integer, pipeline="taxi", node="Trainer")
    history.made(Integer, pipeline="taxi", node="Tuner")
    history.made(Integer, pipeline="bikes", node="Trainer")
    wanted = {"desired_num_of_artifacts": 3}
    assert history.resolved(LatestArtifactStrategy, wanted, number=Channel(Integer, pipeline="taxi"))[1] == {
        "number": [by_trainer + 1, by_trainer, theirs]
    }
    only = Channel(Integer, pipeline="taxi", node="Trainer")
    assert history.resolved(LatestArtifactStrategy, number=only)[1] == {"number": [by_trainer]}
    nobody = Channel(Integer, pipeline="trains")
    assert history.resolved(LatestArtifactStrategy, number=nobody)[1] == {}


def test_the_newest_blessed_model_of_another_pipeline(history: History) -> None:
    ours = history.made(Model)
    history.made(ModelBlessing, blessed=1, current_model_id=ours)
    theirs = history.made(Model, pipeline="taxi")
    blessing = history.made(ModelBlessing, pipeline="taxi", blessed=1, current_model_id=theirs)
    history.made(Model, pipeline="taxi")
    _, found = history.resolved(
        LatestBlessedModelStrategy,
        model=Channel(Model, pipeline="taxi"),
        blessing=Channel(ModelBlessing, pipeline="taxi"),
    )
    assert found == {"model": [theirs], "blessing": [blessing]}


def test_an_artifact_by_its_id(history: History) -> None:
    first, second = history.made(Integer), history.made(Integer)
    elsewhere, model = history.made(Integer, pipeline="other"), history.made(Model)
    by_id = {
        number: history.resolved(NamedArtifactStrategy, {"artifact_id": number}, number=Channel(Integer))[1]
        for number in (first, second, elsewhere, model, 10_000)
    }
    assert by_id == {
        first: {"number": [first]},
        second: {"number": [second]},
        elsewhere: {},
        model: {},
        10_000: {},
    }


def test_a_range_of_spans(history: History) -> None:
    first, again, third = (history.made(Examples, span=span) for span in (1, 1, 2))
    assert first < again
    config = {"range_config": {"rolling_range": {"num_spans": 2}}}
    assert history.resolved(SpanRangeStrategy, config, examples=Channel(Examples))[1] == {
        "examples": [third, again]
    }
    config = {"range_config": {"static_range": {"start_span_number": 2, "end_span_number": 4}}}
    result, _ = history.resolved(SpanRangeStrategy, config, examples=Channel(Examples))
    assert result.state == "failed"
    assert result.reason.startswith("Resolver: no examples of span 3, 4 in the history")


def test_a_strategy_of_a_users_is_fenced_like_all_code_of_theirs(history: History) -> None:
    first = history.made(Integer)
    history.made(Integer)
    assert history.resolved(Oldest, number=Channel(Integer))[1] == {"number": [first]}
    result, _ = history.resolved(Oldest, {"fail": True}, number=Channel(Integer))
    assert result.reason == "Resolver: Oldest.resolve raised ValueError: no luck"
    assert "test_resolving.py" in result.traceback
