# SPDX-License-Identifier: Apache-2.0
"""Settings of a run: ``configs/base/<pipeline>.yaml`` and, over it, that of one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from penstock.config.typed import typed
from penstock.config.yaml_file import Entry, merged, read_yaml
from penstock.errors import UsageError

RunnerName = Literal["local", "beam"]

BASE = "base"


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a pipeline is run; the command line overrides each of these.

    Attributes:
        parameters: Arguments of ``create_pipeline`` and runtime parameters, by name.
        runner: What walks through the pipeline.
        pipeline_root: Root URI of the artifacts; a relative path starts at the project's root.
        metadata: Path or URL of the metadata store; a relative path starts at the project's root.
        max_workers: How many nodes run at a time.
        in_process: Whether everything runs in one process.
        require_push: Whether a run that pushes nothing counts as failed.
        beam_orchestrator_args: Beam arguments of the graph itself, for the runner ``beam``.
    """

    parameters: Mapping[str, Entry] = field(default_factory=dict)
    runner: RunnerName | None = None
    pipeline_root: str | None = None
    metadata: str | None = None
    max_workers: int | None = None
    in_process: bool | None = None
    require_push: bool | None = None
    beam_orchestrator_args: tuple[str, ...] = ()


def load_run_settings(path: Path) -> RunSettings:
    """Reads the settings in ``configs/<environment>/<name>.yaml`` over those in ``configs/base/<name>.yaml``.

    A file elsewhere, or without such a neighbour, stands for itself.

    Raises:
        UsageError: A file cannot be read or holds something that is not a setting; the error names file and line.
    """
    entry = read_yaml(path)
    base = path.resolve().parent.parent / BASE / path.name
    if path.resolve().parent.name != BASE and base.is_file():
        entry = merged(read_yaml(_as_given(base, path)), entry)
    settings = typed(RunSettings, entry)
    if settings.max_workers is not None and settings.max_workers < 1:
        raise UsageError(
            f"{entry.value['max_workers'].place}: max_workers must be at least 1",
            got=str(settings.max_workers),
        )
    return settings


def _as_given(base: Path, overlay: Path) -> Path:
    """Returns the base file's path in the form in which the overlay's was given, for messages."""
    try:
        return base.relative_to(Path.cwd()) if not overlay.is_absolute() else base
    except ValueError:
        return base
