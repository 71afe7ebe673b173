# SPDX-License-Identifier: Apache-2.0
"""The operations that resolver functions are made of, under TFX's names: how they are traced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.resolver_functions.values import (
    ArtifactGroups,
    ArtifactList,
    ArtifactMap,
    Expression,
    each_of,
)

_JSON = (int, float, bool, str, list, dict)


def LatestCreateTime(artifacts: ArtifactList, *, n: int = 1) -> ArtifactList:  # noqa: N802  TFX's name
    """Chooses the ``n`` newest artifacts."""
    return _list(artifacts, "LatestCreateTime", n=_at_least("n", n, 1))


def LatestVersion(artifacts: ArtifactList, *, n: int = 1) -> ArtifactList:  # noqa: N802  TFX's name
    """Chooses the ``n`` artifacts of the highest span and version."""
    return _list(artifacts, "LatestVersion", n=_at_least("n", n, 1))


def LatestSpan(  # noqa: N802  TFX's name
    artifacts: ArtifactList,
    *,
    n: int = 1,
    min_span: int = 0,
    skip_last_n: int = 0,
    keep_all_versions: bool = False,
    version_sort_keys: Sequence[str] = (),
) -> ArtifactList:
    """Chooses the artifacts of the ``n`` highest spans, the lowest first; of all spans where ``n`` is not positive."""
    keys = _texts("version_sort_keys", version_sort_keys)
    return _list(
        artifacts,
        "LatestSpan",
        n=_integer("n", n),
        min_span=_at_least("min_span", min_span, 0),
        skip_last_n=_at_least("skip_last_n", skip_last_n, 0),
        keep_all_versions=_truth("keep_all_versions", keep_all_versions),
        version_sort_keys=keys,
    )


def AllSpans(artifacts: ArtifactList, *, keep_all_versions: bool = False) -> ArtifactList:  # noqa: N802  TFX's name
    """Sorts artifacts by span, with the latest version of each only unless it is said otherwise."""
    return _list(artifacts, "AllSpans", keep_all_versions=_truth("keep_all_versions", keep_all_versions))


def StaticSpanRange(  # noqa: N802  TFX's name
    artifacts: ArtifactList, *, start_span: int = -1, end_span: int = -1, keep_all_versions: bool = False
) -> ArtifactList:
    """Chooses the artifacts of the spans from one to another, both included; a negative one is no bound."""
    start, end = _integer("start_span", start_span), _integer("end_span", end_span)
    if 0 <= end < start:
        raise ParameterError(
            "a range of spans ends before it begins", expected=f"end_span of at least {start}", got=str(end)
        )
    return _list(
        artifacts,
        "StaticSpanRange",
        start_span=start,
        end_span=end,
        keep_all_versions=_truth("keep_all_versions", keep_all_versions),
    )


def ConsecutiveSpans(  # noqa: N802  TFX's name
    artifacts: ArtifactList,
    *,
    first_span: int = -1,
    skip_last_n: int = 0,
    keep_all_versions: bool = False,
    denylist: Sequence[int] = (),
) -> ArtifactList:
    """Chooses the artifacts of the spans from the first one on, as far as none is missing."""
    return _list(
        artifacts,
        "ConsecutiveSpans",
        first_span=_integer("first_span", first_span),
        skip_last_n=_at_least("skip_last_n", skip_last_n, 0),
        keep_all_versions=_truth("keep_all_versions", keep_all_versions),
        denylist=_integers("denylist", denylist),
    )


def ExcludeSpans(artifacts: ArtifactList, *, denylist: Sequence[int] = ()) -> ArtifactList:  # noqa: N802  TFX's name
    """Leaves out the artifacts of some spans, and those without a span."""
    return _list(artifacts, "ExcludeSpans", denylist=_integers("denylist", denylist))


def EqualPropertyValues(  # noqa: N802  TFX's name
    artifacts: ArtifactList, *, property_key: str, property_value: Any, is_custom_property: bool = True
) -> ArtifactList:
    """Chooses the artifacts of which a property has a value."""
    key = _text("property_key", property_key)
    if not isinstance(property_value, _JSON):
        raise ParameterError(
            "property_value is no value that a property has",
            expected="a number, text, a truth value, or JSON",
            got=f"{property_value!r} ({type(property_value).__name__})",
        )
    is_custom = _truth("is_custom_property", is_custom_property)
    kind = _checked_list(artifacts, "EqualPropertyValues").type
    if not is_custom and key not in kind.PROPERTIES:
        raise ParameterError(
            f"artifact type {kind.TYPE_NAME} has no property {key!r}",
            hint=f"{did_you_mean(key, kind.PROPERTIES)}; for others filter by custom property",
        )
    return _list(
        artifacts,
        "EqualPropertyValues",
        property_key=key,
        property_value=property_value,
        is_custom_property=is_custom,
    )


def Shuffle(artifacts: ArtifactList) -> ArtifactList:  # noqa: N802  TFX's name
    """Puts artifacts into a random order, another one in each run."""
    return _list(artifacts, "Shuffle")


def Slice(  # noqa: N802  TFX's name
    artifacts: ArtifactList,
    *,
    start: int | None = None,
    stop: int | None = None,
    step: int | None = None,
    min_count: int | None = None,
) -> ArtifactList:
    """Chooses artifacts by place, as ``artifacts[start:stop:step]`` does; with fewer than ``min_count``, none."""
    places = {"start": start, "stop": stop, "step": step}
    given = {name: _integer(name, place) for name, place in places.items() if place is not None}
    if given.get("step") == 0:
        raise ParameterError("step must not be 0")
    return _list(artifacts, "Slice", **given, min_count=_at_least("min_count", min_count or 0, 0))


def SkipIfLessThanNSpans(artifacts: ArtifactList, *, n: int = 0) -> ArtifactList:  # noqa: N802  TFX's name
    """Has what needs the artifacts be skipped where they are of fewer than ``n`` spans; never where it is negative."""
    return _list(artifacts, "SkipIfLessThanNSpans", n=_integer("n", n))


def SkipIfEmpty(groups: ArtifactGroups) -> ArtifactGroups:  # noqa: N802  TFX's name
    """Has what goes over the groups be skipped where there is none."""
    if not isinstance(groups, ArtifactGroups):
        raise _wrong_kind("SkipIfEmpty", "groups, as SlidingWindow gives", groups)
    return ArtifactGroups({"op": "SkipIfEmpty", "of": [groups.expression]}, groups.types)


def SlidingWindow(  # noqa: N802  TFX's name
    artifacts: ArtifactList, *, window_size: int = 1, stride: int = 1, output_key: str = "window"
) -> ArtifactGroups:
    """Groups artifacts into windows of one size, each ``stride`` after the one before."""
    expression = _list(
        artifacts,
        "SlidingWindow",
        window_size=_at_least("window_size", window_size, 1),
        stride=_at_least("stride", stride, 1),
        output_key=_text("output_key", output_key),
    )
    return ArtifactGroups(expression.expression, {output_key: expression.type})


def PairedSpans(  # noqa: N802  TFX's name
    artifacts: ArtifactMap | Mapping[str, ArtifactList],
    *,
    match_version: bool = True,
    keep_all_versions: bool = False,
) -> ArtifactGroups:
    """Groups the artifacts of several keys by span and version."""
    if keep_all_versions and not match_version:
        raise ParameterError(
            "keep_all_versions needs match_version", expected="match_version=True", got="match_version=False"
        )
    by_key = _checked_map(artifacts, "PairedSpans", at_least=2)
    return ArtifactGroups(
        _expression(
            "PairedSpans",
            by_key.expression,
            match_version=_truth("match_version", match_version),
            keep_all_versions=_truth("keep_all_versions", keep_all_versions),
        ),
        by_key.types,
    )


def Unnest(artifacts: ArtifactMap | Mapping[str, ArtifactList], *, key: str) -> ArtifactGroups:  # noqa: N802  TFX's name
    """Makes a group of each artifact of one key, with all artifacts of the others."""
    by_key = _checked_map(artifacts, "Unnest", at_least=1)
    if key not in by_key.types:
        raise ParameterError(f"Unnest: there is no key {key!r}", expected=", ".join(by_key.types))
    return ArtifactGroups(_expression("Unnest", by_key.expression, key=key), by_key.types)


def LatestPipelineRunOutputs(  # noqa: N802  TFX's name
    *,
    pipeline_name: str,
    outputs: Mapping[str, Sequence[tuple[str, str]]],
    types: Mapping[str, type[Artifact]],
) -> ArtifactMap:
    """Chooses what the latest run of a pipeline that succeeded has put out.

    Args:
        pipeline_name: Name of the pipeline.
        outputs: Node and output key that each output comes from.
        types: Type of each output.
    """
    places = {key: [list(place) for place in found] for key, found in outputs.items()}
    return ArtifactMap(
        _expression("LatestPipelineRunOutputs", pipeline_name=pipeline_name, outputs=places), dict(types)
    )


def _expression(name: str, *of: Expression, **settings: Any) -> Expression:
    return {"op": name, "of": [dict(part) for part in of], **settings}


def _list(artifacts: ArtifactList, op: str, **settings: Any) -> ArtifactList:
    given = _checked_list(artifacts, op)
    return ArtifactList(_expression(op, given.expression, **settings), given.type)


def _checked_list(artifacts: Any, operation: str) -> ArtifactList:
    if not isinstance(artifacts, ArtifactList):
        raise _wrong_kind(operation, "one channel's artifacts", artifacts)
    return artifacts


def _checked_map(artifacts: Any, operation: str, at_least: int) -> ArtifactMap:
    if isinstance(artifacts, Mapping) and all(
        isinstance(value, ArtifactList) for value in artifacts.values()
    ):
        artifacts = each_of(artifacts)
    if not isinstance(artifacts, ArtifactMap) or len(artifacts.types) < at_least:
        raise _wrong_kind(operation, f"artifacts of {at_least} or more channels, by key", artifacts)
    return artifacts


def _wrong_kind(operation: str, expected: str, got: Any) -> PipelineError:
    shown = type(got).__name__ if isinstance(got, (ArtifactMap, ArtifactGroups)) else f"{got!r}"
    return PipelineError(
        f"{operation} cannot work on this",
        expected=expected,
        got=shown,
        hint="operations are called inside of a resolver function, on its arguments or on each other's results",
    )


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError(f"{name} is not a whole number", got=f"{value!r} ({type(value).__name__})")
    return value


def _at_least(name: str, value: Any, least: int) -> int:
    if _integer(name, value) < least:
        raise ParameterError(f"{name} is too small", expected=f"at least {least}", got=str(value))
    return int(value)


def _truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{name} is neither True nor False", got=f"{value!r} ({type(value).__name__})")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ParameterError(f"{name} is no text", got=f"{value!r} ({type(value).__name__})")
    return value


def _texts(name: str, values: Any) -> list[str]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ParameterError(f"{name} is not a list of texts", got=repr(values))
    return [_text(name, value) for value in values]


def _integers(name: str, values: Any) -> list[int]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ParameterError(f"{name} is not a list of whole numbers", got=repr(values))
    return [_integer(name, value) for value in values]
