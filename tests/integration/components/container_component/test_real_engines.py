# SPDX-License-Identifier: Apache-2.0
"""Container components with the real docker, and podman where it is asked for; skipped where they are not there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from servers import MissingProgramError, running_docker, running_podman
from servers.containers import IMAGE, ContainerEngine

from penstock.artifacts.standard import Integer, Model, String
from penstock.components.container_component.component import create_container_component
from penstock.dsl.placeholder import placeholder as ph
from penstock.errors import ExecutionError, NodeFailedError
from penstock.graph.pipeline import Pipeline
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.runners.local import LocalDagRunner
from penstock.testing import run_component

ENGINES: dict[str, Any] = {"docker": running_docker, "podman": running_podman}

Write = create_container_component(
    name="Write",
    image=IMAGE,
    command=[
        "sh", "-c", 'echo "$0" >"$1/text" && echo ${#0} >"$2" && id -u && echo "in $TMPDIR" >"$TMPDIR/x"',
        ph.exec_property("text"), ph.output("model").uri, ph.output("size").uri,
    ],
    outputs={"model": Model, "size": Integer},
    parameters={"text": str},
)  # fmt: skip

Read = create_container_component(
    name="Read",
    image=IMAGE,
    command=[
        "sh", "-c", 'cat "$0/text" >"$1"; ! echo changed 2>/dev/null >"$0/text"',
        ph.input("model").uri, ph.output("text").uri,
    ],
    inputs={"model": Model},
    outputs={"text": String},
)  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[ContainerEngine]:
    if request.param == "podman" and not os.environ.get("PENSTOCK_TEST_PODMAN"):
        pytest.skip(
            "podman hangs now and then where the kernel is an imitation: PENSTOCK_TEST_PODMAN=1 tries it"
        )
    start: AbstractContextManager[ContainerEngine] = ENGINES[request.param]()
    try:
        with start as started, pytest.MonkeyPatch.context() as patch:
            for name, value in started.environment.items():
                patch.setenv(name, value)
            patch.setenv("PENSTOCK_CONTAINER_ENGINE", started.program)
            yield started
    except MissingProgramError as error:
        pytest.skip(str(error))


def test_outputs_are_written_and_belong_to_who_runs_it(engine: ContainerEngine) -> None:
    text = 'it\'s $HOME; "q" ä'
    ran = run_component(Write(text=text))
    written = Path(ran.artifact("model").uri, "text")
    assert written.read_text() == text + "\n"
    assert written.stat().st_uid == os.getuid()
    assert ran.content("size") in (
        len(text),
        len(text.encode()),
    )  # in characters or bytes, as that shell counts
    assert ran.properties["container_engine"] == engine.name
    assert len(str(ran.properties["container_image_id"]).removeprefix("sha256:")) == 64
    assert engine.containers() == []


def test_inputs_can_be_read_and_not_changed(engine: ContainerEngine) -> None:
    assert engine.name in ENGINES
    written = Write(text="abc")
    assert run_component(Read(model=written.outputs["model"])).content("text") == "abc\n"


def test_another_user_owns_what_it_writes(engine: ContainerEngine, tmp_path: Path) -> None:
    """What the pipeline's user is to a container, the given user is too: engines do not remap it."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    touch = create_container_component("Touch", IMAGE, ["sh", "-c", f"echo x >'{shared}/file'"])
    run_component(
        touch().with_container_options(user="1234:55", volumes=[f"{shared}:{shared}"], network="none")
    )
    found = (shared / "file").stat()
    assert (found.st_uid, found.st_gid) == (1234, 55)
    assert engine.containers() == []


@pytest.mark.parametrize(
    ("image", "command", "code", "said"),
    [
        (IMAGE, ["sh", "-c", "echo working; exit 3"], 3, "working"),
        (IMAGE, ["no-such-program"], 127, "no-such-program"),
    ],
)
def test_failures_say_how_it_ended(
    image: str, command: list[str], code: int, said: str, engine: ContainerEngine
) -> None:
    fail = create_container_component("Fail", image, command)
    with pytest.raises(ExecutionError, match=f"exit code {code} \\({engine.name}\\)") as caught:
        run_component(fail())
    assert said in str(caught.value.got)
    assert engine.containers() == []


def test_an_image_that_is_not_there_is_told(engine: ContainerEngine) -> None:
    missing = create_container_component("Missing", "localhost/penstock-no-such-image", ["x"])
    with pytest.raises(ExecutionError, match=f"exit code 125 \\({engine.name}\\).*is the image there"):
        run_component(missing().with_container_options(pull="never"))


def test_a_time_out_ends_the_container(engine: ContainerEngine, tmp_path: Path) -> None:
    slow = create_container_component("Slow", IMAGE, ["sleep", "600"])
    pipeline = Pipeline(
        "p",
        str(tmp_path / "root"),
        sqlite_metadata_connection_config(str(tmp_path / "metadata.db")),
        components=[slow().with_timeout(5)],
    )
    with pytest.raises(NodeFailedError, match="time-out"):
        LocalDagRunner().run(pipeline)
    end = time.monotonic() + 60
    while engine.containers():
        assert time.monotonic() < end, "the container goes on"
        time.sleep(0.1)
