# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages


def test_a_run_shows_its_nodes_and_a_second_one_reuses_them(project: Project) -> None:
    first = project.run()
    assert (first.code, first.err) == (0, "")
    assert "a   running\n" in first.out
    assert "COMPLETE in" in first.out
    table = [line.split() for line in first.out.splitlines()[-4:]]
    assert table[0] == ["node", "state", "time", "rows", "detail"]
    assert [row[:2] + row[-2:] for row in table[1:]] == [
        ["a", "ran", "=", "1"],
        ["b", "ran", "=", "20"],
        ["ab", "ran", "=", "21"],
    ]
    second = project.run()
    assert second.code == 0
    assert second.out.count("cached") == 6
    assert "running" not in second.out


def test_nothing_is_written_outside_the_projects_folder(project: Project) -> None:
    project.run()
    written = {path.name for path in project.root.iterdir()} - {"pyproject.toml", "pipelines"}
    assert written == {".penstock"}
    assert (project.root / ".penstock/metadata.db").is_file()


def test_root_and_metadata_can_be_elsewhere_relative_to_the_working_directory(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    flow = "../project/pipelines/flow.py"
    ended = project.run("--pipeline-root", "root", "--metadata", "m.db", flow=flow)
    assert ended.code == 0
    assert (tmp_path / "elsewhere/root/ab/total").is_dir()
    assert (tmp_path / "elsewhere/m.db").is_file()
    assert not (project.root / ".penstock").exists()


def test_parameters_are_arguments_and_runtime_parameters(project: Project) -> None:
    ended = project.run("--param", "first=5", "--param", "second=7", "--json")
    assert ended.code == 0
    told = ended.json
    assert [node["summary"] for node in told["nodes"]] == ["= 5", "= 7", "= 12"]
    assert told["build_parameters"] == {"first": 5, "behaviour": "", "seconds": 0.0}
    assert told["parameters"] == {"second": 7}
    assert "a   ran" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--param", "frist=5"],
            "error: --param: pipeline flow has no parameter 'frist'\n  what to do: did you mean 'first'?",
        ),
        (
            ["--param", "first=x"],
            "error: --param: parameter 'first' has the wrong type\n  expected: int\n  got: 'x'",
        ),
        (
            ["--param", "second=x"],
            "error: parameter 'second' has the wrong type\n  expected: int\n  got: 'x'",
        ),
        (["--param", "first"], "error: --param is not understood\n  expected: NAME=VALUE\n  got: 'first'"),
        (["--param", "first=1", "--param", "first=2"], "error: --param first is given twice"),
        (["--run-id", "a/b"], "error: the run id is not usable"),
        (["--run-id", "a", "--resume", "b"], "error: --run-id and --resume exclude each other"),
        (["--runner", "spark"], "error: Invalid value for '--runner'"),
        (
            ["--runner", "beam", "--max-workers", "2"],
            "error: --max-workers and --in-process are for the local runner",
        ),
        (["--require-push"], "error: --require-push: pipeline flow has no node that pushes"),
        (["--config", "none.yaml"], "error: the configuration none.yaml cannot be read"),
        (["--metadata", "postgresql://h/d"], "error: "),
        (["--bogus"], "error: No such option"),
    ],
)
def test_a_wrong_call_is_one_block_and_code_2(project: Project, arguments: list[str], message: str) -> None:
    ended = project("run", "pipelines/flow.py", *arguments)
    assert ended.err.startswith(message), ended.err
    assert "Traceback" not in ended.err
    assert ended.code == (1 if "postgresql" in arguments[-1] else 2)
    assert not list(project.root.glob(".penstock/pipelines/flow/*/*"))


def test_settings_come_from_layered_files_and_the_command_line_wins(project: Project) -> None:
    project.write("configs/base/flow.yaml", "parameters: {first: 2, second: 3}\nin_process: true\n")
    config = project.write(
        "configs/prod/flow.yaml", "parameters:\n  second: 30\npipeline_root: out/root\nmetadata: out/m.db\n"
    )
    told = project("run", "pipelines/flow.py", "--config", config, "--param", "first=9", "--json").json
    assert told["nodes"][2]["summary"] == "= 39"
    assert (project.root / "out/root/ab").is_dir()
    assert (project.root / "out/m.db").is_file()
    bad = project.write("configs/prod/bad.yaml", "parameters:\n  first: 2\n  thrid: 1\n")
    ended = project("run", "pipelines/flow.py", "--config", bad)
    assert ended.code == 2
    assert f"error: {bad}:3: pipeline flow has no parameter 'thrid'" in ended.err


def test_a_failure_is_code_1_with_the_users_traceback_and_the_log(project: Project) -> None:
    ended = project("run", "pipelines/flow.py", "--param", "behaviour=raise")
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert "light/executor.py" in ended.err.splitlines()[1]
    assert "error: b: NumberExecutor.execute raised ValueError: the number is cursed\n" in ended.err
    log = Path(ended.err.rpartition("log: ")[2].strip())
    assert "the number is cursed" in log.read_text()
    assert "ab    not run" in ended.out
    assert "b failed" in ended.out


