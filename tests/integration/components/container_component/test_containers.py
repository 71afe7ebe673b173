# SPDX-License-Identifier: Apache-2.0
"""Container components in whole runs, with a program that takes docker's command line in the place of docker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, install

from penstock import files
from penstock.artifacts.artifact import CONTENT_DIGEST
from penstock.artifacts.standard import Float, Integer, JsonValue, Model, String
from penstock.components.container_component.component import create_container_component
from penstock.dsl.component.experimental.placeholders import (
    InputUriPlaceholder,
    InputValuePlaceholder,
    OutputUriPlaceholder,
)
from penstock.dsl.placeholder import placeholder as ph
from penstock.errors import DataError, DependencyError, ExecutionError, NodeFailedError, ResolutionError
from penstock.graph.pipeline import Pipeline
from penstock.graph.scopes import Cond
from penstock.graph.system_nodes import Importer
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.local import LocalDagRunner
from penstock.testing import run_component

WRITE = """
import json, os, sys
text, model, size, facts = sys.argv[1:]
print("writing", text)
open(os.path.join(model, "data.txt"), "w").write(text)
open(size, "w").write(str(len(text)) + "\\n")
open(facts, "w").write(json.dumps({k: v for k, v in os.environ.items() if k.startswith("PENSTOCK_N")}))
"""

Write = create_container_component(
    name="Write",
    image="writer:1",
    command=[
        sys.executable,
        "-c",
        WRITE,
        InputValuePlaceholder("text"),
        OutputUriPlaceholder("model"),
        ph.output("size").uri,
        ph.output("facts")[0].uri,
    ],
    outputs={"model": Model, "size": Integer, "facts": JsonValue},
    parameters={"text": str},
)

Read = create_container_component(
    name="Read",
    image="reader:1",
    command=["sh", "-c", 'cat "$0/data.txt" >"$2"; exit $1', InputUriPlaceholder("model"), ph.exec_property("code"),
             ph.output("text").uri],
    inputs={"model": Model},
    outputs={"text": String},
    parameters={"code": int},
)  # fmt: skip


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.delenv("PENSTOCK_CONTAINER_ENGINE", raising=False)
    return install(tmp_path / "docker-bin", monkeypatch)


def test_what_a_container_writes_is_recorded(docker: FakeEngine) -> None:
    text = 'it\'s $HOME; "q" ä\n'
    ran = run_component(Write(text=text))
    assert Path(ran.artifact("model").uri, "data.txt").read_text() == text
    assert ran.artifact("size").uri.endswith("/value")
    assert ran.content("size") == len(text)
    assert ran.content("facts") == {"PENSTOCK_NODE_ID": "Write"}
    assert ran.artifact("model").custom_properties[CONTENT_DIGEST]
    assert ran.summary.startswith(f"size={len(text)}, facts={{")
    assert {k: v for k, v in ran.properties.items() if k.startswith("container")} == {
        "container_image": "writer:1",
        "container_image_id": "sha256:writer:1",
        "container_engine": "docker",
    }
    mounted = [option for option in docker.options()["--mount"] if "readonly" not in option]
    assert f"type=bind,source={ran.artifact('model').uri},target={ran.artifact('model').uri}" in mounted


def test_one_container_reads_what_another_wrote() -> None:
    written = Write(text="abc")
    assert run_component(Read(model=written.outputs["model"], code=0)).content("text") == "abc"


def test_an_exit_code_fails_the_node_and_the_last_lines_are_told() -> None:
    fail = create_container_component("Fail", "i", ["sh", "-c", "echo one; echo two >&2; exit 3"])
    with pytest.raises(ExecutionError) as caught:
        run_component(fail())
    assert caught.value.component == "Fail"
    assert "image i ended with exit code 3 (docker)" in caught.value.message
    assert caught.value.got == "its last lines: one | two"


def test_an_image_that_is_not_there_is_the_engines_failure() -> None:
    missing = create_container_component("Missing", "missing", ["x"])
    with pytest.raises(ExecutionError, match="exit code 125.*Unable to find image.*is the image there"):
        run_component(missing())


def test_a_value_that_was_not_written_is_missed() -> None:
    lazy = create_container_component("Lazy", "i", ["true"], outputs={"n": Integer})
    with pytest.raises(
        DataError, match="Lazy: .*has not written a Integer as its output 'n'.*output\\('n'\\).uri"
    ):
        run_component(lazy())


def test_a_value_of_another_type_is_told() -> None:
    wrong = create_container_component(
        "Wrong", "i", ["sh", "-c", 'echo many >"$0"', ph.output("n").uri], outputs={"n": Float}
    )
    with pytest.raises(DataError, match="has not written a Float as its output 'n'.*b'many"):
        run_component(wrong())


def test_an_argument_without_a_value_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    ask = create_container_component("Ask", "i", ["echo", "--to=" + ph.environment_variable("NOT_SET")])
    with pytest.raises(
        ResolutionError, match="Ask: command\\[1\\].*no value.*environment\\('NOT_SET'\\) is not there"
    ):
        run_component(ask())
    monkeypatch.setenv("NOT_SET", "x")
    assert run_component(ask()).state == "ran"


def test_without_an_engine_nothing_is_done(docker: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CONTAINER_ENGINE", "no-such-engine")
    with pytest.raises(
        DependencyError, match="Write: no container can be run here.*no-such-engine is not installed"
    ):
        run_component(Write(text="x"))
    assert docker.calls("run") == []


def test_remote_uris_are_passed_through(docker: FakeEngine) -> None:
    show = create_container_component(
        "Show", "i", ["sh", "-c", 'echo "$0" >"$1"', ph.input("m").uri, ph.output("t").uri],
        inputs={"m": Model}, outputs={"t": String},
    )  # fmt: skip
    with files.open("memory://bucket/model/x", "w") as file:
        file.write("x")
    model = Importer(source_uri="memory://bucket/model", artifact_type=Model)
    ran = run_component(show(m=model.outputs["result"]))
    assert ran.content("t") == "memory://bucket/model\n"
    assert not [option for option in docker.options()["--mount"] if "memory" in option]


# ------------------------------------------------------------------------------------------------------- whole runs


def run(tmp_path: Path, *nodes: Any, cached: bool = False) -> dict[str, str]:
    pipeline = Pipeline(
        "p",
        str(tmp_path / "root"),
        sqlite_metadata_connection_config(str(tmp_path / "metadata.db")),
        components=nodes,
        enable_cache=cached,
    )
    report = LocalDagRunner().run(pipeline)
    assert report is not None
    return {result.node_id: result.state for result in report.nodes}


def test_the_cache_knows_image_and_command(tmp_path: Path, docker: FakeEngine) -> None:
    def states(image: str, text: str) -> list[str]:
        write = create_container_component(
            "Write", image, ["sh", "-c", 'echo "$0" >"$1"', ph.exec_property("text"), ph.output("t").uri],
            outputs={"t": String}, parameters={"text": str},
        )  # fmt: skip
        return list(run(tmp_path, write(text=text), cached=True).values())

    assert [states("a", "x"), states("a", "x"), states("b", "x"), states("b", "y")] == [
        ["ran"],
        ["cached"],
        ["ran"],
        ["ran"],
    ]
    assert len(docker.calls("run")) == 3


def test_the_cache_knows_what_the_container_is_given_besides(tmp_path: Path, docker: FakeEngine) -> None:
    say = create_container_component(
        "Say", "i", ["sh", "-c", 'echo "${#WORD}" >"$0"', ph.output("t").uri], outputs={"t": String}
    )

    def state(**options: Any) -> str:
        return run(tmp_path, say().with_container_options(**options), cached=True)["Say"]

    assert [state(environment={"WORD": "a"}), state(environment={"WORD": "a"}, pull="never")] == [
        "ran",
        "cached",
    ]
    assert [state(environment={"WORD": "secret"}), state(volumes=["/data:/data:ro"])] == ["ran", "ran"]
    with MetadataStore.open(sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))) as store:
        recorded = [execution.properties for execution in store.executions_of_node("p", "Say")]
    assert len(recorded) == 4
    assert "secret" not in str(recorded)


def test_conditions_read_what_containers_write(tmp_path: Path) -> None:
    written = Write(text="abc")
    with Cond(written.outputs["size"].future()[0].value > 5):
        read = Read(model=written.outputs["model"], code=0)
    with Cond(written.outputs["facts"].future().value["PENSTOCK_NODE_ID"] == "Write"):
        other = Read(model=written.outputs["model"], code=0).with_id("Other")
    assert run(tmp_path, written, read, other) == {"Write": "ran", "Read": "skipped", "Other": "ran"}


def test_what_a_container_prints_goes_to_the_nodes_log(tmp_path: Path) -> None:
    run(tmp_path, Write(text="abc"))
    (log,) = (tmp_path / "root").glob(".runs/*/Write.log")
    assert "writing abc" in log.read_text()


def test_a_time_out_ends_the_container(tmp_path: Path, docker: FakeEngine) -> None:
    slow = create_container_component("Slow", "i", ["sleep", "60"])
    with pytest.raises(NodeFailedError, match="time-out"):
        run(tmp_path, slow().with_timeout(1))
    wait_until(lambda: docker.running() == [])


def test_the_death_of_the_worker_ends_the_container(tmp_path: Path, docker: FakeEngine) -> None:
    (tmp_path / "dying.py").write_text(
        "import sys\n"
        "from penstock.components.container_component.engine import find_engine\n"
        "from penstock.components.container_component.process import run_to_end\n"
        "engine = find_engine()\n"
        "run_to_end(engine, 'victim', [engine.program, 'run', '--name=victim', 'i', 'sleep', '60'])\n"
    )
    process = subprocess.Popen([sys.executable, str(tmp_path / "dying.py")])
    wait_until(lambda: docker.running() == ["victim"])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: docker.running() == [])


def test_a_signal_ends_the_container_and_then_the_worker(tmp_path: Path, docker: FakeEngine) -> None:
    (tmp_path / "ended.py").write_text(
        "from penstock.components.container_component.engine import find_engine\n"
        "from penstock.components.container_component.process import run_to_end\n"
        "engine = find_engine()\n"
        "run_to_end(engine, 'victim', [engine.program, 'run', '--name=victim', 'i', 'sleep', '60'])\n"
    )
    process = subprocess.Popen([sys.executable, str(tmp_path / "ended.py")])
    wait_until(lambda: docker.running() == ["victim"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == -signal.SIGTERM
    assert docker.running() == []


def wait_until(done: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.05)
