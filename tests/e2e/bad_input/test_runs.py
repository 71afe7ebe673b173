# SPDX-License-Identifier: Apache-2.0
"""Runs that meet each other, or a signal, or an odd place to be."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from kills import descendants
from projects import Project, end_of
from rows_project import COUNT_ROWS, make_project

RUN = ("run", "pipelines/rows.py")
SLOW = COUNT_ROWS.replace(
    "    return",
    "    import subprocess, time\n    subprocess.Popen(['sleep', '600'])\n    time.sleep(600)\n    return",
)


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_two_runs_at_once_both_succeed(project: Project) -> None:
    processes = [project.start(*RUN, "--run-id", name) for name in ("one", "two")]
    ended = [end_of(process) for process in processes]
    assert [end.code for end in ended] == [0, 0], ended
    with project.store() as store:
        states = {run.run_id: run.properties["state"] for run in store.list_runs("rows")}
    assert states == {"one": "COMPLETE", "two": "COMPLETE"}
    project.check_tidy("rows")
    assert set(project.cli(*RUN, "--in-process").states().values()) == {"cached"}
    served = sorted(path.name for path in (project.root / "serving").iterdir())
    assert 1 <= len(served) <= 2
    assert all(name.isdecimal() for name in served)


@pytest.mark.parametrize("runner", ["local", "beam"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_all_that_it_started(
    project: Project, number: signal.Signals, code: int, runner: str
) -> None:
    project.write("modules/slow.py", SLOW)
    process = project.start(
        *RUN, "--run-id", "ended", "--runner", runner, "--param", "module=modules/slow.py", "--param", "seconds=900"
    )  # fmt: skip
    wait_until(lambda: list(project.pipeline_root("rows").glob("Trainer/model/*/*/model.txt")))
    below = descendants(process.pid)
    assert below
    process.send_signal(number)
    ended = end_of(process)
    assert ended.code == code, ended.err
    assert ended.blocks == [], ended.err
    assert "Traceback" not in ended.err
    assert ended.states()["Trainer"] == "cancelled"
    assert "go on with the same command and --resume ended" in ended.out
    wait_until(lambda: all(map(is_gone, below)))
    with project.store() as store:
        (run,) = store.list_runs("rows")
        assert run.properties["state"] == "CANCELED"
        states = {e.node_id: e.state for e in store.executions_of_run("rows", "ended")}
    assert states == {"CsvExampleGen": "COMPLETE", "Trainer": "CANCELED"}
    project.check_tidy("rows")
    resumed = project.cli(
        *RUN, "--in-process", "--resume", "ended", "--param", "module=modules/count_rows.py"
    )
    assert resumed.code == 0
    assert resumed.states() == {"CsvExampleGen": "cached", "Trainer": "ran", "Pusher": "ran"}


def test_a_second_signal_changes_nothing(project: Project) -> None:
    project.write("modules/slow.py", SLOW)
    process = project.start(*RUN, "--run-id", "ended", "--param", "module=modules/slow.py")
    wait_until(lambda: list(project.pipeline_root("rows").glob("Trainer/model/*/*/model.txt")))
    for _ in range(5):
        process.send_signal(signal.SIGINT)
    ended = end_of(process)
    assert ended.code == 130
    assert "Traceback" not in ended.err
    with project.store() as store:
        assert [run.properties["state"] for run in store.list_runs("rows")] == ["CANCELED"]
    project.check_tidy("rows")


def test_a_reader_of_the_output_who_leaves_ends_the_run_tidily(project: Project) -> None:
    with project.start(*RUN, "--run-id", "left") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode != 0
    assert "Traceback" not in err
    project.check_tidy("rows")
    assert project.cli(*RUN, "--in-process").code == 0


# --------------------------------------------------------------------------------------------------------- odd places


def test_a_project_may_lie_anywhere(tmp_path: Path) -> None:
    project = make_project(tmp_path / "a project [ü] 'of mine' $HOME %s *")
    (project.root / "data/trips.csv").rename(project.root / "data/fährten [1] *.csv")
    assert project.process(*RUN).code == 0
    process = project.start(*RUN, "--param", "module=modules/slow.py")
    project.write("modules/slow.py", SLOW)
    wait_until(lambda: list(project.pipeline_root("rows").glob("Trainer/model/*/*/model.txt"))[1:])
    process.kill()
    process.communicate()
    assert set(project.cli(*RUN, "--in-process").states().values()) == {"cached"}
    project.check_tidy("rows")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    flow = os.path.relpath(project.root / "pipelines/rows.py", elsewhere)
    code = subprocess.run(
        ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(elsewhere), *_command("run", flow)],
        capture_output=True,
    ).returncode
    assert code == 0
    assert list(elsewhere.iterdir()) == []


def _command(*arguments: str) -> list[str]:
    import sys

    return [sys.executable, "-m", "penstock", *arguments]


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    root = Path(f"{tmp_path}/caf\udce9")
    make_project(tmp_path / "project").root.rename(root)
    done = subprocess.run(_command(*RUN), cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: the path of the pipeline file is not UTF-8, and cannot be recorded\n"
    )
    assert r"caf\udce9" in done.stderr
    assert not (root / ".penstock").exists()


def test_a_working_folder_that_is_gone_is_said(project: Project, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    flow = str(project.root / "pipelines/rows.py")
    done = subprocess.run(
        ["sh", "-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", str(gone), *_command("run", flow)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "error: the folder that this is called in is not there any more\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_streams_no_home_and_a_poor_locale_are_no_obstacle(project: Project) -> None:
    poor = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    poor.pop("HOME")
    script = 'exec "$@" <&- >&- 2>&-'
    command = ["sh", "-c", script, "sh", *_command(*RUN, "--run-id", "läuft")]
    assert subprocess.run(command, cwd=project.root, env=poor).returncode == 0
    done = subprocess.run(
        _command(*RUN, "--run-id", "läuft auch"), cwd=project.root, env=poor, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "COMPLETE" in done.stdout


def test_a_file_that_hides_a_module_of_python_is_named(project: Project) -> None:
    hiding = project.write("types.py", "x = 1\n")
    # As the installed command does, and `python -m` does not: leave the working folder off the path at first.
    ended = project.process(*RUN, PYTHONSAFEPATH="1")
    assert ended.code == 1
    assert ended.error.message == "CsvExampleGen: the process that workers are forked from has ended"
    assert re.match(r"(Import|Attribute)Error: .*'types'", ended.error["got"])  # by the release of Python
    assert "have the name of a library" in ended.error["what to do"]
    hiding.unlink()
    assert project.process(*RUN).code == 0


def test_a_clock_that_went_back_changes_neither_order_nor_cache(project: Project) -> None:
    assert project.cli(*RUN, "--in-process", "--run-id", "before").code == 0
    future = int((time.time() + 10 * 365 * 86400) * 1000)
    with closing(sqlite3.connect(project.metadata)) as database, database:
        for table in ("Artifact", "Execution", "Context"):
            database.execute(
                f"UPDATE {table} SET create_time_since_epoch = {future}, last_update_time_since_epoch = {future}"
            )
    version = next((project.root / "serving").iterdir())
    version.rename(version.with_name(str(future // 1000)))
    project.write("modules/count_rows.py", COUNT_ROWS.replace("a model", "a better model"))
    ended = project.cli(*RUN, "--in-process", "--run-id", "after")
    assert ended.states() == {"CsvExampleGen": "cached", "Trainer": "ran", "Pusher": "ran"}
    assert sorted(int(path.name) - future // 1000 for path in (project.root / "serving").iterdir()) == [0, 1]
    (latest, *_) = project.cli("runs", "--json").json
    assert latest["run_id"] == "after"
    assert set(project.cli(*RUN, "--in-process").states().values()) == {"cached"}


def test_a_project_that_was_moved_finds_its_own_store_and_keeps_the_old_artifacts(
    project: Project, tmp_path: Path
) -> None:
    assert project.cli(*RUN, "--in-process").code == 0
    shutil.copytree(project.root, tmp_path / "copy")
    copy = Project(tmp_path / "copy")
    assert copy.cli(*RUN, "--in-process").states() == {
        "CsvExampleGen": "cached",
        "Trainer": "cached",
        "Pusher": "ran",
    }
    shutil.rmtree(project.root)
    moved = copy.cli(*RUN, "--in-process")
    assert moved.code == 0
    assert moved.states()["CsvExampleGen"] == "ran"
    assert str(project.root) not in copy.cli("show", "CsvExampleGen.examples").out
