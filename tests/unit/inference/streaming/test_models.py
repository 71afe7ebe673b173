# SPDX-License-Identifier: Apache-2.0
"""Which models serve: found, loaded, tried, swapped, refused; with a store and models that the test makes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from streams import FakePins

from penstock.errors import DataError, MetadataError, PenstockError
from penstock.inference.job import ModelRef
from penstock.inference.streaming.serving import Serving
from penstock.inference.streaming.telling import Event, Teller
from penstock.inference.streaming.watching import ModelWatch


class World:
    """Models in a folder, and a store that says which of them should serve."""

    def __init__(self, folder: Path, fallback: Mapping[str, ModelRef] | None = None) -> None:
        self.folder = folder
        self.pins = FakePins()
        self.wanted: dict[str, ModelRef | None] = {"five": None}
        self.out_of_reach = ""
        self.events: list[Event] = []
        self.refusals: dict[str, str] = {}
        self.served: list[Mapping[str, ModelRef]] = []
        self.watch = ModelWatch(self.find, lambda name: f"no blessed {name}", self.pins, None, fallback)
        teller = Teller(self.events.append, str(folder / "status.json"), {})
        self.serving = Serving(self.watch, self.refusal, teller, self.served.append)

    def find(self) -> dict[str, ModelRef | None]:
        if self.out_of_reach:
            raise MetadataError(self.out_of_reach)
        return dict(self.wanted)

    def model(self, version: str, weights: str = "5") -> ModelRef:
        file = self.folder / version / "weights"
        file.parent.mkdir(exist_ok=True)
        file.write_text(weights)
        return ModelRef(str(file.parent), artifact_id=int(version), version=version)

    def refusal(self, before: Mapping[str, ModelRef], after: Mapping[str, ModelRef]) -> str:
        for name, reason in self.refusals.items():
            if any(ref.version == name for ref in after.values()):
                return reason
        return ""

    def look(self) -> None:
        """Lets the watch look once, and the stream take what it has found."""
        if not self.watch._unanswered:
            self.watch._offer_made = self.watch._look()
        self.serving.refresh()

    def texts(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_it_waits_for_a_model_and_says_so_once(world: World) -> None:
    world.look()
    world.look()
    assert not world.serving.is_ready
    assert world.texts("waiting") == ["no blessed five: waiting for one"]
    one = world.model("1")
    world.wanted["five"] = one
    world.look()
    assert world.serving.models == {"five": one}
    assert world.texts("models") == ["serving with five 1 (artifact 1)"]


def test_a_newer_model_takes_over_and_the_old_one_is_let_go(world: World) -> None:
    one, two = world.model("1"), world.model("2")
    world.wanted["five"] = one
    world.look()
    world.wanted["five"] = two
    world.look()
    world.look()
    assert world.serving.models == {"five": two}
    assert world.served == [{"five": one}, {"five": two}]
    assert list(world.pins.loaded) == [two.uri]


def test_a_newer_model_that_does_not_load_is_told_once_and_tried_when_it_has_changed(world: World) -> None:
    one, two = world.model("1"), world.model("2", "broken")
    world.wanted["five"] = one
    world.look()
    world.wanted["five"] = two
    for _ in range(3):
        world.look()
    assert world.serving.models == {"five": one}
    (warning,) = world.texts("warning")
    assert "model five 2 cannot be used" in warning
    assert "1 goes on serving" in warning
    world.model("2", "10")
    world.look()
    assert world.serving.models == {"five": two}


def test_a_newer_model_that_does_not_fit_is_told_once_and_not_offered_again(world: World) -> None:
    one, two, three = world.model("1"), world.model("2"), world.model("3")
    world.wanted["five"] = one
    world.look()
    world.refusals["2"] = "its results have no column 'y'"
    world.wanted["five"] = two
    for _ in range(3):
        world.look()
    assert world.serving.models == {"five": one}
    assert list(world.pins.loaded) == [one.uri]
    assert world.texts("warning") == [
        "model five 2 (artifact 2) does not fit: its results have no column 'y'; five 1 (artifact 1) goes on serving"
    ]
    world.wanted["five"] = three
    world.look()
    assert world.serving.models == {"five": three}


def test_a_withdrawn_blessing_stops_and_an_older_model_may_come_back(world: World) -> None:
    one, two = world.model("1"), world.model("2")
    world.wanted["five"] = two
    world.look()
    world.wanted["five"] = None
    world.look()
    assert not world.serving.is_ready
    world.wanted["five"] = two
    world.look()
    assert world.serving.models == {"five": two}
    assert world.served == [{"five": two}]  # the same generation goes on
    world.wanted["five"] = one
    world.look()
    assert world.serving.models == {"five": one}


def test_a_store_out_of_reach_is_told_once_and_the_model_serves_on(world: World) -> None:
    one = world.model("1")
    world.wanted["five"] = one
    world.look()
    world.out_of_reach = "the store is locked"
    world.look()
    world.look()
    assert world.serving.models == {"five": one}
    assert world.texts("warning") == ["cannot look for models: the store is locked"]


def test_a_start_with_a_broken_model_fails(world: World) -> None:
    world.wanted["five"] = world.model("1", "broken")
    with pytest.raises(DataError, match="holds no model"):
        world.look()


def test_a_start_with_a_broken_model_serves_with_the_one_that_served_last(tmp_path: Path) -> None:
    one = World(tmp_path).model("1")
    world = World(tmp_path, {"five": one})
    world.wanted["five"] = world.model("2", "broken")
    world.look()
    assert world.serving.models == {"five": one}
    assert "2 cannot be used" in world.texts("warning")[0]


def test_two_models_that_change_together_are_tried_together_and_else_one_by_one(world: World) -> None:
    a1, a2, b1, b2 = (world.model(version) for version in ("1", "2", "3", "4"))
    world.wanted = {"a": a1, "b": b1}
    world.look()
    world.refusals["4"] = "it does not fit"
    world.wanted = {"a": a2, "b": b2}
    world.look()
    assert world.serving.models == {"a": a2, "b": b1}
    world.look()
    assert world.serving.models == {"a": a2, "b": b1}
    assert set(world.pins.loaded) == {a2.uri, b1.uri}


def test_an_offer_that_is_not_answered_is_not_overtaken(world: World) -> None:
    world.wanted["five"] = world.model("1")
    world.watch._offer_made = world.watch._look()
    offer = world.watch.take()
    assert offer is not None
    assert world.watch._unanswered
    world.watch.serves(offer.models or {})
    assert not world.watch._unanswered


def test_the_thread_looks_by_itself_and_ends(world: World) -> None:
    world.wanted["five"] = world.model("1")
    world.watch._every = 0.001
    world.watch.start()
    while not world.serving.is_ready:
        world.serving.refresh()
    assert world.watch.stop(60)


@pytest.mark.parametrize(("every_seconds", "looks"), [(0.001, 3), (None, 1)])
def test_it_looks_as_often_as_it_is_told(world: World, every_seconds: float | None, looks: int) -> None:
    world.wanted["five"] = world.model("1")
    looked: list[int] = []
    enough = threading.Event()

    def find() -> dict[str, ModelRef | None]:
        looked.append(1)
        if len(looked) == looks:
            enough.set()
        return world.find()

    world.watch._find = find
    world.watch._every = every_seconds
    world.watch.start()
    while not world.serving.is_ready or not enough.is_set():
        world.serving.refresh()
    assert world.watch.stop(60)
    assert len(looked) == 1 or every_seconds is not None


def test_asking_for_models_before_there_are_any_is_a_defect(world: World) -> None:
    with pytest.raises(RuntimeError, match="no models serve"):
        _ = world.serving.models


def test_a_librarys_own_error_is_told_as_one_of_the_model(world: World) -> None:
    def explode(name: str, ref: ModelRef) -> object:
        raise MemoryError("no room")

    world.wanted["five"] = world.model("1")
    world.pins.pin = explode  # type: ignore[method-assign]  # as a framework would
    with pytest.raises(PenstockError, match="the model does not load: MemoryError: no room"):
        world.look()
