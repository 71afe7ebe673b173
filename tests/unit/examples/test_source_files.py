# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from penstock.errors import DataError
from penstock.examples.source_files import Source, find_source
from penstock.examples.spans import SpanRange


def make(folder: Path, **contents: str) -> Path:
    for name, content in contents.items():
        path = folder / f"{name.replace('__', '/')}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def source(folder: Path, **patterns: str) -> Source:
    return find_source(str(folder), patterns or {"single_split": "*"}, SpanRange())


def test_files_are_found_by_split_in_order(tmp_path: Path) -> None:
    folder = make(tmp_path, b="22", a="1", sub__c="333")
    (folder / ".hidden").touch()
    (folder / "_SUCCESS").touch()
    found = source(folder)
    (split,) = found.splits
    assert [(Path(file.uri).name, file.size_bytes) for file in split.files] == [("a.csv", 1), ("b.csv", 2)]
    assert (found.num_files, found.num_bytes, found.span, found.version) == (2, 3, 0, None)
    assert found.fingerprint.startswith("split:single_split,num_files:2,total_bytes:3,sha256:")
    both = source(folder, train="*.csv", eval="sub/*")
    assert [split.name for split in both.splits] == ["train", "eval"]
    assert [line.partition(",")[0] for line in both.fingerprint.split("\n")] == ["split:train", "split:eval"]


def test_the_fingerprint_goes_by_names_and_contents_alone(tmp_path: Path) -> None:
    before = source(make(tmp_path / "one", a="1", b="2")).fingerprint
    moved = tmp_path / "two"
    shutil.copytree(tmp_path / "one", moved)
    os.utime(moved / "a.csv", (0, 0))
    assert source(moved).fingerprint == before
    assert source(make(moved, a="x")).fingerprint != before
    (make(moved, a="1") / "a.csv").rename(moved / "c.csv")
    assert source(moved).fingerprint != before


def test_a_span_is_part_of_the_name_and_of_the_source(tmp_path: Path) -> None:
    folder = make(tmp_path, **{"span-1__v2__x": "1", "span-1__v3__x": "1", "span-0__v9__x": "1"})
    found = source(folder, a="span-{SPAN}/v{VERSION}/*")
    assert (found.span, found.version) == (1, 3)
    assert [Path(file.uri).parent.name for file in found.splits[0].files] == ["v3"]


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none is not there; .*a folder with the input files"):
        source(tmp_path / "none")
    make(tmp_path, a="1")
    with pytest.raises(DataError, match=r"a\.csv is a file, not a folder"):
        source(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"no file of split 'train' matches 'train/\*'"):
        source(tmp_path, train="train/*")


def test_a_file_that_changed_size_is_noticed(tmp_path: Path) -> None:
    file = source(make(tmp_path, a="1")).splits[0].files[0]
    file.check()
    make(tmp_path, a="22")
    with pytest.raises(DataError, match="has changed since the run began; .*expected: 1 bytes; got: 2 bytes"):
        file.check()
