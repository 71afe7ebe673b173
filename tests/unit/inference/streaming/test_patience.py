# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import ExecutionError, ParameterError, StorageError
from penstock.inference.streaming.incoming import SourceLostError
from penstock.inference.streaming.patience import Patience
from penstock.inference.streaming.telling import Event, Teller


class World:
    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.events: list[Event] = []
        teller = Teller(self.events.append, str(folder / "status.json"), {})
        self.patience = Patience(60, teller, self.pause, lambda: self.now)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def fail(self, error: Exception) -> None:
        with self.patience.attempt():
            raise error


def test_it_is_told_at_once_and_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    world = World(tmp_path)
    for _ in range(7):
        world.fail(SourceLostError("the folder is gone", hint="mount it"))
    assert [event.kind for event in world.events] == ["waiting"]
    assert "the folder is gone" in world.events[0].text
    assert "trying again for 60 s" in world.events[0].text
    assert world.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    with world.patience.attempt():
        pass
    assert world.events[-1].kind == "back"
    assert "works again after 17.8 s" in world.events[-1].text


def test_it_ends_with_the_error_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    for _ in range(16):
        world.fail(StorageError("the disk is full"))
    with pytest.raises(StorageError, match="the disk is full.*taken up by the next start"):
        world.fail(StorageError("the disk is full"))
    assert world.now == pytest.approx(60)


def test_each_trouble_has_its_own_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    for _ in range(5):
        world.now += 50
        world.fail(StorageError("now and then"))
        with world.patience.attempt():
            pass
    assert [event.kind for event in world.events] == ["waiting", "back"] * 5


def test_what_no_waiting_mends_ends_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(ParameterError, match="no such option"):
        world.fail(ParameterError("no such option"))
    assert world.pauses == []


def test_a_librarys_own_error_is_borne_too_and_is_the_cause_in_the_end(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fail(ConnectionRefusedError("no one listens"))
    assert "ConnectionRefusedError: no one listens" in world.events[0].text
    world.now += 60
    with pytest.raises(ExecutionError, match="no one listens") as raised:
        world.fail(ConnectionRefusedError("no one listens"))
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)
