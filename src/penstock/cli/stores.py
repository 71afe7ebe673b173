# SPDX-License-Identifier: Apache-2.0
"""Finds and opens the metadata store that a command reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.cli.preparation import connection
from penstock.errors import UsageError
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig, sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.pipeline_file import find_project_root


def default_store(folder: Path) -> ConnectionConfig:
    """Returns the store of the project that a folder belongs to."""
    root = find_project_root(folder) or folder.resolve()
    return sqlite_metadata_connection_config(root / ".penstock" / "metadata.db")


@contextmanager
def open_store(metadata: str | None) -> Iterator[MetadataStore]:
    """Opens, for reading, the store that ``--metadata`` names, or that of the project around the working directory."""
    config = connection(metadata, os.getcwd()) if metadata else default_store(Path.cwd())
    with open_existing(config) as store:
        yield store


@contextmanager
def open_existing(config: ConnectionConfig) -> Iterator[MetadataStore]:
    """Opens a store for reading.

    Raises:
        UsageError: It is a file that does not exist.
    """
    if config.kind == "sqlite" and not os.path.exists(config.path):
        raise UsageError(
            f"there is no metadata store {config.path}",
            expected="the store of a pipeline that has run",
            hint="run a pipeline first, go to its project's folder, or name the store with --metadata",
        )
    with MetadataStore.open(config, create=False, read_only=True) as store:
        yield store


@contextmanager
def open_of_ir(ir: PipelineIR) -> Iterator[MetadataStore]:
    """Opens the store of a compiled pipeline for reading."""
    with open_existing(ConnectionConfig.from_json_dict(ir.metadata)) as store:
        yield store
