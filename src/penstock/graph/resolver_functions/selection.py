# SPDX-License-Identifier: Apache-2.0
"""Choices from lists of artifacts, by span, version, age and property.

Lists come in, and go out, with the oldest artifact first unless it is said otherwise. Ids grow with time, so that the
order of ids is the order of creation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError

Artifacts = list[Artifact]
Groups = list[dict[str, Artifacts]]


def span_of(artifact: Artifact) -> int | None:
    """Returns an artifact's span, ``None`` where its type has none and nobody has given it one.

    TFX's ExampleGen records it among the custom properties, whatever else does so where it is declared.
    """
    return _number(artifact, "span")


def version_of(artifact: Artifact) -> int:
    """Returns an artifact's version, 0 where it has none."""
    return _number(artifact, "version") or 0


def _number(artifact: Artifact, name: str) -> int | None:
    if artifact.has_custom_property(name):
        return artifact.get_int_custom_property(name)
    if name in artifact.PROPERTIES:
        value = getattr(artifact, name)
        return int(value) if isinstance(value, (int, float)) else 0
    return None


def latest_created(artifacts: Artifacts, n: int) -> Artifacts:
    """Returns the ``n`` newest."""
    return sorted(artifacts, key=lambda artifact: artifact.id)[-n:]


def latest_version(artifacts: Artifacts, n: int) -> Artifacts:
    """Returns the ``n`` of the highest span and version; of one version the newest is the highest."""
    return sorted(artifacts, key=lambda a: (span_of(a) or 0, version_of(a), a.id))[-n:]


def latest_spans(
    artifacts: Artifacts,
    n: int,
    min_span: int,
    skip_last_n: int,
    keep_all_versions: bool,
    version_sort_keys: Sequence[str] = (),
) -> Artifacts:
    """Returns those of the ``n`` highest spans that there are, the lowest span first.

    Args:
        artifacts: What to choose from; those without a span do not count.
        n: How many spans; all where it is not positive.
        min_span: The lowest span that counts.
        skip_last_n: How many of the highest spans do not count.
        keep_all_versions: Whether all versions of a span are taken, or only its latest.
        version_sort_keys: Attributes by which versions are ordered instead of version and age.
    """
    by_span = _by_span(artifacts)
    spans = sorted(span for span in by_span if span >= min_span)
    spans = spans[:-skip_last_n] if skip_last_n else spans
    spans = spans[-n:] if n > 0 else spans
    return _of_spans(by_span, spans, keep_all_versions, version_sort_keys)


def span_range(artifacts: Artifacts, start: int, end: int, keep_all_versions: bool) -> Artifacts:
    """Returns those whose span is from ``start`` to ``end``, both included; a negative end is no bound."""
    by_span = _by_span(artifacts)
    spans = sorted(span for span in by_span if (start < 0 or span >= start) and (end < 0 or span <= end))
    return _of_spans(by_span, spans, keep_all_versions)


def consecutive_spans(
    artifacts: Artifacts, first_span: int, skip_last_n: int, keep_all_versions: bool, denylist: Sequence[int]
) -> Artifacts:
    """Returns those of the spans from the first one on, as far as none is missing.

    Args:
        artifacts: What to choose from; those without a span do not count.
        first_span: The first span; the lowest that there is where it is negative. Spans to leave out push it up.
        skip_last_n: Distance that the last span keeps from the highest that there is.
        keep_all_versions: Whether all versions of a span are taken, or only its latest.
        denylist: Spans to leave out; the first one above ``first_span`` ends the range before it.
    """
    by_span = _by_span(artifacts)
    if not by_span:
        return []
    first = first_span if first_span >= 0 else min(by_span)
    while first in denylist:
        first += 1
    last = min([max(by_span) - skip_last_n, *(span - 1 for span in denylist if span > first)])
    spans = []
    for span in range(first, last + 1):
        if span not in by_span:
            break
        spans.append(span)
    return _of_spans(by_span, spans, keep_all_versions)