def test_a_failed_run_goes_on_with_its_own_parameters(project: Project) -> None:
    failed = project.run(
        "--run-id", "one", "--param", "first=4", "--param", "second=6", "--param", "behaviour=raise"
    )
    assert failed.code == 1
    assert "--resume one" in failed.out
    resumed = project.run("--resume", "one", "--param", "behaviour=", "--json")
    assert resumed.code == 0
    told = resumed.json
    assert [node["state"] for node in told["nodes"]] == ["cached", "ran", "ran"]
    assert told["nodes"][2]["summary"] == "= 10"
    assert (told["state"], told["run_id"]) == ("COMPLETE", "one")
    unknown = project.run("--resume", "two")
    assert unknown.code == 2
    assert "there is no run 'two' to resume" in unknown.err
    assert "did you mean 'one'?" in unknown.err or "known: one" in unknown.err


def test_a_pipeline_that_needs_arguments_resumes_without_them(project: Project) -> None:
    flow = project.write(
        "pipelines/needy.py",
        (project.root / "pipelines/flow.py").read_text().replace("first: int = 1", "first: int"),
    )
    assert project.run(flow=flow).code == 2
    assert project.run("--run-id", "x", "--param", "first=3", flow=flow).code == 0
    assert project.run("--resume", "x", "--json", flow=flow).json["nodes"][2]["summary"] == "= 23"


def test_a_skipped_node_and_those_after_it_are_a_normal_outcome(project: Project) -> None:
    ended = project.run("--param", "behaviour=skip")
    assert ended.code == 0
    assert "b     skipped" in ended.out
    assert "told to" in ended.out


def test_a_file_that_calls_a_runner_works_too(project: Project) -> None:
    flow = project.write(
        "local_runner.py",
        "import penstock as tfx\nfrom pipelines import flow\nif __name__ == '__main__':\n"
        "    tfx.orchestration.LocalDagRunner().run(flow.create_pipeline(first=8))\n",
    )
    told = project.run("--param", "second=1", "--json", flow=flow).json
    assert told["nodes"][2]["summary"] == "= 9"


def test_a_template_with_both_is_run_by_its_own_call_where_arguments_are_missing(project: Project) -> None:
    source = (project.root / "pipelines/flow.py").read_text().replace("first: int = 1", "first: int")
    flow = project.write(
        "both.py",
        f"{source}\nif __name__ == '__main__':\n    from penstock.orchestration import LocalDagRunner\n"
        "    LocalDagRunner().run(create_pipeline(100))\n",
    )
    assert project.run("--json", flow=flow).json["nodes"][0]["summary"] == "= 100"
    assert project.run("--json", "--param", "first=6", flow=flow).json["nodes"][0]["summary"] == "= 6"


def test_python_file_works_without_the_command_line_and_raises_on_failure(project: Project) -> None:
    import os
    import subprocess
    import sys

    from_conftest = {**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]}
    source = (project.root / "pipelines/flow.py").read_text()
    call = "\nif __name__ == '__main__':\n    from penstock.orchestration import LocalDagRunner\n"
    project.write("good.py", f"{source}{call}    LocalDagRunner().run(create_pipeline(3))\n")
    project.write("bad.py", f"{source}{call}    LocalDagRunner().run(create_pipeline(3, 'raise'))\n")
    for name, code in (("good.py", 0), ("bad.py", 1)):
        done = subprocess.run(
            [sys.executable, name],
            cwd=project.root,
            env=from_conftest,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
    assert "NodeFailedError: b failed: NumberExecutor.execute raised ValueError" in done.stderr


def test_errors_of_the_pipeline_file_name_its_line(project: Project) -> None:
    flow = project.write(
        "pipelines/wrong.py",
        "from light.component import Add\nfrom penstock.dsl import Pipeline\n"
        "def create_pipeline() -> Pipeline:\n    return Pipeline('w', components=[Add('nothing')])\n",
    )
    ended = project.run(flow=flow)
    assert ended.code == 1
    assert "error: Add: input 'numbers' is not a channel" in ended.err
    assert f"  at: {flow}:4" in ended.err
    assert "Traceback" not in ended.err
    broken = project.write("pipelines/broken.py", "def create_pipeline()\n    pass\n")
    assert f"{broken}:1 is not valid Python" in project.run(flow=broken).err


def test_an_error_of_penstock_has_no_traceback_unless_it_is_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penstock.cli import run as module

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(module, "_prepared_for", broken)
    ended = project.run()
    assert ended.code == 1
    assert ended.err.startswith("error: Penstock failed unexpectedly: RuntimeError: a defect\n")
    assert "Traceback" not in ended.err
    monkeypatch.setenv("PENSTOCK_DEBUG", "1")
    with pytest.raises(RuntimeError, match="a defect"):
        project.run()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("where", [[], ["--in-process"]])
def test_signals_end_the_run_as_cancelled(
    project: Project, number: signal.Signals, code: int, where: list[str]
) -> None:
    process = project.start("run", "pipelines/flow.py", "--param", "seconds=60", "--run-id", "r", *where)
    try:
        _wait_until(lambda: list(project.root.glob(".penstock/pipelines/flow/a/number/*/partial")))
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == code, err
    assert "Traceback" not in err
    (run,) = project("runs", "--json").json
    assert (run["run_id"], run["state"]) == ("r", "CANCELED")
    assert not list(project.root.glob(".penstock/pipelines/flow/a/number/*"))
    assert project.run("--resume", "r", "--param", "seconds=0").code == 0


def _wait_until(condition: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_python_m_penstock_is_the_command(project: Project) -> None:
    process = project.start("run", "pipelines/flow.py", "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["state"] == "COMPLETE"
