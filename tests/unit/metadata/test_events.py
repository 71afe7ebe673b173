# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.metadata import events, mlmd


def path_of(*steps: str | int) -> mlmd.pb.Event:
    event = mlmd.pb.Event(artifact_id=1)
    for step in steps:
        if isinstance(step, str):
            event.path.steps.add(key=step)
        else:
            event.path.steps.add(index=step)
    return event


def test_one_event_per_artifact_holds_all_its_places() -> None:
    (first, second) = events.references({"examples": [7, 8, 7], "baseline": [7]}, "INPUT")
    assert (first.artifact_id, first.type) == (7, mlmd.pb.Event.INPUT)
    assert list(events.places(first)) == [("examples", 0), ("examples", 2), ("baseline", 0)]
    assert list(events.places(second)) == [("examples", 1)]


def test_places_survive_the_round_trip() -> None:
    ids = {"a": [3, 1, 2], "b": [1]}
    assert events.by_key(events.references(ids, "OUTPUT")) == ids


@pytest.mark.parametrize(
    ("steps", "places"),
    [
        ((), []),
        (("a", 0), [("a", 0)]),
        (("a", 1, "b", 2), [("a", 1), ("b", 2)]),
        (("a",), [("a", 0)]),
        (("a", "b", 3), [("a", 0), ("b", 3)]),
        ((5, "a", 1), [("a", 1)]),
    ],
)
def test_paths_of_other_writers_are_understood(steps: tuple[str | int, ...], places: list[object]) -> None:
    assert list(events.places(path_of(*steps))) == places


def test_only_what_an_execution_gave_away_counts_as_output() -> None:
    kinds = {name: mlmd.pb.Event(type=number) for name, number in mlmd.pb.Event.Type.items()}
    assert {name for name, event in kinds.items() if events.is_input(event)} == {"INPUT", "DECLARED_INPUT"}
    assert {name for name, event in kinds.items() if events.is_output(event)} == {"OUTPUT", "DECLARED_OUTPUT"}
    assert {name for name, event in kinds.items() if events.is_yield(event)} == {
        "OUTPUT",
        "DECLARED_OUTPUT",
        "INTERNAL_OUTPUT",
    }
