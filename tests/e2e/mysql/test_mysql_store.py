# SPDX-License-Identifier: Apache-2.0
"""Every command on a store that is on a MariaDB server, in processes of their own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from metadata_recorder import mysql_config
from projects import Ended, Project, end_of
from rows_project import GOOD, ROWS, make_project
from servers import MissingProgramError, Server, restartable_mariadb

from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.e2e

ALL = {"CsvExampleGen": "ran", "Trainer": "ran", "Pusher": "ran"}
CACHED = dict.fromkeys(ALL, "cached")


class OnServer:
    """A project whose store is on a server."""

    def __init__(self, project: Project, config: ConnectionConfig) -> None:
        self.project = project
        self.config = config
        self.url = (
            f"mysql://{config.username}:${{STORE_PASSWORD}}@{config.host}:{config.port}/{config.database}"
        )
        self.environment = {"STORE_PASSWORD": config.secret()}

    def run(self, *arguments: object) -> Ended:
        ended = self.project.process(
            "run", "pipelines/rows.py", "--metadata", self.url, *arguments, **self.environment
        )
        self.check_no_password(ended)
        return ended

    def read(self, command: str, *arguments: object) -> Ended:
        ended = self.project.process(command, *arguments, "--metadata", self.url, **self.environment)
        self.check_no_password(ended)
        assert ended.code == 0, ended.err
        return ended

    def check_no_password(self, ended: Ended) -> None:
        """Checks that the password stands in no file and in nothing that was said."""
        for secret in (self.config.secret(), quote(self.config.secret(), safe="")):
            assert secret not in ended.out + ended.err
            for folder, _, names in os.walk(self.project.root):
                for name in names:
                    assert secret.encode() not in Path(folder, name).read_bytes(), name


@pytest.fixture
def on_server(tmp_path: Path, mariadb: Server) -> OnServer:
    return OnServer(make_project(tmp_path / "project"), mysql_config(mariadb, f"e2e_{uuid4().hex[:12]}"))


def test_run_look_clean_up(on_server: OnServer) -> None:
    first = on_server.run("--run-id", "first")
    assert (first.code, first.states()) == (0, ALL), first.err
    assert on_server.run("--run-id", "again").states() == CACHED
    assert not on_server.project.metadata.exists()

    runs = on_server.read("runs", "--json").json
    assert {run["run_id"]: run["state"] for run in runs} == {"first": "COMPLETE", "again": "COMPLETE"}
    assert "Trainer" in on_server.read("show", "first").out
    with MetadataStore.open(on_server.config, read_only=True) as store:
        (model,) = store.latest_artifacts("Model")
    assert "CsvExampleGen" in on_server.read("lineage", model.id).out

    on_server.project.write("data/trips.csv", GOOD.replace("yes", "maybe"))
    module = on_server.project.root / "modules/count_rows.py"
    module.write_text(module.read_text().replace("a model", "another model"))
    assert on_server.run("--run-id", "third").states() == ALL
    on_server.read("gc", "--keep-last", "1")
    with MetadataStore.open(on_server.config, read_only=True) as store:
        assert len(store.latest_artifacts("Examples")) == 1
        assert not Path(model.uri).exists()


def test_a_failed_run_is_resumed(on_server: OnServer) -> None:
    good = (on_server.project.root / "modules/count_rows.py").read_text()
    on_server.project.write("modules/count_rows.py", "def run_fn(fn_args):\n    raise ValueError('no')\n")
    failed = on_server.run("--run-id", "r")
    assert (failed.code, failed.states()["Trainer"]) == (1, "failed")
    on_server.project.write("modules/count_rows.py", good)
    resumed = on_server.run("--resume", "r")
    assert resumed.code == 0, resumed.err
    assert resumed.states() == {**ALL, "CsvExampleGen": "cached"}


def test_two_runs_at_once(on_server: OnServer) -> None:
    arguments = ("run", "pipelines/rows.py", "--metadata", on_server.url)
    processes = []
    for name in ("a", "b"):
        on_server.project.write(
            f"{name}/trips.csv", GOOD.replace("yes", name)
        )  # neither takes what the other made
        own = ("--param", f"data={name}", "--param", f"serving=serving-{name}", "--run-id", name)
        processes.append(on_server.project.start(*arguments, *own, **on_server.environment))
    ends = [end_of(process) for process in processes]
    assert [(ended.code, ended.states()) for ended in ends] == [(0, ALL), (0, ALL)], [e.err for e in ends]
    with MetadataStore.open(on_server.config, read_only=True) as store:
        for name in ("a", "b"):
            assert {e.state for e in store.executions_of_run("rows", name)} == {"COMPLETE"}


@pytest.mark.parametrize("password", ['"${STORE_PASSWORD}"', 'os.environ["STORE_PASSWORD"]'])
def test_a_pipeline_names_its_store(on_server: OnServer, password: str) -> None:
    config = on_server.config
    header = "import os\n\nfrom penstock.orchestration.metadata import mysql_metadata_connection_config\n"
    made = (
        f'mysql_metadata_connection_config("{config.host}", {config.port}, "{config.database}", '
        f'"{config.username}", {password})'
    )
    call = "enable_cache=True)\n"
    assert call in ROWS
    source = ROWS.replace(call, f"enable_cache=True, metadata_connection_config={made})\n")
    on_server.project.write("pipelines/rows.py", header + source)
    ended = on_server.project.process("run", "pipelines/rows.py", "--run-id", "r", **on_server.environment)
    assert (ended.code, ended.states()) == (0, ALL), ended.err
    on_server.check_no_password(ended)
    shown = on_server.project.process("runs", "pipelines/rows.py", **on_server.environment)
    assert (shown.code, "COMPLETE" in shown.out) == (0, True), shown.err
    with MetadataStore.open(config, read_only=True) as store:
        assert [run.run_id for run in store.list_runs("rows")] == ["r"]


def test_settings_name_the_store(on_server: OnServer) -> None:
    on_server.project.write("configs/shared/rows.yaml", f"metadata: {on_server.url}\n")
    ended = on_server.project.process(
        "run", "pipelines/rows.py", "--config", "configs/shared/rows.yaml", **on_server.environment
    )
    assert (ended.code, ended.states()) == (0, ALL), ended.err
    on_server.check_no_password(ended)


def test_a_variable_that_is_not_set(on_server: OnServer) -> None:
    ended = on_server.project.process("run", "pipelines/rows.py", "--metadata", on_server.url)
    assert ended.code == 1
    assert "password of the metadata store is not there" in ended.error.message
    assert ended.error["expected"] == "the environment variable STORE_PASSWORD"


def test_a_server_that_restarts_in_the_middle_of_a_run(tmp_path: Path) -> None:
    try:
        with restartable_mariadb() as mariadb:
            project = make_project(tmp_path / "project")
            waiting = "    import time\n    Path('training').touch()\n    time.sleep(3)\n"
            module = (project.root / "modules/count_rows.py").read_text()
            module = module.replace("run_fn(fn_args):\n", f"run_fn(fn_args):\n{waiting}")
            project.write(
                "modules/count_rows.py", module.replace("'training'", repr(str(tmp_path / "training")))
            )
            on_server = OnServer(project, mysql_config(mariadb.server, "runs"))
            process = project.start(
                "run",
                "pipelines/rows.py",
                "--metadata",
                on_server.url,
                "--run-id",
                "r",
                **on_server.environment,
            )
            end = time.monotonic() + 60
            while not (tmp_path / "training").exists():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < end
                time.sleep(0.05)
            mariadb.stop()
            time.sleep(4)  # the node ends while there is no server
            mariadb.start()
            ended = end_of(process)
            assert (ended.code, ended.states()) == (0, ALL), ended.err
            with MetadataStore.open(on_server.config, read_only=True) as store:
                executions = store.executions_of_run("rows", "r")
                assert [(e.node_id, e.state) for e in executions] == [(node, "COMPLETE") for node in ALL]
    except MissingProgramError as error:
        pytest.skip(str(error))
