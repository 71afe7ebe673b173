# SPDX-License-Identifier: Apache-2.0
"""Every choice on made-up histories: gaps between spans, several versions, ties, artifacts without a span."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, ExampleStatistics, Model
from penstock.errors import ResolutionError
from penstock.graph.resolver_functions import selection


def examples(*spans_and_versions: tuple[int, int], first_id: int = 1) -> list[Artifact]:
    return [
        Examples(f"/{number}", id=number, properties={"span": span, "version": version})
        for number, (span, version) in enumerate(spans_and_versions, first_id)
    ]


def shown(artifacts: list[Artifact]) -> list[tuple[int | None, int]]:
    return [(selection.span_of(artifact), selection.version_of(artifact)) for artifact in artifacts]


def ids(artifacts: list[Artifact]) -> list[int]:
    return [artifact.id for artifact in artifacts]


ROLLING = examples((1, 0), (2, 0), (3, 1), (3, 0), (7, 1), (8, 2))
STATIC = examples((0, 0), (1, 0), (2, 0), (3, 0), (3, 3), (5, 0), (7, 0), (10, 0))


def test_a_span_is_a_custom_property_before_a_declared_one() -> None:
    both = Examples("", properties={"span": 1}, custom_properties={"span": 7, "version": 2})
    assert (selection.span_of(both), selection.version_of(both)) == (7, 2)
    assert selection.span_of(Examples("")) == 0
    assert selection.span_of(Model("")) is None
    assert selection.span_of(Model("", custom_properties={"span": 3})) == 3
    assert selection.version_of(ExampleStatistics("")) == 0


def test_the_newest_are_those_of_the_highest_ids() -> None:
    given = examples((0, 0), (9, 0), (3, 0))[::-1]
    assert ids(selection.latest_created(given, 2)) == [2, 3]
    assert ids(selection.latest_created(given, 9)) == [1, 2, 3]
    assert selection.latest_created([], 1) == []


def test_the_latest_version_goes_by_span_version_and_age() -> None:
    given = examples((1, 9), (2, 0), (2, 1), (2, 1), (0, 99))
    assert ids(selection.latest_version(given, 1)) == [4]
    assert ids(selection.latest_version(given, 3)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"n": 1}, [(8, 2)]),
        ({"n": 3}, [(3, 1), (7, 1), (8, 2)]),
        ({"n": 3, "keep_all_versions": True}, [(3, 0), (3, 1), (7, 1), (8, 2)]),
        ({"n": 5, "min_span": 3, "skip_last_n": 1}, [(3, 1), (7, 1)]),
        ({"n": 0, "min_span": 2}, [(2, 0), (3, 1), (7, 1), (8, 2)]),
        ({"n": 2, "skip_last_n": 9}, []),
        ({"n": 2, "min_span": 9}, []),
        (
            {"n": 1, "skip_last_n": 2, "version_sort_keys": ["mlmd_artifact.create_time_since_epoch"]},
            [(3, 0)],
        ),
        ({"n": 1, "skip_last_n": 2, "version_sort_keys": ["uri"]}, [(3, 0)]),
    ],
)
def test_the_latest_spans(settings: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    given = {"min_span": 0, "skip_last_n": 0, "keep_all_versions": False, **settings}
    assert shown(selection.latest_spans(ROLLING, **given)) == expected


def test_a_tie_of_versions_goes_to_the_newer() -> None:
    given = examples((4, 1), (4, 1), (4, 0))
    assert ids(selection.latest_spans(given, 1, 0, 0, False)) == [2]
    assert ids(selection.latest_spans(given, 1, 0, 0, True)) == [3, 1, 2]


def test_versions_are_not_ordered_by_what_artifacts_do_not_have() -> None:
    with pytest.raises(ResolutionError, match="no attribute 'colour'.*span, version, split_names"):
        selection.latest_spans(sorted(ROLLING, key=lambda a: a.id), 1, 0, 0, False, ["colour"])


@pytest.mark.parametrize(
    ("start", "end", "keep", "expected"),
    [
        (-1, 5, False, [(0, 0), (1, 0), (2, 0), (3, 3), (5, 0)]),
        (2, 3, True, [(2, 0), (3, 0), (3, 3)]),
        (5, -1, False, [(5, 0), (7, 0), (10, 0)]),
        (4, 4, False, []),
        (-1, -1, False, [(0, 0), (1, 0), (2, 0), (3, 3), (5, 0), (7, 0), (10, 0)]),
    ],
)
def test_a_range_of_spans(start: int, end: int, keep: bool, expected: list[tuple[int, int]]) -> None:
    assert shown(selection.span_range(STATIC, start, end, keep)) == expected


@pytest.mark.parametrize(
    ("spans", "first", "skip", "deny", "expected"),
    [
        ([1, 2, 3, 4, 5, 6], 2, 2, [], [2, 3, 4]),
        ([1, 2, 3, 4, 6], 2, 2, [], [2, 3, 4]),
        ([1, 2, 3, 4, 7], 1, 1, [], [1, 2, 3, 4]),
        ([1, 2, 3, 4, 7], -1, 0, [], [1, 2, 3, 4]),
        ([3, 4], 1, 0, [], []),
        ([1, 2, 3, 4, 5], 1, 0, [3], [1, 2]),
        ([1, 2, 3, 4, 5], 1, 0, [1, 2], [3, 4, 5]),
        ([1, 2, 3, 4, 5], 2, 0, [1], [2, 3, 4, 5]),
        ([], -1, 0, [], []),
        ([5], 5, 1, [], []),
    ],
)
def test_consecutive_spans(
    spans: list[int], first: int, skip: int, deny: list[int], expected: list[int]
) -> None:
    given = examples(*((span, 0) for span in spans))
    assert [
        span for span, _ in shown(selection.consecutive_spans(given, first, skip, False, deny))
    ] == expected


def test_all_versions_of_consecutive_spans() -> None:
    given = examples((1, 1), (1, 0), (2, 0))
    assert shown(selection.consecutive_spans(given, -1, 0, True, [])) == [(1, 0), (1, 1), (2, 0)]


def test_spans_are_left_out_with_what_has_none() -> None:
    given = [*examples((1, 0), (2, 0), (2, 1), (4, 0)), Model("", id=9)]
    assert shown(selection.without_spans(given, [1, 2])) == [(4, 0)]
    assert selection.number_of_spans(given) == 3


def test_properties_are_compared_as_they_were_set() -> None:
    given: list[Artifact] = [
        Examples("", id=1, properties={"span": 1}, custom_properties={"purity": 1, "tags": ["a"]}),
        Examples("", id=2, custom_properties={"purity": 2}),
        Examples("", id=3, properties={"span": 1}),
    ]
    assert ids(selection.with_property(given, "span", 1, False)) == [1, 3]
    assert ids(selection.with_property(given, "span", 0, False)) == [2]
    assert ids(selection.with_property(given, "purity", 2, True)) == [2]
    assert ids(selection.with_property(given, "tags", ["a"], True)) == [1]
    assert selection.with_property(given, "purity", 1, False) == []


def test_a_random_order_is_that_of_its_seed() -> None:
    given = examples(*((span, 0) for span in range(30)))
    once = selection.shuffled(given, "run-1")
    assert ids(once) == ids(selection.shuffled(given, "run-1")) != ids(selection.shuffled(given, "run-2"))
    assert sorted(ids(once)) == ids(given) != ids(once)


@pytest.mark.parametrize(
    ("count", "size", "stride", "expected"),
    [
        (4, 2, 1, [[1, 2], [2, 3], [3, 4]]),
        (4, 2, 2, [[1, 2], [3, 4]]),
        (4, 2, 3, [[1, 2]]),
        (3, 2, 2, [[1, 2]]),
        (2, 3, 1, []),
        (0, 1, 1, []),
    ],
)
def test_windows(count: int, size: int, stride: int, expected: list[list[int]]) -> None:
    found = selection.windows(examples(*((span, 0) for span in range(count))), size, stride, "window")
    assert [ids(group["window"]) for group in found] == expected


X = examples((0, 0), (0, 1), (1, 0), (2, 0))
Y = examples((0, 0), (0, 1), (1, 0), (3, 0), first_id=11)


@pytest.mark.parametrize(
    ("x", "y", "match_version", "keep", "expected"),
    [
        (X, Y, True, False, [(2, 12), (3, 13)]),
        (X, Y, True, True, [(1, 11), (2, 12), (3, 13)]),
        (examples((0, 999), (1, 999)), examples((0, 0), (1, 0)), True, False, []),
        (
            examples((0, 999), (1, 999)),
            examples((0, 0), (1, 0), (1, 1), first_id=11),
            False,
            False,
            [(1, 11), (2, 13)],
        ),
        (X, [], True, False, []),
    ],
)
def test_pairs_of_spans(
    x: list[Artifact],
    y: list[Artifact],
    match_version: bool,
    keep: bool,
    expected: list[tuple[int, int]],
) -> None:
    found = selection.paired_spans({"x": x, "y": y}, match_version, keep)
    assert [(*ids(pair["x"]), *ids(pair["y"])) for pair in found] == expected


def test_each_of_one_key_with_all_of_the_others() -> None:
    found = selection.unnested({"x": X[:2], "y": Y[:2]}, "x")
    assert [(ids(group["x"]), ids(group["y"])) for group in found] == [([1], [11, 12]), ([2], [11, 12])]
