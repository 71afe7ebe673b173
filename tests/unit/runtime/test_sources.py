# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.runtime import sources

NAME = "penstock_main_of_a_test"

TEXT = '''"""A module."""

from __future__ import annotations

import json

LIMIT = 3


# --- program.py, line 12
def check(n: Unknown):
    if n > LIMIT:
        raise ValueError(json.dumps(n))
    return n


# --- <cell>, line 2
def twice(n):
    return 2 * check(n)
'''


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    before = dict(linecache.cache)
    yield
    linecache.cache.clear()
    linecache.cache.update(before)
    sys.modules.pop(NAME, None)
    sources._carried.pop(NAME, None)


def raised_by_twice(project: Path) -> str:
    sources.install({NAME: TEXT}, str(project))
    module = importlib.import_module(NAME)
    assert module.twice(1) == 2
    try:
        module.twice(4)
    except ValueError:
        return traceback.format_exc()
    raise AssertionError("it must have raised")


def test_carried_source_is_importable_and_tells_where_it_comes_from(tmp_path: Path) -> None:
    told = raised_by_twice(tmp_path)
    assert f'File "{tmp_path}/program.py", line 14, in check\n    raise ValueError(json.dumps(n))' in told
    assert f'File "<cell of {NAME}, line 2>", line 3, in twice\n    return 2 * check(n)' in told


def test_the_users_file_is_shown_as_it_is_where_it_has_not_changed(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    start = lines.index("def check(n: Unknown):\n")
    (tmp_path / "program.py").write_text("# first\n" + "\n" * 10 + "".join(lines[start : start + 4]))
    raised_by_twice(tmp_path)
    assert linecache.getline(str(tmp_path / "program.py"), 1) == "# first\n"


def test_a_file_that_has_changed_is_not_shown_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("# another\n" * 20)
    told = raised_by_twice(tmp_path)
    assert "raise ValueError(json.dumps(n))" in told
    assert "# another" not in told


def test_source_is_known_by_the_name_of_its_module(tmp_path: Path) -> None:
    assert sources.source_of(NAME) is None
    sources.install({NAME: TEXT}, str(tmp_path))
    assert sources.source_of(NAME) == TEXT
    assert sources.source_of("json") is None


def test_an_unknown_module_is_no_carried_one(tmp_path: Path) -> None:
    sources.install({NAME: TEXT}, str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="penstock_main_other"):
        importlib.import_module("penstock_main_other")
