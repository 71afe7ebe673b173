# SPDX-License-Identifier: Apache-2.0
"""Evaluates what a resolver function was traced to, over the artifacts of a run and of the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError
from penstock.graph.resolver_functions import selection
from penstock.graph.resolver_functions.values import Expression

Artifacts = list[Artifact]
ByKey = dict[str, Artifacts]
Groups = list[ByKey]


class SkipSignal(Exception):  # noqa: N818  TFX's name, and no error
    """What needs the artifacts is to be skipped; the argument says why."""


class TooFewError(Exception):
    """There are fewer artifacts than were asked for; the argument says how many there are."""


@runtime_checkable
class Sources(Protocol):
    """Where artifacts come from."""

    @property
    def seed(self) -> str:
        """What random orders depend on."""
        ...

    def oldest_first(self, key: str) -> Artifacts:
        """Returns the artifacts of a source: of this run's node in its order, of the history the oldest first."""
        ...

    def newest(self, key: str, n: int) -> Artifacts:
        """Returns the ``n`` newest artifacts of a source, the oldest of these first."""
        ...

    def latest_run_outputs(
        self, pipeline: str, outputs: Mapping[str, Sequence[Sequence[str]]]
    ) -> ByKey | None:
        """Returns what a pipeline's latest run that succeeded has put out; ``None`` where there is no such run."""
        ...


def evaluate(expression: Expression, sources: Sources) -> Any:
    """Returns the value of an expression: a list of artifacts, lists by key, or groups.

    Raises:
        SkipSignal: What needs the value is to be skipped.
        TooFewError: There are not enough artifacts.
        PipelineError: There is no such operation.
    """
    if "source" in expression:
        return sources.oldest_first(expression["source"])
    if "each" in expression:
        return {key: evaluate(part, sources) for key, part in expression["each"].items()}
    if "item" in expression:
        return evaluate(expression["of"], sources)[expression["item"]]
    name = expression.get("op", "")
    if name == "LatestCreateTime" and "source" in expression["of"][0]:
        return sources.newest(expression["of"][0]["source"], expression["n"])
    if name == "LatestPipelineRunOutputs":
        return _latest_run(expression, sources)
    if name == "Shuffle":
        return selection.shuffled(evaluate(expression["of"][0], sources), sources.seed)
    operation = _OPERATIONS.get(name)
    if operation is None:
        raise PipelineError(
            f"there is no operation {name!r} on artifacts",
            hint="compile the pipeline again with this version",
        )
    return operation(evaluate(expression["of"][0], sources), expression)


def _latest_run(expression: Expression, sources: Sources) -> ByKey:
    found = sources.latest_run_outputs(expression["pipeline_name"], expression["outputs"])
    if found is None:
        raise SkipSignal(f"no run of pipeline {expression['pipeline_name']} has succeeded yet")
    return found


def _slice(artifacts: Artifacts, given: Expression) -> Artifacts:
    found = artifacts[given.get("start") : given.get("stop") : given.get("step")]
    if len(found) < given["min_count"]:
        places = ":".join(str(given.get(name, "")) for name in ("start", "stop"))
        raise TooFewError(
            f"[{places}] of {len(artifacts)} artifacts is {len(found)}, and {given['min_count']} are needed"
        )
    return found


def _enough_spans(artifacts: Artifacts, given: Expression) -> Artifacts:
    count = selection.number_of_spans(artifacts)
    if count < given["n"]:
        raise SkipSignal(f"there are {count} of the {given['n']} spans that are needed")
    return artifacts


def _some(groups: Groups, _: Expression) -> Groups:
    if not groups:
        raise SkipSignal("there are no groups of artifacts yet")
    return groups


_OPERATIONS: Mapping[str, Callable[[Any, Expression], Any]] = {
    "LatestCreateTime": lambda found, given: selection.latest_created(found, given["n"]),
    "LatestVersion": lambda found, given: selection.latest_version(found, given["n"]),
    "LatestSpan": lambda found, given: selection.latest_spans(
        found,
        given["n"],
        given["min_span"],
        given["skip_last_n"],
        given["keep_all_versions"],
        given["version_sort_keys"],
    ),
    "AllSpans": lambda found, given: selection.span_range(found, -1, -1, given["keep_all_versions"]),
    "StaticSpanRange": lambda found, given: selection.span_range(
        found, given["start_span"], given["end_span"], given["keep_all_versions"]
    ),
    "ConsecutiveSpans": lambda found, given: selection.consecutive_spans(
        found, given["first_span"], given["skip_last_n"], given["keep_all_versions"], given["denylist"]
    ),
    "ExcludeSpans": lambda found, given: selection.without_spans(found, given["denylist"]),
    "EqualPropertyValues": lambda found, given: selection.with_property(
        found, given["property_key"], given["property_value"], given["is_custom_property"]
    ),
    "Slice": _slice,
    "SkipIfLessThanNSpans": _enough_spans,
    "SkipIfEmpty": _some,
    "SlidingWindow": lambda found, given: selection.windows(
        found, given["window_size"], given["stride"], given["output_key"]
    ),
    "PairedSpans": lambda found, given: selection.paired_spans(
        found, given["match_version"], given["keep_all_versions"]
    ),
    "Unnest": lambda found, given: selection.unnested(found, given["key"]),
}
