# SPDX-License-Identifier: Apache-2.0
"""TFX as a guest, and stores that TFX and Penstock both write; in an environment of its own: ``make test-tfx``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.tfx
pytest.importorskip("tfx", reason="TFX is not installed here: make test-tfx")

ROWS = 300


def run(project: Path, *command: str, code: int = 0) -> str:
    """Runs a Python program in the project and returns all that it printed."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def penstock(project: Path, *arguments: str, code: int = 0) -> str:
    return run(project, "-m", "penstock", *arguments, code=code)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guests") / "project"
    shutil.copytree(Path(__file__).parent / "project", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "data").mkdir(exist_ok=True)
    rows = "".join(f"{n},{n / 2},x{n % 3}\n" for n in range(ROWS))
    (folder / "data" / "rows.csv").write_text("number,half,kind\n" + rows)
    return folder


@pytest.fixture(scope="module")
def mixed(project: Path) -> str:
    return penstock(project, "run", "pipelines/mixed.py", "--param", "data_root=data", "--run-id", "one")


def artifacts(project: Path, type_name: str) -> list[Artifact]:
    """The artifacts of a type in the project's store, the newest first."""
    store = project / ".penstock" / "metadata.db"
    with MetadataStore.open(sqlite_metadata_connection_config(store), create=False, read_only=True) as opened:
        return opened.latest_artifacts(type_name)


def test_a_component_of_tfx_takes_and_gives_artifacts_of_penstock(project: Path, mixed: str) -> None:
    (statistics,) = artifacts(project, "ExampleStatistics")
    assert statistics.get_string_custom_property("tfx_version")
    assert sorted(path.name for path in Path(statistics.uri).iterdir()) == ["Split-eval", "Split-train"]
    (schema,) = artifacts(project, "Schema")
    assert 'name: "half"' in Path(schema.uri, "schema.pbtxt").read_text()


def test_a_component_of_a_package_runs_with_its_own_types_and_protobufs(project: Path, mixed: str) -> None:
    (count,) = artifacts(project, "RowCount")
    assert count.properties == {"rows": 2 * ROWS, "seen_as": "tfx.types.standard_artifacts"}
    assert '"pattern": "*"' in count.get_string_custom_property("source")
    assert Path(count.uri, "rows.txt").read_text() == str(ROWS)


def test_guests_stand_in_the_lineage_under_their_own_names(project: Path, mixed: str) -> None:
    told = penstock(project, "show", "one")
    assert all(node in told for node in ("StatisticsGen", "Counter", "SchemaGen"))
    (count,) = artifacts(project, "RowCount")
    assert "CsvExampleGen" in penstock(project, "lineage", str(count.id))


def test_guests_are_cached_by_their_inputs_and_parameters(project: Path, mixed: str) -> None:
    changed = penstock(
        project,
        "run",
        "pipelines/mixed.py",
        "--param",
        "data_root=data",
        "--param",
        "times=3",
        "--run-id",
        "two",
    )
    for node, state in {"CsvExampleGen": "cached", "StatisticsGen": "cached", "Counter": "ran"}.items():
        assert re.search(rf"^{node} +{state}\b", changed.partition("node  ")[2], re.MULTILINE)
    assert artifacts(project, "RowCount")[0].properties["rows"] == 3 * ROWS


def test_parquet_for_a_guest_that_reads_tfrecord_is_explained(project: Path, tmp_path: Path) -> None:
    text = (project / "pipelines" / "mixed.py").read_text().replace('"tfrecord"', '"parquet"')
    (project / "pipelines" / "wrong.py").write_text(text)
    told = penstock(
        project, "run", "pipelines/wrong.py", "--param", "data_root=data",
        "--pipeline-root", str(tmp_path / "root"), "--metadata", str(tmp_path / "metadata.db"), code=1,
    )  # fmt: skip
    assert "Pipeline(examples_format='tfrecord')" in told


