# SPDX-License-Identifier: Apache-2.0
"""The resolver functions that come ready, under TFX's names and with its arguments.

Their channels are a node's outputs of the same run, or the history: ``artifact_query`` and its kin
(``penstock.graph.channel_queries``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.flattening import Flattened
from penstock.graph.resolver_functions import operations as ops
from penstock.graph.resolver_functions.functions import resolver_function
from penstock.graph.resolver_functions.values import ArtifactGroups, ArtifactList, ArtifactMap

if TYPE_CHECKING:
    from penstock.graph.pipeline import Pipeline

Artifacts = ArtifactList  # what a channel is while the function is traced


@resolver_function
def latest_created(artifacts: Artifacts, n: int = 1) -> ArtifactList:
    """Chooses the ``n`` newest artifacts, the oldest of these first."""
    return ops.LatestCreateTime(artifacts, n=n)


@resolver_function
def latest_version(artifacts: Artifacts, n: int = 1) -> ArtifactList:
    """Chooses the ``n`` artifacts of the highest span and version, the lowest of these first."""
    return ops.LatestVersion(artifacts, n=n)


@resolver_function
def static_range(
    artifacts: Artifacts,
    *,
    start_span_number: int = -1,
    end_span_number: int = -1,
    keep_all_versions: bool = False,
    exclude_span_numbers: Sequence[int] = (),
    min_spans: int | None = None,
) -> ArtifactList:
    """Chooses the artifacts of the spans from one to another, both included, the lowest first.

    Args:
        artifacts: What to choose from.
        start_span_number: The first span; no bound where it is negative.
        end_span_number: The last span; no bound where it is negative.
        keep_all_versions: Whether all versions of a span are taken, or only its latest.
        exclude_span_numbers: Spans to leave out.
        min_spans: With artifacts of fewer spans, what needs them is skipped. ``None`` means as many as the range has,
            without those to leave out, where both its ends are given; a negative number, that any do.
    """
    chosen = ops.StaticSpanRange(
        artifacts, start_span=start_span_number, end_span=end_span_number, keep_all_versions=keep_all_versions
    )
    if exclude_span_numbers:
        chosen = ops.ExcludeSpans(chosen, denylist=exclude_span_numbers)
    if min_spans is None:
        min_spans = -1
        if start_span_number >= 0 and end_span_number >= 0:
            spans = range(start_span_number, end_span_number + 1)
            min_spans = len(spans) - len({span for span in exclude_span_numbers if span in spans})
    return ops.SkipIfLessThanNSpans(chosen, n=min_spans)


@resolver_function
def rolling_range(
    artifacts: Artifacts,
    *,
    start_span_number: int = 0,
    num_spans: int = 1,
    skip_num_recent_spans: int = 0,
    keep_all_versions: bool = False,
    exclude_span_numbers: Sequence[int] = (),
    min_spans: int | None = None,
    version_sort_keys: Sequence[str] = (),
) -> ArtifactList:
    """Chooses the artifacts of the highest spans that there are, the lowest of these first.

    Args:
        artifacts: What to choose from.
        start_span_number: The lowest span that counts.
        num_spans: How many spans; all where it is not positive.
        skip_num_recent_spans: How many of the highest spans are left out before these are counted.
        keep_all_versions: Whether all versions of a span are taken, or only its latest.
        exclude_span_numbers: Spans to leave out of those that were chosen.
        min_spans: With artifacts of fewer spans, what needs them is skipped; ``None`` means ``num_spans``.
        version_sort_keys: Attributes by which the versions of a span are ordered, instead of version and age.
    """
    chosen = ops.LatestSpan(
        artifacts,
        n=num_spans,
        min_span=start_span_number,
        skip_last_n=skip_num_recent_spans,
        keep_all_versions=keep_all_versions,
        version_sort_keys=version_sort_keys,
    )
    if exclude_span_numbers:
        chosen = ops.ExcludeSpans(chosen, denylist=exclude_span_numbers)
    return ops.SkipIfLessThanNSpans(chosen, n=num_spans if min_spans is None else min_spans)


@resolver_function
def all_spans(artifacts: Artifacts) -> ArtifactList:
    """Chooses the latest version of each span, the lowest span first."""
    return ops.AllSpans(artifacts)


@resolver_function
def shuffle(artifacts: Artifacts) -> ArtifactList:
    """Puts the artifacts into a random order; it is another one in each run, and the same when a run is resumed."""
    return ops.Shuffle(artifacts)


@resolver_function
def _latest_pipeline_run_outputs(
    pipeline_name: str, outputs: Mapping[str, Sequence[tuple[str, str]]], types: Mapping[str, Any]
) -> ArtifactMap:
    return ops.LatestPipelineRunOutputs(pipeline_name=pipeline_name, outputs=outputs, types=types)


def latest_pipeline_run_outputs(pipeline: Pipeline, output_keys: Sequence[str] = ()) -> dict[str, Channel]:
    """Chooses what the latest run of another pipeline that succeeded has put out.

    Args:
        pipeline: The pipeline, which has ``outputs``.
        output_keys: Which of its outputs; all where none is named.

    Returns:
        A channel for each output, by key. What needs one is skipped until a run has succeeded.

    Raises:
        PipelineError: The pipeline has no such output, or none at all.
    """
    known = dict(pipeline.outputs.items())
    wanted = list(output_keys) or list(known)
    for key in wanted:
        if key not in known:
            raise PipelineError(
                f"pipeline {pipeline.pipeline_name} has no output {key!r}",
                component="latest_pipeline_run_outputs",
                hint=did_you_mean(key, known),
            )
    if not wanted:
        raise PipelineError(
            f"pipeline {pipeline.pipeline_name} has no outputs",
            component="latest_pipeline_run_outputs",
            hint="name them: Pipeline(…, outputs={'model': trainer.outputs['model']})",
        )
    whole = Flattened(pipeline)
    places = {
        key: [
            (whole.flat(source.producer).id, str(source.output_key))
            for source in known[key].sources()
            if source.producer is not None
        ]
        for key in wanted
    }
    chosen: dict[str, Channel] = _latest_pipeline_run_outputs(
        pipeline.pipeline_name, places, {key: known[key].type for key in wanted}
    )
    return chosen


@resolver_function(unwrap_dict_key="window")
def sequential_rolling_range(
    artifacts: Artifacts,
    *,
    start_span_number: int | None = None,
    num_spans: int = 1,
    skip_num_recent_spans: int = 0,
    keep_all_versions: bool = False,
    exclude_span_numbers: Sequence[int] = (),
    stride: int = 1,
) -> ArtifactGroups:
    """Makes windows of the spans from the first one on, as far as none is missing, for ``ForEach``.

    Args:
        artifacts: What to choose from.
        start_span_number: The first span; the lowest that there is where it is ``None``.
        num_spans: How many artifacts a window has.
        skip_num_recent_spans: Distance that the last span keeps from the highest that there is.
        keep_all_versions: Whether all versions of a span are taken, or only its latest.
        exclude_span_numbers: Spans to leave out; the first one above the start ends the range before it.
        stride: Distance between windows.
    """
    chosen = ops.ConsecutiveSpans(
        artifacts,
        first_span=-1 if start_span_number is None else start_span_number,
        skip_last_n=skip_num_recent_spans,
        keep_all_versions=keep_all_versions,
        denylist=exclude_span_numbers,
    )
    return ops.SlidingWindow(chosen, window_size=num_spans, stride=stride)


@resolver_function
def paired_spans(
    artifacts: Mapping[str, ArtifactList], *, match_version: bool = True, keep_all_versions: bool = False
) -> ArtifactGroups:
    """Pairs the artifacts of several channels by span and version, for ``ForEach``.

    Args:
        artifacts: Two channels or more, by key; the block's variable has the same keys.
        match_version: Whether the version must be the same too.
        keep_all_versions: Whether all versions of a span are paired, or only the latest of each channel.
    """
    return ops.PairedSpans(artifacts, match_version=match_version, keep_all_versions=keep_all_versions)


@resolver_function
def filter_property_equal(artifacts: Artifacts, *, key: str, value: Any) -> ArtifactList:
    """Chooses the artifacts of which a declared property has a value."""
    return ops.EqualPropertyValues(
        artifacts, property_key=key, property_value=value, is_custom_property=False
    )


@resolver_function
def filter_custom_property_equal(artifacts: Artifacts, *, key: str, value: Any) -> ArtifactList:
    """Chooses the artifacts of which a custom property has a value."""
    return ops.EqualPropertyValues(artifacts, property_key=key, property_value=value, is_custom_property=True)


@resolver_function
def _pick(channel: Artifacts, i: int) -> ArtifactList:
    return ops.Slice(channel, start=i, stop=(i + 1) or None, min_count=1)


@resolver_function
def _slice(
    channel: Artifacts, start: int | None = None, stop: int | None = None, min_count: int | None = None
) -> ArtifactList:
    return ops.Slice(channel, start=start, stop=stop, min_count=min_count)


def pick(channel: Channel, i: int, /) -> Channel:
    """Chooses the artifact at place ``i``, counted from the end where it is negative; none where there are fewer."""
    if isinstance(i, bool) or not isinstance(i, int):
        raise ParameterError("pick needs a place", expected="a whole number", got=repr(i))
    chosen: Channel = _pick(channel, i)
    return chosen


def slice(
    channel: Channel,
    /,
    start: int | None = None,
    stop: int | None = None,
    min_count: int | None = None,
) -> Channel:
    """Chooses artifacts by place, as ``artifacts[start:stop]`` does.

    Args:
        channel: What to choose from.
        start: Place of the first, counted from the end where it is negative.
        stop: Place after the last, likewise.
        min_count: With fewer there is none.
    """
    if start is None and stop is None and min_count is None:
        return channel
    chosen: Channel = _slice(channel, start=start, stop=stop, min_count=min_count)
    return chosen


@resolver_function(unwrap_dict_key="window")
def sliding_window(channel: Artifacts, window_size: int) -> ArtifactGroups:
    """Makes windows of ``window_size`` artifacts, each beginning one after the one before, for ``ForEach``."""
    return ops.SlidingWindow(channel, window_size=window_size)
