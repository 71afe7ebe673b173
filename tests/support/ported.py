# SPDX-License-Identifier: Apache-2.0
"""Pipelines of TFX's users, run as they run them, each in a folder of its own."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from penstock.artifacts.artifact import Artifact
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runtime.results import NodeResult, node_results

HOME = Path(__file__).parents[1] / "e2e" / "ported"


@dataclass(frozen=True, slots=True)
class Port:
    """A pipeline in a folder.

    Attributes:
        folder: Where everything of it is.
        program: Its file.
        metadata: Its metadata store, from the folder.
        pipeline: Its name.
    """

    folder: Path
    program: str
    metadata: str
    pipeline: str

    def start(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in the folder."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def store(self) -> MetadataStore:
        """Opens the metadata store for reading."""
        config = sqlite_metadata_connection_config(str(self.folder / self.metadata))
        return MetadataStore.open(config, read_only=True)

    def last_run(self) -> dict[str, NodeResult]:
        """Returns how the nodes of the last run ended."""
        with self.store() as store:
            return node_results(store.list_runs(self.pipeline, limit=1)[0])

    def outputs(self, node_id: str) -> dict[str, list[Artifact]]:
        """Returns what a node of the last run has put out."""
        execution = self.last_run()[node_id].execution_id
        assert execution is not None
        with self.store() as store:
            return store.outputs_of(execution)


def port(name: str, folder: Path, **known: str) -> Port:
    """Copies a pipeline into a folder."""
    shutil.copytree(HOME / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Port(folder, **known)


def name_tfmas_messages(program: Path) -> None:
    """Changes one import, as the migration guide says, for a TFMA that has no ``tfma.EvalConfig`` any more."""
    if int(version("tensorflow-model-analysis").split(".")[1]) > 47:
        before, after = (
            "import tensorflow_model_analysis as tfma\n",
            "from tensorflow_model_analysis.proto import config_pb2 as tfma\n",
        )
        assert before in program.read_text()
        program.write_text(program.read_text().replace(before, after))


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Writes a CSV file, and its folder."""
    path.parent.mkdir(parents=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
