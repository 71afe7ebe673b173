# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import StorageError
from penstock.files.listing import Listed, list_matching
from penstock.inference.streaming.folder import FolderSource
from penstock.inference.streaming.incoming import Incoming, SourceLostError
from penstock.inference.streaming.spec import StreamSpec


class World:
    """A folder whose files, and whose time, the test makes."""

    def __init__(self, **spec: Any) -> None:
        self.now = 1000.0
        self.files: dict[str, tuple[int, int]] = {}
        self.known: set[str] = set()
        self.gone = False
        self.pauses: list[float] = []
        self.spec = StreamSpec(output="out", folder="s3://bucket/in", **spec)
        self.source = FolderSource(
            self.spec, "s3://bucket/in", self.known.__contains__, self.pauses.append,
            clock=lambda: self.now, list_files=self.listed,
        )  # fmt: skip

    def listed(self, folder: str, pattern: str) -> list[Listed]:
        if self.gone:
            raise StorageError(f"cannot list {folder}: no such file or folder")
        return [
            Listed(name, f"{folder}/{name}", size, f"{size}:{stamp}", 5000.0 + stamp)
            for name, (size, stamp) in sorted(self.files.items())
        ]

    def poll(self, after: float = 0.0) -> list[str]:
        return [item.label for item in self.take(after)]

    def take(self, after: float = 0.0) -> list[Incoming]:
        self.now += after
        return self.source.poll(0.25)


def test_a_file_is_taken_once_it_keeps_size_and_time_and_only_once() -> None:
    world = World(settle_seconds=0.3)
    world.files["a.csv"] = (10, 1)
    assert world.poll() == []
    assert world.poll(0.2) == []
    world.files["a.csv"] = (20, 1)  # it grows
    assert world.poll(0.2) == []
    assert world.poll(0.2) == []
    assert world.poll(0.2) == ["a.csv"]
    assert world.poll(10) == []
    assert world.pauses.count(0.25) == 5


def test_a_file_that_is_known_is_not_taken_and_a_changed_one_is() -> None:
    world = World()
    world.files["a.csv"] = (10, 1)
    world.poll()
    (first,) = world.take(1)
    again = World()
    again.known.add(first.identity)
    again.files["a.csv"] = (10, 1)
    again.poll()
    assert again.poll(1) == []
    again.files["a.csv"] = (10, 2)
    again.poll(1)
    (second,) = again.take(1)
    assert second.identity != first.identity
    assert second.name.startswith("a-")
    assert second.name != first.name


@pytest.mark.parametrize("name", [".a.csv", "_a.csv", "a.csv.tmp", "a.csv.part", "sub/.a.csv"])
def test_names_of_files_in_the_making_are_left_alone(name: str) -> None:
    world = World()
    world.files[name] = (10, 1)
    world.poll()
    assert world.poll(100) == []


def test_the_oldest_come_first_and_not_more_than_a_tick_takes() -> None:
    world = World(tick_files=2, tick_bytes=100)
    world.files = {"c": (60, 1), "b": (60, 2), "a": (10, 3), "d": (500, 4)}
    world.poll()
    assert world.poll(1) == ["c"]
    assert world.poll(1) == ["b", "a"]
    assert world.poll(1) == ["d"]


def test_an_empty_file_waits_for_its_content_and_is_given_up_in_the_end() -> None:
    world = World(give_up_seconds=10)
    world.files = {"a.csv": (0, 1), "b.csv": (0, 1)}
    world.poll()
    assert world.poll(1) == []
    world.files["a.csv"] = (10, 2)
    world.poll(5)
    assert world.poll(1) == ["a.csv"]
    (given_up,) = world.take(10)
    assert (given_up.label, given_up.defect) == ("b.csv", "the file is empty")
    assert world.poll(100) == []


def test_what_could_not_be_read_comes_again_until_it_is_given_up() -> None:
    world = World(give_up_seconds=10)
    world.files["a.csv"] = (10, 1)
    world.poll()
    (item,) = world.take(1)
    assert not world.source.unreadable(item, "an open quote")
    assert world.poll(0.5) == []
    (item,) = world.take(1)
    assert item.defect == ""
    assert not world.source.unreadable(item, "an open quote")
    (item,) = world.take(10)
    assert item.defect == "an open quote"


def test_a_folder_out_of_reach_is_told_and_nothing_is_forgotten() -> None:
    world = World()
    world.files["a.csv"] = (10, 1)
    world.poll()
    world.poll(1)
    world.gone = True
    with pytest.raises(SourceLostError, match="the watched folder is out of reach.*no such file"):
        world.poll(1)
    world.gone = False
    assert world.poll(1) == []


