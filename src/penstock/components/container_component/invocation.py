# SPDX-License-Identifier: Apache-2.0
"""The command line with which docker or podman runs a container."""

from __future__ import annotations

import os
import re
import shlex
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.components.container_component.engine import Engine
from penstock.components.container_component.options import ContainerOptions
from penstock.components.container_component.running import CommandLine
from penstock.errors import ParameterError
from penstock.graph.container import ContainerPlan
from penstock.runtime.binding import artifacts_of
from penstock.runtime.roles import ExecutorContext, Work

RUN_ARGS_VARIABLE = "PENSTOCK_CONTAINER_RUN_ARGS"
"""Environment variable with further arguments of every ``docker run``, as a shell would take them apart."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of this machine that a container sees under the same path.

    Attributes:
        path: The folder.
        writable: Whether the container may write there.
    """

    path: str
    writable: bool = False

    def argument(self) -> str:
        """Returns the mount as ``--mount`` takes it: fields of CSV."""
        fields = ["type=bind", f"source={self.path}", f"target={self.path}"]
        return ",".join(map(_quoted, fields if self.writable else [*fields, "readonly"]))


def container_name(context: ExecutorContext) -> str:
    """Returns a name that no other container has, and that says what it is."""
    parts = f"penstock-{context.pipeline}-{context.node_id}-{context.execution_id}"
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '-', parts)[:100]}-{uuid.uuid4().hex[:8]}"


def run_command(
    engine: Engine,
    name: str,
    line: CommandLine,
    options: ContainerOptions,
    work: Work[Any, Any, Any, ContainerPlan],
) -> list[str]:
    """Returns the command that runs a container to its end, with its output on standard output and error.

    Raises:
        ParameterError: ``PENSTOCK_CONTAINER_RUN_ARGS`` is not well-formed.
    """
    entry_point = [f"--entrypoint={line.command[0]}"] if line.command else []
    return [
        engine.program,
        "run",
        "--rm",
        f"--name={name}",
        *_as_user(engine, options),
        *(f"--env={key}={value}" for key, value in _environment(engine, options, work.context).items()),
        *(f"--mount={mount.argument()}" for mount in mounts(work)),
        *_chosen(options),
        *_from_environment(),
        *entry_point,
        line.image,
        *line.command[1:],
        *line.args,
    ]


def mounts(work: Work[Any, Any, Any, ContainerPlan]) -> list[Mount]:
    """Returns the local folders that a container sees: the pipeline's root and inputs to read, outputs to write."""
    made = [a for group in artifacts_of(work.outputs).values() for a in group]
    writable = {_folder(a.uri, is_file=isinstance(a, ValueArtifact)) for a in made if files.is_local(a.uri)}
    writable.add(work.context.temp_dir)
    read = [a.uri for group in artifacts_of(work.inputs).values() for a in group]
    readable = _outermost(
        files.local_path(uri) for uri in [work.plan.pipeline_root, *read] if files.is_local(uri)
    )
    return [
        *(Mount(path) for path in readable if path not in writable and os.path.exists(path)),
        *(Mount(path, writable=True) for path in sorted(writable)),
    ]


def _folder(uri: str, *, is_file: bool) -> str:
    path = files.local_path(uri)
    return os.path.dirname(path) if is_file else path


def _outermost(paths: Iterable[str]) -> list[str]:
    """Returns the paths that stand below none of the others."""
    found: list[str] = []
    for path in sorted(set(paths)):
        if not any(path == other or path.startswith(other.rstrip("/") + "/") for other in found):
            found.append(path)
    return found


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"' if any(char in field for char in ',"\n') else field


def _as_user(engine: Engine, options: ContainerOptions) -> list[str]:
    """Has outputs belong to who runs the pipeline: who is root in a container of an engine that runs as that user."""
    if options.user is not None:
        return [f"--user={options.user}"]
    if not engine.rootless:
        return [f"--user={os.getuid()}:{os.getgid()}"]
    if engine.kind == "podman":
        return ["--userns=keep-id", f"--user={os.getuid()}:{os.getgid()}"]
    return ["--user=0:0"]


def _environment(engine: Engine, options: ContainerOptions, context: ExecutorContext) -> Mapping[str, str]:
    values = {
        "PENSTOCK_PIPELINE": context.pipeline,
        "PENSTOCK_RUN_ID": context.run_id,
        "PENSTOCK_NODE_ID": context.node_id,
        "PENSTOCK_EXECUTION_ID": str(context.execution_id),
        "TMPDIR": context.temp_dir,
    }
    if os.getuid() != 0 and not (engine.rootless and engine.kind == "docker"):
        values["HOME"] = context.temp_dir  # the image knows no such user
    return {**values, **options.environment}


def _chosen(options: ContainerOptions) -> list[str]:
    named = {
        "--network": options.network,
        "--pull": options.pull,
        "--cpus": options.cpus,
        "--memory": None if options.memory_gib is None else f"{int(options.memory_gib * 1024)}m",
        "--gpus": options.accelerators,
    }
    return [
        *(f"{flag}={value}" for flag, value in named.items() if value is not None),
        *(f"--volume={volume}" for volume in options.volumes),
        *options.run_args,
    ]


def _from_environment() -> list[str]:
    given = os.environ.get(RUN_ARGS_VARIABLE, "")
    try:
        return shlex.split(given)
    except ValueError as error:
        raise ParameterError(
            f"{RUN_ARGS_VARIABLE} cannot be taken apart: {error}",
            expected="arguments as in a shell, such as --network=host",
            got=repr(given),
        ) from None
