# SPDX-License-Identifier: Apache-2.0
"""The program that runs containers on this machine: docker or podman, whichever is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Literal

from penstock.errors import DependencyError

ENGINE_VARIABLE = "PENSTOCK_CONTAINER_ENGINE"
"""Environment variable that names the engine: ``docker``, ``podman`` or a path."""

EngineKind = Literal["docker", "podman"]

_ASKED_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers.

    Attributes:
        kind: Whose command line it has.
        program: Its path.
        rootless: Whether it runs as the user rather than as root, so that the user is root inside.
    """

    kind: EngineKind
    program: str
    rootless: bool

    def remove_command(self, name: str) -> list[str]:
        """Returns the command that ends a container at once and removes it."""
        quickly = ["--time", "0"] if self.kind == "podman" else []
        return [self.program, "rm", "--force", *quickly, name]

    def remove(self, name: str) -> None:
        """Ends a container, if there is one of that name."""
        _run(self.remove_command(name))

    def image_id(self, image: str) -> str:
        """Returns the id of an image that is there, by which its content is known; empty where it cannot be told."""
        asked = _run([self.program, "image", "inspect", "--format", "{{.Id}}", image])
        return asked.stdout.strip() if asked is not None and asked.returncode == 0 else ""


def find_engine() -> Engine:
    """Returns the engine to use: the one that ``PENSTOCK_CONTAINER_ENGINE`` names, or the first that answers.

    Raises:
        DependencyError: None does.
    """
    wanted = os.environ.get(ENGINE_VARIABLE, "")
    refused = []
    for name in [wanted] if wanted else ["docker", "podman"]:
        found = _engine(name)
        if isinstance(found, Engine):
            return found
        refused.append(found)
    raise DependencyError(
        "no container can be run here",
        expected=f"{wanted} ({ENGINE_VARIABLE})" if wanted else "docker or podman",
        got="; ".join(refused),
        hint="install one of them and start it; containers run also where a scheduler runs the pipeline",
    )


def _engine(name: str) -> Engine | str:
    """Returns the engine of a name or path, or why it cannot be used."""
    program = shutil.which(name)
    if program is None:
        return f"{name} is not installed"
    asked = _run([program, "info", "--format", "{{json .}}"])
    if asked is None:
        return f"{name} does not answer"
    if asked.returncode != 0:
        said = (asked.stderr or asked.stdout).strip().splitlines()
        return f"{name}: {said[-1] if said else f'exit code {asked.returncode}'}"
    return _known(name, program, asked.stdout)


def _known(name: str, program: str, told: str) -> Engine:
    """Returns an engine as it describes itself; podman may go by docker's name."""
    try:
        info = json.loads(told)
    except ValueError:
        info = {}
    host = info.get("host")
    if host is None and "podman" not in os.path.basename(name):
        options = info.get("SecurityOptions") or []
        return Engine("docker", program, any("name=rootless" in option for option in options))
    return Engine("podman", program, bool((host or {}).get("security", {}).get("rootless")))


def _run(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_ASKED_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
