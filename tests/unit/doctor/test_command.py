# SPDX-License-Identifier: Apache-2.0
"""``penstock doctor`` on files and folders."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from penstock.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "pipeline.py").write_text("from tfx import v1 as tfx\ntfx.components.Pusher(model=1)\n")
    (tmp_path / "modules" / "model.py").write_text(
        "from tfx.components.trainer.fn_args_utils import FnArgs\n"
    )
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "library.py").write_text("from tfx.components import ModelValidator\n")
    return tmp_path


def test_a_folder_is_read_but_for_environments(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, ".")
    assert code == 0
    assert out == (
        "Imports to change (`penstock doctor --diff` prints a patch that does it):\n"
        "  modules/model.py\n"
        "    1: from penstock.components.trainer.fn_args_utils import FnArgs\n"
        "  pipeline.py\n"
        "    1: import penstock as tfx\n"
        "\n"
        "Works, and differs:\n"
        "  components.Pusher: Is skipped, with the reason, where the model is not blessed; there is then no "
        "PushedModel with pushed=0.\n"
        "    pipeline.py:2\n"
        "\n"
        "2 files: 2 imports to change, nothing by hand\n"
    )


def test_what_is_to_be_changed_by_hand_is_told_once_with_its_places(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pipeline.py").write_text(
        "from tfx import v1 as tfx\n" + "tfx.components.Tuner(examples=1)\n" * 7
    )
    code, out, _ = run(capsys, "pipeline.py")
    assert code == 1
    assert out.count("components.Tuner: Not built yet") == 1
    assert "    pipeline.py:2, pipeline.py:3, pipeline.py:4, pipeline.py:5, pipeline.py:6 and 2 more\n" in out
    assert out.endswith("1 file: 1 import to change, 7 places to change by hand\n")


def test_nothing_to_change(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pipeline.py").write_text("import penstock as tfx\n")
    assert run(capsys, "pipeline.py") == (0, "1 file: nothing to change\n", "")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not on this machine")
def test_the_patch_can_be_applied_and_leaves_nothing_to_change(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, patch, _ = run(capsys, "--diff", ".")
    assert code == 0
    subprocess.run(["git", "apply", "-"], input=patch, text=True, check=True, cwd=project)
    assert (project / "pipeline.py").read_text().startswith("import penstock as tfx\n")
    assert run(capsys, "--diff", ".") == (0, "", "")


def test_a_path_is_told_from_where_one_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, patch, _ = run(capsys, "--diff", str(project / "pipeline.py"))
    assert patch.startswith("--- a/pipeline.py\n+++ b/pipeline.py\n")


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--json", "modules")
    assert code == 0
    assert json.loads(out) == {
        "files": ["modules/model.py"],
        "findings": [
            {
                "path": "modules/model.py",
                "line": 1,
                "kind": "import",
                "name": "from tfx.components.trainer.fn_args_utils import FnArgs",
                "text": "from penstock.components.trainer.fn_args_utils import FnArgs",
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("two.py", b"print 'a'\n", "two.py:1 is not Python: Missing parentheses"),
        ("latin.py", "# Größe\n".encode("latin-1"), "latin.py is not Python: it is not UTF-8 text"),
        ("zero.py", b"x = '\0'\n", "zero.py.* is not Python"),
    ],
)
def test_what_is_no_python_is_called_so(
    name: str, content: bytes, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / name).write_bytes(content)
    code, _, err = run(capsys, name)
    assert code == 2
    assert re.search(message, err)


def test_paths_that_are_not_there_and_options_that_exclude_each_other(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no such file or folder: nope.py" in run(capsys, "nope.py")[2]
    (project / "a.ipynb").write_text("{}")
    assert "a.ipynb is a notebook" in run(capsys, "a.ipynb")[2]
    (project / "empty").mkdir()
    assert "no Python file in empty" in run(capsys, "empty")[2]
    assert "--diff and --json exclude each other" in run(capsys, "--diff", "--json", ".")[2]
