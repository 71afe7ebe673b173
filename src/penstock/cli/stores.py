# SPDX-License-Identifier: Apache-2.0
"""Finds and opens the metadata store that a command reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from penstock.cli.pipeline_options import PipelineOptions, metadata_option
from penstock.cli.preparation import Preparation, connection
from penstock.errors import UsageError
from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig, sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.pipeline_file import find_project_root

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Which metadata store to read.

    Attributes:
        metadata: Path or URL of the store.
        file: Pipeline file whose store it is.
    """

    metadata: str | None = None
    file: Path | None = None


def store_options(command: F) -> F:
    """Adds ``--metadata`` and ``--file`` to a command, which receives them as the fields of ``StoreOptions``."""
    with_file = click.option(
        "--file", type=click.Path(path_type=Path), help="Read the store of this pipeline file."
    )
    decorated: F = metadata_option(with_file(command))
    return decorated


@contextmanager
def open_store(options: StoreOptions) -> Iterator[MetadataStore]:
    """Opens the store of the options for reading."""
    with open_existing(config_of(options)) as store:
        yield store


def config_of(options: StoreOptions) -> ConnectionConfig:
    """Returns the store that is named, that of the file, or that of the project that one stands in."""
    if options.metadata:
        return connection(options.metadata, os.getcwd())
    if options.file:
        return store_of_pipeline(Preparation(PipelineOptions(options.file)))[0]
    return store_of_project(find_project_root(Path.cwd()) or Path.cwd())


@contextmanager
def open_existing(config: ConnectionConfig, *, read_only: bool = True) -> Iterator[MetadataStore]:
    """Opens a store that is there already, for reading unless it says otherwise.

    Raises:
        UsageError: It is a file that does not exist.
    """
    if config.kind == "sqlite" and not os.path.exists(config.path):
        raise UsageError(
            f"there is no metadata store {config.path}",
            expected="the store of a pipeline that has run",
            hint="run a pipeline first, go to its project's folder, or name the store with --metadata",
        )
    with MetadataStore.open(config, create=False, read_only=read_only) as store:
        yield store


@contextmanager
def open_of_ir(ir: PipelineIR) -> Iterator[MetadataStore]:
    """Opens the store of a compiled pipeline for reading."""
    with open_existing(ConnectionConfig.from_json_dict(ir.metadata)) as store:
        yield store


def store_of_project(root: Path) -> ConnectionConfig:
    """Returns the store that pipelines of a project use unless they say otherwise."""
    return sqlite_metadata_connection_config(root.resolve() / ".penstock" / "metadata.db")


def store_of_pipeline(preparation: Preparation) -> tuple[ConnectionConfig, str | None]:
    """Returns the store of a pipeline and the pipeline's name.

    A pipeline that cannot be made without further parameters has the project's store, and no name.
    """
    try:
        ir = preparation.prepared().ir
    except UsageError:
        return preparation.explicit_metadata or store_of_project(preparation.file.project_root), None
    return ConnectionConfig.from_json_dict(ir.metadata), ir.name
