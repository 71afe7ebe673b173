# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.errors import UsageError, UserCodeError
from penstock.runners.pipeline_file import find_project_root, open_pipeline_file

CREATE = """
from light.component import Number
from penstock.dsl import Pipeline
def create_pipeline(first: int = 1) -> Pipeline:
    return Pipeline("made", components=[Number(first)])
"""
CALL = """
from light.component import Number
from penstock.dsl import Pipeline
from penstock.orchestration import LocalDagRunner
if __name__ == "__main__":
    report = LocalDagRunner().run(Pipeline("called", components=[Number(1)]))
"""


@pytest.fixture(autouse=True)
def _unchanged_interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in ("pipelines", "flow", "beside", "shared_names"):
            del sys.modules[name]


def project(tmp_path: Path, **sources: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "pyproject.toml").touch()
    for name, source in sources.items():
        path = tmp_path / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return tmp_path


def test_the_project_root_is_the_nearest_folder_with_a_mark(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "a/b").mkdir(parents=True)
    assert find_project_root(tmp_path / "a/b") == tmp_path
    (tmp_path / "a/.git").mkdir()
    assert find_project_root(tmp_path / "a/b") == tmp_path / "a"


def test_a_file_is_imported_under_its_name_below_the_root(tmp_path: Path) -> None:
    root = project(tmp_path, pipelines__flow=CREATE)
    file = open_pipeline_file(root / "pipelines/flow.py")
    created = file.create_pipeline()
    assert (created.__module__, created().id) == ("pipelines.flow", "made")
    assert sys.path[:2] == [str(root), str(root / "pipelines")]
    assert os.environ["PYTHONPATH"].split(os.pathsep)[:2] == [str(root), str(root / "pipelines")]


def test_a_name_that_another_distribution_has_is_no_hindrance(tmp_path: Path) -> None:
    root = project(tmp_path / "mine", json__flow=CREATE)
    assert open_pipeline_file(root / "json/flow.py").create_pipeline()().id == "made"
    odd = project(tmp_path / "odd", **{"my-pipeline": CREATE})
    assert open_pipeline_file(odd / "my-pipeline.py").create_pipeline()().id == "made"


def test_files_beside_it_and_in_the_project_can_be_imported(tmp_path: Path) -> None:
    source = "import beside, shared_names.constants\n" + CREATE.replace("made", "made_{beside.X}").replace(
        '"made', 'f"made'
    )
    root = project(
        tmp_path, pipelines__flow=source, pipelines__beside="X = 5", shared_names__constants="Y = 1"
    )
    assert open_pipeline_file(root / "pipelines/flow.py").create_pipeline()().id == "made_5"


def test_a_runners_call_is_caught_and_does_not_run(tmp_path: Path) -> None:
    root = project(tmp_path, flow=CALL + "    print(report.state)  # there is no report, and nobody minds\n")
    file = open_pipeline_file(root / "flow.py")
    assert (file.defines_create_pipeline, file.is_program) == (False, True)
    assert file.runner_call().pipeline.id == "called"
    assert not (root / ".penstock").exists()
    assert sys.argv[0] != str(root / "flow.py")


def test_absl_like_endings_are_no_failures(tmp_path: Path) -> None:
    root = project(tmp_path, flow=CALL + "    raise SystemExit(0)\n")
    assert open_pipeline_file(root / "flow.py").runner_call().pipeline.id == "called"


@pytest.mark.parametrize(
    ("source", "got"),
    [("x = 1\n", "no call of a runner"), (CALL + CALL.replace("called", "again"), "2 calls of a runner")],
)
def test_a_file_without_a_pipeline_or_with_two_is_refused(tmp_path: Path, source: str, got: str) -> None:
    root = project(tmp_path, flow=source)
    with pytest.raises(
        UserCodeError, match=f"flow.py is not a pipeline file; expected: def create_pipeline.*; got: {got}"
    ):
        open_pipeline_file(root / "flow.py").runner_call()


def test_failures_of_the_file_are_the_users(tmp_path: Path) -> None:
    root = project(tmp_path, flow="def create_pipeline():\n    pass\n\nraise OSError('no disk')\n")
    with pytest.raises(UserCodeError, match=r"importing flow.py raised OSError: no disk") as caught:
        open_pipeline_file(root / "flow.py").create_pipeline()
    assert 'flow.py", line 4' in caught.value.traceback
    assert "importlib" not in caught.value.traceback


def test_a_syntax_error_is_told_before_anything_runs(tmp_path: Path) -> None:
    root = project(tmp_path, flow="def create_pipeline(:\n")
    with pytest.raises(UserCodeError, match=r"flow.py:1 is not valid Python"):
        open_pipeline_file(root / "flow.py")


def test_a_missing_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    root = project(tmp_path, flow=CREATE)
    with pytest.raises(UsageError, match=r"there is no pipeline file .*folw.py; .*did you mean 'flow.py'"):
        open_pipeline_file(root / "folw.py")
    with pytest.raises(UsageError, match="got: a folder"):
        open_pipeline_file(root)


def test_create_pipeline_must_be_a_function(tmp_path: Path) -> None:
    root = project(tmp_path, flow="create_pipeline = 3\n")
    with pytest.raises(UserCodeError, match="is not a function.*got: 3"):
        open_pipeline_file(root / "flow.py").create_pipeline()


def test_an_exit_handler_that_would_not_be_set_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "p.py"
    file.write_text(CREATE + "def main(runner, node):\n    runner.set_exit_handler(node)\n")
    open_pipeline_file(file)
    assert "give it to Pipeline(exit_handler=…)" in caplog.text
    caplog.clear()
    file.write_text(CREATE)
    open_pipeline_file(file)
    assert not caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"SQLite format 3\0 and more",
            "store.db is no pipeline file; .*got: a metadata store; .*--metadata store.db",
        ),
        (b"\x7fELF\0", "got: no text"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "store.db").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        open_pipeline_file(tmp_path / "store.db")