def test_a_look_that_takes_long_is_followed_by_a_longer_pause() -> None:
    world = World()
    listed = world.listed

    def slowly(folder: str, pattern: str) -> list[Listed]:
        world.now += 2
        return listed(folder, pattern)

    world.source._list_files = slowly
    world.poll()
    world.pauses.clear()
    world.poll()
    assert world.pauses[0] == pytest.approx(8)


def test_present_are_the_files_that_are_there() -> None:
    world = World()
    world.files = {"a": (1, 1), "b": (1, 1)}
    world.poll()
    taken = world.take(1)
    assert world.source.present() == {item.identity for item in taken}
    del world.files["a"]
    world.poll()
    assert len(world.source.present()) == 1


# ------------------------------------------------------------------------------------------------------ a real folder


def real(folder: Path, pattern: str = "*", **spec: Any) -> FolderSource:
    spec = {"settle_seconds": 0.0, **spec}
    made = StreamSpec(output="out", folder=str(folder), pattern=pattern, **spec)
    return FolderSource(made, str(folder), lambda identity: False, lambda seconds: None)


def test_patterns_stay_in_a_folder_or_go_below_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.csv", "b.txt", "sub/c.csv", "sub/deep/d.csv", ".hidden/e.csv", "_temporary/f.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")

    def found(pattern: str) -> list[str]:
        return [item.label for item in real(tmp_path, pattern).poll(0)]

    assert found("*.csv") == ["a.csv"]
    assert sorted(found("**/*.csv")) == ["a.csv", "sub/c.csv", "sub/deep/d.csv"]
    assert found("sub/*.csv") == ["sub/c.csv"]


def test_an_old_file_needs_no_second_look_and_a_fresh_one_does(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("x")
    os.utime(tmp_path / "old.csv", (time.time() - 100, time.time() - 100))
    (tmp_path / "fresh.csv").write_text("x")
    os.utime(tmp_path / "fresh.csv", (time.time() + 100, time.time() + 100))
    assert [item.label for item in real(tmp_path, settle_seconds=50.0).poll(0)] == ["old.csv"]


def test_parquet_is_complete_with_its_footer(tmp_path: Path) -> None:
    (tmp_path / "half.parquet").write_bytes(b"PAR1" + bytes(1000))
    (tmp_path / "whole.parquet").write_bytes(b"PAR1" + bytes(1000) + b"PAR1")
    (tmp_path / "tiny.parquet").write_bytes(b"PAR1")
    source = real(tmp_path)
    assert [item.label for item in source.poll(0)] == ["whole.parquet"]
    given_up = real(tmp_path, give_up_seconds=1e-9)
    given_up.poll(0)
    time.sleep(0.001)
    defects = {item.label: item.defect for item in given_up.poll(0)}
    assert "no footer" in defects["half.parquet"]


def test_a_file_that_has_become_another_is_told_and_one_that_is_gone_is_final(tmp_path: Path) -> None:
    file = tmp_path / "a[1].csv"
    file.write_text("x")
    source = real(tmp_path)
    (item,) = source.poll(0)
    assert not source.changed(item)
    file.write_text("xx")
    assert source.changed(item)
    file.unlink()
    assert not source.changed(item)
    source.poll(0)
    assert source.unreadable(item, "gone")


def test_a_file_that_came_back_as_another_is_not_final(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x")
    source = real(tmp_path)
    (item,) = source.poll(0)
    file.write_text("other")
    source.poll(0)
    assert not source.unreadable(item, "it changed")


def test_a_missing_folder_is_an_error_of_the_listing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file or folder"):
        list_matching(str(tmp_path / "nothing"), "*")


def test_a_name_that_is_not_utf_8_is_given_up_at_once_and_told_in_ascii() -> None:
    world = World(settle_seconds=0)
    world.files |= {"lat\udce9.csv": (10, 1), "a.csv": (10, 2)}
    odd, fine = world.take()
    assert (odd.label, odd.uri) == ("lat\\xe9.csv", "s3://bucket/in/lat\\xe9.csv")
    assert odd.defect.startswith("the file's name is not UTF-8")
    assert (fine.label, fine.defect) == ("a.csv", "")
    assert world.poll(10) == []


def test_a_name_with_a_line_end_is_read_as_it_is_and_told_on_a_line() -> None:
    world = World(settle_seconds=0)
    world.files["new\nline \u65e5.csv"] = (10, 1)
    (item,) = world.take()
    assert item.uri == "s3://bucket/in/new\nline \u65e5.csv"
    assert item.label == "new\\nline \u65e5.csv"