def without_spans(artifacts: Artifacts, denylist: Sequence[int]) -> Artifacts:
    """Returns those of other spans."""
    return [artifact for artifact in artifacts if span_of(artifact) not in (None, *denylist)]


def number_of_spans(artifacts: Artifacts) -> int:
    """Returns how many different spans there are."""
    return len(_by_span(artifacts))


def with_property(artifacts: Artifacts, key: str, value: Any, is_custom: bool) -> Artifacts:
    """Returns those of which a property, or a custom property, has a value; a declared one may be its default."""
    if is_custom:
        return [a for a in artifacts if a.has_custom_property(key) and a.get_custom_property(key) == value]
    return [a for a in artifacts if key in a.PROPERTIES and getattr(a, key) == value]


def shuffled(artifacts: Artifacts, seed: str) -> Artifacts:
    """Returns them in a random order, which the seed decides."""
    return random.Random(seed).sample(artifacts, len(artifacts))


def windows(artifacts: Artifacts, size: int, stride: int, key: str) -> Groups:
    """Returns windows of ``size`` artifacts, ``stride`` apart; what does not fill one at the end is left out."""
    return [{key: artifacts[i : i + size]} for i in range(0, len(artifacts) - size + 1, stride)]


def paired_spans(by_key: Mapping[str, Artifacts], match_version: bool, keep_all_versions: bool) -> Groups:
    """Returns, for each span (and version) that all keys have, one artifact of each key."""

    def indexed(artifacts: Artifacts) -> dict[tuple[int, ...], Artifact]:
        chosen = _of_spans(_by_span(artifacts), sorted(_by_span(artifacts)), keep_all_versions)
        return {(span_of(a) or 0, version_of(a))[: 2 if match_version else 1]: a for a in chosen}

    if len(by_key) < 2:
        return []
    found = {key: indexed(artifacts) for key, artifacts in by_key.items()}
    common: set[tuple[int, ...]] = reduce(lambda x, y: x & y, (set(index) for index in found.values()))
    return [{key: [index[place]] for key, index in found.items()} for place in sorted(common)]


def unnested(by_key: Mapping[str, Artifacts], key: str) -> Groups:
    """Returns a group for each artifact of one key, with all artifacts of the others."""
    rest = {name: list(artifacts) for name, artifacts in by_key.items() if name != key}
    return [{key: [artifact], **rest} for artifact in by_key[key]]


def _by_span(artifacts: Artifacts) -> dict[int, Artifacts]:
    by_span: dict[int, Artifacts] = {}
    for artifact in artifacts:
        span = span_of(artifact)
        if span is not None:
            by_span.setdefault(span, []).append(artifact)
    return by_span


def _of_spans(
    by_span: Mapping[int, Artifacts],
    spans: Sequence[int],
    keep_all_versions: bool,
    version_sort_keys: Sequence[str] = (),
) -> Artifacts:
    def order(artifact: Artifact) -> tuple[Any, ...]:
        if version_sort_keys:
            return (*(_attribute(artifact, name) for name in version_sort_keys), artifact.id)
        return version_of(artifact), artifact.id

    chosen: Artifacts = []
    for span in spans:
        versions = sorted(by_span[span], key=order)
        chosen += versions if keep_all_versions else versions[-1:]
    return chosen


_TIMES = ("create_time_since_epoch", "last_update_time_since_epoch")


def _attribute(artifact: Artifact, name: str) -> Any:
    """Returns what TFX's name of an attribute stands for; times are in the order of ids."""
    plain = name.removeprefix("mlmd_artifact.")
    if plain in _TIMES:
        return artifact.id
    try:
        return getattr(artifact, plain)
    except AttributeError:
        raise ResolutionError(
            f"an artifact of type {artifact.type_name} has no attribute {name!r} to order versions by",
            input="version_sort_keys",
            expected=f"a declared property ({', '.join(artifact.PROPERTIES)}), id or uri",
        ) from None
