# SPDX-License-Identifier: Apache-2.0
"""Strategies on a history that is a list; ``tests/integration/runtime/test_resolving.py`` has the real store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, ExampleStatistics, Model, ModelBlessing
from penstock.errors import ParameterError, PipelineError, ResolutionError
from penstock.graph.resolver_strategy import (
    Choice,
    LatestArtifactStrategy,
    LatestBlessedModelStrategy,
    ResolverStrategy,
    SpanRangeStrategy,
)
from penstock.messages.range_config import RangeConfig, RollingRange, StaticRange


class History:
    """A history of artifacts as they were made; counts how many were looked at."""

    def __init__(self, **made: Sequence[Artifact]) -> None:
        self._made = made
        self.looked_at = 0

    def newest_first(self, key: str) -> Iterator[Artifact]:
        for artifact in reversed(self._made.get(key, ())):
            self.looked_at += 1
            yield artifact


def resolve(strategy: ResolverStrategy, history: History, **types: str) -> Mapping[str, list[int]] | None:
    chosen = strategy.resolve(types, history)
    resolved = chosen.artifacts if isinstance(chosen, Choice) else chosen
    return None if resolved is None else {key: [a.id for a in group] for key, group in resolved.items()}


# -------------------------------------------------------------------------------------------------- LatestArtifact


def models(*ids: int) -> list[Artifact]:
    return [Model(f"/m/{identity}", id=identity) for identity in ids]


@pytest.mark.parametrize(("count", "found"), [(1, [9]), (2, [9, 4]), (3, [9, 4, 2])])
def test_the_newest_artifacts_are_taken(count: int, found: list[int]) -> None:
    history = History(model=models(2, 4, 9))
    assert resolve(LatestArtifactStrategy(count), history, model="Model") == {"model": found}
    assert history.looked_at == count


def test_with_too_few_artifacts_of_any_key_there_is_no_answer() -> None:
    history = History(model=models(2, 4), base=models(1))
    assert resolve(LatestArtifactStrategy(2), history, model="Model", base="Model") is None
    assert resolve(LatestArtifactStrategy(), history, model="Model", base="Model") == {
        "model": [4],
        "base": [1],
    }
    assert resolve(LatestArtifactStrategy(), History(), model="Model") is None


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", None])
def test_a_wrong_number_of_artifacts_is_refused(count: Any) -> None:
    with pytest.raises(ParameterError, match="desired_num_of_artifacts must be at least 1"):
        LatestArtifactStrategy.from_config({"desired_num_of_artifacts": count})


def test_a_config_that_a_strategy_does_not_take_is_refused() -> None:
    with pytest.raises(ParameterError, match="LatestArtifactStrategy does not take this config.*'number'"):
        LatestArtifactStrategy.from_config({"number": 1})
    with pytest.raises(ParameterError, match="did you mean 'desired_num_of_artifacts'"):
        LatestArtifactStrategy.from_config({"desired_num_of_artifact": 1})


# ---------------------------------------------------------------------------------------------- LatestBlessedModel


def blessing(identity: int, model_id: int, blessed: int = 1) -> ModelBlessing:
    properties = {"blessed": blessed, "current_model_id": model_id}
    return ModelBlessing(f"/b/{identity}", id=identity, custom_properties=properties)


def latest_blessed(made: list[Artifact], blessings: list[Artifact]) -> Any:
    history = History(candidate=made, verdict=blessings)
    types = {"candidate": "Model", "verdict": "ModelBlessing"}
    return resolve(LatestBlessedModelStrategy(), history, **types)


NOTHING = {"candidate": [], "verdict": []}


@pytest.mark.parametrize(
    ("blessings", "found"),
    [
        ([blessing(11, 1), blessing(12, 2), blessing(13, 3)], {"candidate": [3], "verdict": [13]}),
        ([blessing(11, 1), blessing(12, 2), blessing(13, 3, 0)], {"candidate": [2], "verdict": [12]}),
        ([blessing(11, 1), blessing(12, 2, 0), blessing(13, 3, 0)], {"candidate": [1], "verdict": [11]}),
        ([blessing(12, 3), blessing(13, 1)], {"candidate": [1], "verdict": [13]}),
        ([blessing(11, 1, 0)], NOTHING),
        ([], NOTHING),
    ],
    ids=["newest", "one refused", "two refused", "an old model blessed last", "all refused", "none"],
)
def test_the_newest_blessing_says_which_model(blessings: list[Artifact], found: Any) -> None:
    assert latest_blessed(models(1, 2, 3), blessings) == found


def test_a_blessed_model_that_is_gone_gives_way_to_the_one_before() -> None:
    blessings: list[Artifact] = [blessing(11, 1), blessing(12, 2)]
    assert latest_blessed(models(1, 3), blessings) == {"candidate": [1], "verdict": [11]}


def test_a_blessing_without_a_model_says_nothing() -> None:
    unclear = ModelBlessing("/b", id=11, custom_properties={"blessed": 1})
    assert latest_blessed(models(1), [unclear]) == NOTHING


@pytest.mark.parametrize(
    "types",
    [{"model": "Model"}, {"a": "Model", "b": "Model"}, {"a": "Model", "b": "ModelBlessing", "c": "Model"}],
)
def test_other_channels_than_a_model_and_a_blessing_are_refused(types: dict[str, str]) -> None:
    with pytest.raises(PipelineError, match="needs one channel of Model and one of ModelBlessing"):
        LatestBlessedModelStrategy().check_channels(types)


# ------------------------------------------------------------------------------------------------------- SpanRange


def examples(identity: int, span: int | None) -> Examples:
    properties = {} if span is None else {"span": span}
    return Examples(f"/e/{identity}", id=identity, custom_properties=properties)


MADE = [examples(1, 1), examples(2, 2), examples(3, 3), examples(4, None), examples(5, 2), examples(6, 7)]


def in_range(range_config: Any, made: Sequence[Artifact] = MADE) -> Any:
    strategy = SpanRangeStrategy.from_config({"range_config": range_config})
    return resolve(strategy, History(examples=made), examples="Examples")


def static(start: int, end: int) -> RangeConfig:
    return RangeConfig(static_range=StaticRange(start_span_number=start, end_span_number=end))


def rolling(count: int, start: int = 0) -> RangeConfig:
    return RangeConfig(rolling_range=RollingRange(num_spans=count, start_span_number=start))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (static(1, 3), [3, 5, 1]),
        (static(2, 2), [5]),
        (static(7, 7), [6]),
        ({"static_range": {"start_span_number": 1, "end_span_number": 2}}, [5, 1]),
        ('{"static_range": {"start_span_number": 1, "end_span_number": 2}}', [5, 1]),
    ],
)
def test_a_static_range_takes_the_newest_of_each_span_newest_span_first(
    config: Any, found: list[int]
) -> None:
    assert in_range(config) == {"examples": found}


@pytest.mark.parametrize(
    ("config", "found"), [(rolling(1), [6]), (rolling(2), [3, 5]), (rolling(3), [3, 5, 1])]
)
def test_a_rolling_range_ends_with_the_newest_span(config: RangeConfig, found: list[int]) -> None:
    made = MADE[:-1] if config.rolling_range.num_spans > 1 else MADE
    assert in_range(config, made) == {"examples": found}


def test_a_rolling_range_goes_no_further_back_than_its_start() -> None:
    assert in_range(rolling(5, start=2), MADE[:-1]) == {"examples": [3, 5]}


def test_a_rolling_range_may_be_shorter_than_wanted_at_the_beginning_of_all() -> None:
    assert in_range(rolling(9, start=1), MADE[:-1]) == {"examples": [3, 5, 1]}


@pytest.mark.parametrize(
    ("config", "missing"),
    [(static(3, 7), "4, 5, 6"), (static(8, 9), "8, 9")],
)
def test_a_span_that_is_missing_is_named(config: RangeConfig, missing: str) -> None:
    with pytest.raises(
        ResolutionError, match=f"no examples of span {missing} in the history.*got: spans 1, 2, 3, 7"
    ):
        in_range(config)


@pytest.mark.parametrize(("config", "made"), [(rolling(3), []), (rolling(3, start=8), MADE)])
def test_a_rolling_range_of_nothing_is_nothing(config: RangeConfig, made: list[Artifact]) -> None:
    assert in_range(config, made) == {}


def test_a_rolling_range_takes_what_there_is_of_it() -> None:
    assert in_range(rolling(3)) == {"examples": [6]}  # 5 and 6 are missing
    assert in_range(rolling(5)) == {"examples": [6, 3]}
    assert in_range(rolling(9), MADE[:-1]) == {"examples": [3, 5, 1]}


def test_a_declared_span_counts_too() -> None:
    statistics = [ExampleStatistics(f"/s/{span}", id=span, properties={"span": span}) for span in (1, 2)]
    assert in_range(rolling(2), statistics) == {"examples": [2, 1]}


def test_a_range_is_needed() -> None:
    with pytest.raises(ParameterError, match="SpanRangeStrategy needs a range"):
        SpanRangeStrategy(RangeConfig())


@pytest.mark.parametrize("config", [static(3, 1), rolling(0), rolling(-2)])
def test_a_range_that_holds_no_span_is_refused(config: RangeConfig) -> None:
    with pytest.raises(ParameterError, match="range_config holds no span"):
        SpanRangeStrategy(config)
