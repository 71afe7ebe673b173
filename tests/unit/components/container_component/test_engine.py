# SPDX-License-Identifier: Apache-2.0
"""Which engine is used, and with which command line."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, install

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Integer, Model
from penstock.components.container_component.engine import Engine, find_engine
from penstock.components.container_component.invocation import container_name, mounts, run_command
from penstock.components.container_component.options import ContainerOptions
from penstock.components.container_component.running import CommandLine
from penstock.errors import DependencyError, ParameterError
from penstock.graph.container import ContainerPlan
from penstock.runtime.roles import ExecutorContext, Work

DOCKER = Engine("docker", "/usr/bin/docker", rootless=False)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.delenv("PENSTOCK_CONTAINER_ENGINE", raising=False)
    return install(tmp_path / "docker-bin", monkeypatch)


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    return install(tmp_path / "podman-bin", monkeypatch, "podman")


def ports(values: Mapping[str, Any]) -> Any:
    return make_dataclass("Ports", list(values))(**values)


def work(
    root: Path, *, inputs: Mapping[str, Artifact], outputs: Mapping[str, Artifact]
) -> Work[Any, Any, Any, Any]:
    (root / "tmp").mkdir(parents=True, exist_ok=True)
    context = ExecutorContext(
        pipeline="my pipeline",
        run_id="r:1",
        node_id="Train",
        execution_id=7,
        project_root=str(root),
        temp_dir=str(root / "tmp"),
    )
    return Work(ports(inputs), ports(outputs), ports({}), ContainerPlan(str(root / "root")), context)


# -------------------------------------------------------------------------------------------------------- which engine


def test_docker_comes_first(docker: FakeEngine, podman: FakeEngine) -> None:
    found = find_engine()
    assert (found.kind, found.program, found.rootless) == ("docker", str(docker.home / "docker"), False)
    assert podman.calls("info") == []


def test_podman_is_taken_where_docker_does_not_answer(docker: FakeEngine, podman: FakeEngine) -> None:
    docker.set_state(refusal="Cannot connect to the Docker daemon")
    podman.set_state(info={"host": {"security": {"rootless": True}}})
    found = find_engine()
    assert (found.kind, found.rootless) == ("podman", True)


def test_a_rootless_docker_is_known(docker: FakeEngine) -> None:
    docker.set_state(info={"SecurityOptions": ["name=seccomp", "name=rootless"]})
    assert find_engine().rootless


def test_podman_may_go_by_dockers_name(docker: FakeEngine) -> None:
    docker.set_state(info={"host": {"security": {"rootless": False}}})
    found = find_engine()
    assert (found.kind, found.rootless) == ("podman", False)
    assert found.remove_command("x") == [str(docker.home / "docker"), "rm", "--force", "--time", "0", "x"]


def test_the_environment_names_the_engine(
    docker: FakeEngine, podman: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CONTAINER_ENGINE", str(podman.home / "podman"))
    assert find_engine().kind == "podman"
    assert docker.calls("info") == []


def test_without_an_engine_all_reasons_are_told(docker: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    docker.set_state(refusal="Cannot connect to the Docker daemon")
    monkeypatch.setenv("PATH", f"{docker.home}{os.pathsep}{os.path.dirname(os.__file__)}")
    (docker.home / "docker").write_text("#!/bin/sh\necho Cannot connect to the Docker daemon >&2; exit 1\n")
    with pytest.raises(DependencyError) as caught:
        find_engine()
    assert caught.value.got == "docker: Cannot connect to the Docker daemon; podman is not installed"
    assert caught.value.expected == "docker or podman"


# --------------------------------------------------------------------------------------------------- its command line


def test_the_command_line_is_taken_as_it_is(tmp_path: Path) -> None:
    line = CommandLine("image", ("sh", "-c", "echo $HOME; 'q'"), ("--x", "a b"))
    command = run_command(DOCKER, "name", line, ContainerOptions(), work(tmp_path, inputs={}, outputs={}))
    assert command[:4] == ["/usr/bin/docker", "run", "--rm", "--name=name"]
    assert command[-6:] == ["--entrypoint=sh", "image", "-c", "echo $HOME; 'q'", "--x", "a b"]
    environment = [arg for arg in command if arg.startswith("--env=")]
    assert "--env=PENSTOCK_RUN_ID=r:1" in environment
    assert f"--env=TMPDIR={tmp_path}/tmp" in environment


def test_without_a_command_the_images_own_entry_point_runs(tmp_path: Path) -> None:
    line = CommandLine("image", (), ("a",))
    command = run_command(DOCKER, "n", line, ContainerOptions(), work(tmp_path, inputs={}, outputs={}))
    assert command[-2:] == ["image", "a"]
    assert not [arg for arg in command if arg.startswith("--entrypoint")]


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (DOCKER, [f"--user={os.getuid()}:{os.getgid()}"]),
        (Engine("docker", "docker", rootless=True), ["--user=0:0"]),
        (
            Engine("podman", "podman", rootless=True),
            ["--userns=keep-id", f"--user={os.getuid()}:{os.getgid()}"],
        ),
    ],
)
def test_outputs_belong_to_who_runs_the_pipeline(engine: Engine, expected: list[str], tmp_path: Path) -> None:
    command = run_command(
        engine, "n", CommandLine("i"), ContainerOptions(), work(tmp_path, inputs={}, outputs={})
    )
    assert [arg for arg in command if arg.startswith("--user")] == expected


def test_options_come_as_the_engine_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CONTAINER_RUN_ARGS", "--label 'a b' --init")
    options = ContainerOptions(
        network="none",
        environment={"A": "b c"},
        user="node",
        volumes=("/data:/data:ro",),
        pull="never",
        run_args=("--shm-size=1g",),
        cpus=1.5,
        memory_gib=0.5,
        accelerators=1,
    )
    command = run_command(DOCKER, "n", CommandLine("i"), options, work(tmp_path, inputs={}, outputs={}))
    for expected in (
        "--network=none", "--env=A=b c", "--user=node", "--volume=/data:/data:ro", "--pull=never", "--shm-size=1g",
        "--cpus=1.5", "--memory=512m", "--gpus=1",
    ):  # fmt: skip
        assert expected in command
    assert command[-4:] == ["--label", "a b", "--init", "i"]


def test_arguments_that_cannot_be_taken_apart_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_CONTAINER_RUN_ARGS", "--label 'a")
    with pytest.raises(ParameterError, match="PENSTOCK_CONTAINER_RUN_ARGS cannot be taken apart"):
        run_command(DOCKER, "n", CommandLine("i"), ContainerOptions(), work(tmp_path, inputs={}, outputs={}))


def test_the_name_says_whose_container_it_is(tmp_path: Path) -> None:
    context = work(tmp_path, inputs={}, outputs={}).context
    first, second = container_name(context), container_name(context)
    assert first.startswith("penstock-my-pipeline-Train-7-")
    assert first != second


# -------------------------------------------------------------------------------------------------------------- mounts


def test_inputs_are_read_and_outputs_written_under_the_same_paths(tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    for folder in (root / "Train" / "model" / "7", root / "Gen", data):
        folder.mkdir(parents=True)
    found = mounts(
        work(
            tmp_path,
            inputs={"outside": Examples(str(data)), "inside": Examples(str(root / "Gen"))},
            outputs={
                "model": Model(str(root / "Train/model/7")),
                "score": Integer(str(root / "Train/score/7/value")),
            },
        )
    )
    assert [(mount.path, mount.writable) for mount in found] == [
        (str(data), False),
        (str(root), False),
        (str(root / "Train/model/7"), True),
        (str(root / "Train/score/7"), True),
        (str(tmp_path / "tmp"), True),
    ]
    assert found[0].argument() == f"type=bind,source={data},target={data},readonly"
    assert found[2].argument().endswith("model/7")


def test_remote_artifacts_are_left_to_the_container(tmp_path: Path) -> None:
    found = mounts(work(tmp_path, inputs={"a": Examples("gs://b/x")}, outputs={"m": Model("s3://b/y")}))
    assert [mount.path for mount in found] == [str(tmp_path / "tmp")]


def test_a_path_with_a_comma_is_one_field(tmp_path: Path) -> None:
    folder = tmp_path / 'a,"b'
    folder.mkdir()
    (mount, _) = mounts(work(tmp_path, inputs={"a": Examples(str(folder))}, outputs={}))
    assert next(csv.reader([mount.argument()])) == [
        "type=bind",
        f"source={folder}",
        f"target={folder}",
        "readonly",
    ]