def test_a_guest_may_make_several_artifacts_of_one(project: Path, tmp_path: Path) -> None:
    store = tmp_path / "metadata.db"
    penstock(
        project, "run", "pipelines/parts.py", "--pipeline-root", str(tmp_path / "root"), "--metadata", str(store)
    )  # fmt: skip
    with MetadataStore.open(sqlite_metadata_connection_config(store), read_only=True) as opened:
        counts = sorted(opened.latest_artifacts("RowCount"), key=lambda count: count.id)
    assert [(count.properties["rows"], Path(count.uri).name) for count in counts] == [
        (0, "0"),
        (1, "1"),
        (2, "2"),
    ]


def test_an_executor_of_tfx_works_in_a_component_of_penstock(project: Path, tmp_path: Path) -> None:
    store = tmp_path / "metadata.db"
    penstock(
        project, "run", "pipelines/executor.py", "--param", "data_root=data",
        "--pipeline-root", str(tmp_path / "root"), "--metadata", str(store),
    )  # fmt: skip
    with MetadataStore.open(sqlite_metadata_connection_config(store), read_only=True) as opened:
        (count,) = opened.latest_artifacts("RowCount")
    assert count.properties["rows"] == 3 * ROWS
    assert count.get_string_custom_property("source") == "all"


MISUSED = {
    "tfx_component(dict)": "no component class of TFX",
    "tfx_component(tfx.components.SchemaGen)": "a component of Penstock is a node as it is",
    "tfx_component(Counter)(examples=3)": "Counter",
    "tfx_component(Counter)()": "Counter",
    "tfx_component(Counter)(examples=examples, times=tfx.dsl.experimental.RuntimeParameter('t', int))": "'times'",
    "tfx_component(Counter)(examples=schema)": "Counter",
}


def test_misuse_is_refused_when_the_pipeline_is_built(project: Path) -> None:
    program = f"""
import penstock as tfx
from penstock.errors import PenstockError
from penstock.guests import tfx_component
from theirs.counter import Counter

examples = tfx.components.CsvExampleGen(input_base="data").outputs["examples"]
schema = tfx.components.ImportSchemaGen(schema_file="schema.pbtxt").outputs["schema"]
for expression in {list(MISUSED)!r}:
    try:
        eval(expression)
    except PenstockError as error:
        print("refused:", expression, "because:", " ".join(str(error).split()))
"""
    refused = [line for line in run(project, "-c", program).splitlines() if line.startswith("refused:")]
    assert len(refused) == len(MISUSED)
    for line, (expression, told) in zip(refused, MISUSED.items(), strict=True):
        assert expression in line
        assert told in line.partition("because:")[2]


def test_penstock_goes_on_with_a_store_of_tfx(project: Path, tmp_path: Path) -> None:
    store = tmp_path / "metadata.db"
    run(project, "tfx_trains.py", "data", str(store), str(tmp_path / "root"))
    told = penstock(project, "run", "pipelines/blessed.py", "--metadata", str(store), "--run-id", "after")
    assert "COMPLETE" in told
    with MetadataStore.open(sqlite_metadata_connection_config(store)) as opened:
        (text,) = opened.latest_artifacts("String", limit=1)
        models = opened.latest_artifacts("Model")
    assert Path(text.uri).read_text().startswith("first from ")
    assert len(models) == 2
    lineage = penstock(project, "lineage", str(text.id), "--metadata", str(store))
    assert all(name in lineage for name in ("Report", "Train", "CsvExampleGen"))


def test_tfx_goes_on_with_a_store_of_penstock(project: Path, mixed: str, tmp_path: Path) -> None:
    store = tmp_path / "metadata.db"
    shutil.copy(project / ".penstock" / "metadata.db", store)
    run(project, "tfx_goes_on.py", str(store), str(tmp_path / "root"))
    with MetadataStore.open(sqlite_metadata_connection_config(store)) as opened:
        statistics = opened.latest_artifacts("ExampleStatistics", limit=1)[0]
        examples = opened.latest_artifacts("Examples", limit=1)[0]
        graph = opened.lineage(statistics.id)
    assert str(tmp_path) in statistics.uri
    assert examples.id in graph.artifacts
