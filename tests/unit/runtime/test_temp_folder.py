# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.runtime.temp_folder import own_temp_folder


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name, as the system's own is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_temporary_files_go_where_they_should_and_the_setting_is_undone(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    before = tempfile.tempdir
    with own_temp_folder(str(short / "own")):
        assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(short / "own")
        (made, path) = tempfile.mkstemp()
        os.close(made)
        assert Path(path).parent == short / "own"
    assert (os.environ["TMPDIR"], tempfile.tempdir) == ("/elsewhere", before)
    with pytest.raises(ValueError, match="failed"), own_temp_folder(str(short / "own")):
        raise ValueError("failed")
    assert (os.environ["TMPDIR"], tempfile.tempdir) == ("/elsewhere", before)


def deep(folder: Path) -> Path:
    return folder.joinpath("project", *["pipelines"] * 9, "tmp")


def test_a_folder_that_lies_deep_has_a_short_name(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    with own_temp_folder(str(deep(short))):
        link = Path(tempfile.gettempdir())
        assert link.parent == short
        assert link.resolve() == deep(short).resolve()
    assert not os.path.lexists(link)


def test_without_a_place_for_a_link_the_long_name_is_used(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(short / "not there"))
    with own_temp_folder(str(deep(short))):
        assert tempfile.gettempdir() == str(deep(short))


PROGRAM = """
import multiprocessing, sys
from penstock.runtime.temp_folder import own_temp_folder

if __name__ == "__main__":
    with own_temp_folder(sys.argv[1]), multiprocessing.Manager() as manager:
        print(manager.list([1, 2]))
"""


def test_multiprocessing_finds_room_for_its_sockets(short: Path) -> None:
    (short / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, short / "program.py", deep(short)],
        env={**os.environ, "TMPDIR": str(short)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "[1, 2]\n"), done.stderr
