# SPDX-License-Identifier: Apache-2.0
"""What is refused while the pipeline is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from light.component import Number

from penstock.artifacts.standard import Examples, Integer, Model
from penstock.errors import ParameterError, PenstockError, PipelineError
from penstock.graph.channel_queries import artifact_query, external_pipeline_artifact_query, union
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_functions import canned
from penstock.graph.resolver_functions import operations as ops
from penstock.graph.resolver_functions.functions import resolver_function
from penstock.graph.resolver_strategy import ResolverStrategy
from penstock.graph.scopes import ForEach
from penstock.graph.system_nodes import Resolver

EXAMPLES = artifact_query(Examples)
WRONG: Any = {"place": "0", "start": 1.5, "type": "Examples", "loop": canned.latest_created, "list": EXAMPLES}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: canned.latest_created(EXAMPLES, n=0), "latest_created: n is too small; expected: at least 1; got: 0"),
        (lambda: canned.latest_created(EXAMPLES, n="2"), "n is not a whole number; got: '2' \\(str\\)"),
        (lambda: canned.latest_created(EXAMPLES, m=2), "the arguments do not fit.*did you mean 'n'|'m'"),
        (canned.latest_created, "latest_created: the arguments do not fit: missing.*'artifacts'"),
        (lambda: canned.latest_created(Number()), "LatestCreateTime cannot work on this; expected: one channel's"),
        (lambda: canned.latest_created([EXAMPLES]), "cannot work on this; expected: one channel's artifacts"),
        (lambda: canned.rolling_range(EXAMPLES, start_span_number=-1), "rolling_range: min_span is too small"),
        (lambda: canned.rolling_range(EXAMPLES, skip_num_recent_spans=-1), "skip_last_n is too small"),
        (lambda: canned.rolling_range(EXAMPLES, num_span=3), "did you mean 'num_spans'"),
        (lambda: canned.rolling_range(EXAMPLES, keep_all_versions=1), "keep_all_versions is neither True nor False"),
        (lambda: canned.rolling_range(EXAMPLES, version_sort_keys=[""]), "version_sort_keys is no text"),
        (lambda: canned.rolling_range(EXAMPLES, exclude_span_numbers=["3"]), "denylist is not a whole number"),
        (lambda: canned.static_range(EXAMPLES, start_span_number=4, end_span_number=3), "ends before it begins"),
        (lambda: canned.sequential_rolling_range(EXAMPLES, num_spans=0), "window_size is too small"),
        (lambda: canned.sequential_rolling_range(EXAMPLES, stride=0), "stride is too small"),
        (lambda: canned.paired_spans({"x": EXAMPLES}), "paired_spans: PairedSpans cannot work.*2 or more channels"),
        (lambda: canned.paired_spans(EXAMPLES), "artifacts of 2 or more channels, by key"),
        (
            lambda: canned.paired_spans({"x": EXAMPLES, "y": EXAMPLES}, match_version=False, keep_all_versions=True),
            "keep_all_versions needs match_version",
        ),
        (
            lambda: canned.filter_property_equal(EXAMPLES, key="spam", value=1),
            "artifact type Examples has no property 'spam'; what to do: did you mean 'span'",
        ),
        (lambda: canned.filter_custom_property_equal(EXAMPLES, key="a", value=object()), "no value that a property"),
        (lambda: canned.pick(EXAMPLES, WRONG["place"]), "pick: pick needs a place|pick needs a place.*got: '0'"),
        (lambda: canned.slice(EXAMPLES, start=WRONG["start"]), "slice: start is not a whole number"),
        (lambda: canned.shuffle(canned.sliding_window(EXAMPLES, 2)), "groups of artifacts.*ForEach"),
        (lambda: union([EXAMPLES, artifact_query(Model)]), "a union joins channels of one type; got: Examples, Model"),
        (lambda: union([]), "a union needs channels"),
        (lambda: artifact_query(Examples, output_key="examples"), "output_key is that of no node"),
        (lambda: artifact_query(WRONG["type"]), "a channel needs an artifact type"),
        (lambda: ForEach(WRONG["loop"]), "ForEach needs something to go over"),
        (lambda: ops.AllSpans(WRONG["list"]), "AllSpans cannot work on this.*inside of a resolver function"),
    ],
)  # fmt: skip
def test_misuse_is_refused_at_once(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(PenstockError, match=said):
        call()


@pytest.mark.parametrize(
    ("missing", "value"),
    [("owner", ""), ("pipeline_name", None), ("producer_component_id", ""), ("output_key", "")],
)
def test_a_query_of_another_pipeline_needs_all_names(missing: str, value: Any) -> None:
    names: dict[str, Any] = {
        "owner": "me",
        "pipeline_name": "taxi",
        "producer_component_id": "Trainer",
        "output_key": "model",
    }
    with pytest.raises(ParameterError, match=f"external_pipeline_artifact_query: {missing} is missing"):
        external_pipeline_artifact_query(Model, **{**names, missing: value})
    with pytest.raises(ParameterError, match=r"runs have no tags here.*latest_pipeline_run_outputs"):
        external_pipeline_artifact_query(Model, **names, pipeline_run_tags=["good"])


def test_the_outputs_of_a_pipeline_must_be_there() -> None:
    number = Number()
    producer = Pipeline("producer", components=[number], outputs={"number": number.outputs["number"]})
    with pytest.raises(
        PipelineError, match="pipeline producer has no output 'numbr'; .*did you mean 'number'"
    ):
        canned.latest_pipeline_run_outputs(producer, ["numbr"])
    with pytest.raises(PipelineError, match="pipeline bare has no outputs"):
        canned.latest_pipeline_run_outputs(Pipeline("bare", components=[Number()]))


def test_a_function_returns_what_an_operation_gives() -> None:
    @resolver_function
    def wrong(artifacts: Any) -> Any:
        return [artifacts]

    with pytest.raises(
        PipelineError, match="wrong: a resolver function returns something that no operation gives"
    ):
        wrong(EXAMPLES)


@pytest.mark.parametrize("act", [len, bool, list])
def test_a_function_sees_no_artifacts(act: Callable[[Any], Any]) -> None:
    @resolver_function
    def curious(artifacts: Any) -> Any:
        act(artifacts)
        return ops.AllSpans(artifacts)

    with pytest.raises(PipelineError, match="curious: .*there are no artifacts before the pipeline runs"):
        curious(EXAMPLES)


def test_a_key_that_was_not_chosen_is_refused() -> None:
    @resolver_function
    def one(artifacts: Any) -> Any:
        return ops.AllSpans(ops.LatestPipelineRunOutputs(pipeline_name="p", outputs={}, types={})["x"])

    with pytest.raises(PipelineError, match="one: what a resolver function chooses has no key 'x'"):
        one(EXAMPLES)


def test_types_must_fit_what_is_given() -> None:
    @resolver_function(output_type={"x": Examples})
    def listed(artifacts: Any) -> Any:
        return ops.AllSpans(artifacts)

    with pytest.raises(PipelineError, match="listed: the output type does not fit"):
        listed(EXAMPLES)


def test_only_groups_are_unwrapped() -> None:
    @resolver_function(unwrap_dict_key="x")
    def listed(artifacts: Any) -> Any:
        return ops.AllSpans(artifacts)

    with pytest.raises(
        PipelineError, match="listed: unwrap_dict_key is for resolver functions that make groups"
    ):
        listed(EXAMPLES)
    with pytest.raises(ParameterError, match="unwrap_dict_key names no keys"):
        resolver_function(unwrap_dict_key=3)  # type: ignore[call-overload]  # what is refused


def test_a_strategy_without_a_method_is_refused_when_the_resolver_is_made() -> None:
    class Idle(ResolverStrategy):
        pass

    with pytest.raises(PipelineError, match="strategy Idle chooses nothing.*resolve_artifacts"):
        Resolver(Idle, number=artifact_query(Integer))
