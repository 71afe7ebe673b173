# SPDX-License-Identifier: Apache-2.0
"""The class component that TFX's users learn with: it copies examples. Only its imports name another package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

SOURCE = Path(__file__).parent / "hello_world"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(SOURCE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    data = tmp_path / "data"
    data.mkdir()
    rows = "\n".join(f"{number},text {number % 7}" for number in range(200))
    (data / "data.csv").write_text(f"number,text\n{rows}\n")
    return tmp_path / "project"


def run(project: Path) -> str:
    folder = project.parent
    places = {
        "PIPELINE_ROOT": str(folder / "root"),
        "DATA_ROOT": str(folder / "data"),
        "METADATA_PATH": str(folder / "metadata.db"),
    }
    done = subprocess.run(
        [sys.executable, "hello_pipeline.py"],
        cwd=project,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def copies(project: Path) -> list[Artifact]:
    config = sqlite_metadata_connection_config(str(project.parent / "metadata.db"))
    with MetadataStore.open(config) as store:
        found = store.newest_artifacts("Examples", pipeline="hello", output_key="output_data")
        return sorted(found, key=lambda artifact: artifact.id)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_class_component_of_tfx_runs_with_its_imports_changed(project: Path) -> None:
    run(project)
    hello, again = copies(project)
    (made,) = (project.parent / "root" / "CsvExampleGen" / "examples").iterdir()
    original = files_of(made)
    assert len(original) >= 2
    assert files_of(Path(hello.uri)) == files_of(Path(again.uri)) == original
    assert json.loads(hello.properties["split_names"]) == ["train", "eval"]
    assert hello.custom_properties["greeting"] == "Hello, HelloWorld!"
    assert hello.custom_properties["files_copied"] == len(original)
    assert again.custom_properties["greeting"] == "Hello, again!"


def test_its_code_counts_for_the_cache(project: Path) -> None:
    run(project)
    before = len(copies(project))
    run(project)
    assert len(copies(project)) == before
    executor = project / "hello_component" / "executor.py"
    executor.write_text(executor.read_text().replace("Hello, {", "Good day, {"))
    run(project)
    greetings = [artifact.custom_properties["greeting"] for artifact in copies(project)]
    assert greetings[before:] == ["Good day, HelloWorld!", "Good day, again!"]


def test_a_class_component_may_be_defined_in_the_program_itself(tmp_path: Path) -> None:
    program = tmp_path / "notes_program.py"
    shutil.copy(SOURCE / "notes_program.py", program)

    def notes() -> list[str]:
        subprocess.run([sys.executable, program.name], cwd=tmp_path, check=True, timeout=300)
        config = sqlite_metadata_connection_config(str(tmp_path / "m.db"))
        with MetadataStore.open(config) as store:
            found = sorted(store.newest_artifacts("Note", pipeline="notes"), key=lambda artifact: artifact.id)
        texts = [(Path(artifact.uri) / "note.txt").read_text() for artifact in found]
        assert [artifact.properties["length"] for artifact in found] == list(map(len, texts))
        return texts

    assert notes() == ["Hello, Ann 0", "Hello, Bob 1"]
    assert notes() == ["Hello, Ann 0", "Hello, Bob 1"]
    program.write_text(program.read_text().replace('"Hello"', '"Good day"'))
    assert notes()[2:] == ["Good day, Ann 0", "Good day, Bob 1"]


def test_a_custom_executor_may_be_defined_in_the_program_itself(tmp_path: Path) -> None:
    shutil.copy(SOURCE / "lines_program.py", tmp_path / "lines_program.py")
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "a.jsonl").write_text("\n".join(json.dumps({"n": n}) for n in range(50)))
    subprocess.run([sys.executable, "lines_program.py"], cwd=tmp_path, check=True, timeout=300)
    config = sqlite_metadata_connection_config(str(tmp_path / "m.db"))
    with MetadataStore.open(config) as store:
        (examples,) = store.newest_artifacts("Examples", pipeline="lines")
    assert sum(examples.custom_properties["rows"].values()) == 50
