# SPDX-License-Identifier: Apache-2.0
"""Executor of container components: runs the container with the engine that is there."""

from __future__ import annotations

import sys
from typing import Any

from penstock.artifacts.value_artifact import ValueArtifact
from penstock.components.container_component.engine import Engine, find_engine
from penstock.components.container_component.invocation import container_name, run_command
from penstock.components.container_component.process import Ended, run_to_end
from penstock.components.container_component.running import (
    CommandLine,
    command_line,
    container_of_component,
    options_of_component,
)
from penstock.errors import DataError, ExecutionError
from penstock.graph.component import BaseComponent
from penstock.graph.container import ContainerPlan, ContainerResult
from penstock.runtime.binding import artifacts_of
from penstock.runtime.roles import Executor, Work

_SHOWN_LINES = 5
_MEANINGS = {
    125: "the engine could not run it: is the image there, and its name right?",
    126: "the command is in the image, but cannot be run: is it executable?",
    127: "the command is not in the image: is its path right?",
    137: "it was killed, mostly because memory ran out",
    139: "it crashed (segmentation fault)",
}


class ContainerExecutor(Executor[Any, Any, Any, ContainerPlan, ContainerResult]):
    """Runs a component's container and reads the values that it wrote.

    Args:
        component: The component.
    """

    def __init__(self, component: type[BaseComponent]) -> None:
        self._container = container_of_component(component)
        self._options = options_of_component(component)

    @classmethod
    def for_component(cls, component: type[BaseComponent]) -> ContainerExecutor:
        """Returns the executor of a component."""
        return cls(component)

    def execute(self, work: Work[Any, Any, Any, ContainerPlan]) -> ContainerResult:
        """Runs the container to its end.

        Raises:
            DependencyError: There is neither docker nor podman.
            ResolutionError: A placeholder in its command has no value.
            ExecutionError: It ended with an exit code other than 0.
            DataError: It did not write a value that is an output, or something else.
        """
        line = command_line(self._container, work)
        engine = find_engine()
        name = container_name(work.context)
        command = run_command(engine, name, line, self._options, work)
        sys.stdout.write(f"{engine.kind} runs {line.image} as container {name}\n")
        ended = run_to_end(engine, name, command)
        if ended.exit_code != 0:
            raise _failure(engine, line, ended)
        return ContainerResult(
            engine=engine.kind, image=line.image, image_id=engine.image_id(line.image), values=_values(work)
        )


def _failure(engine: Engine, line: CommandLine, ended: Ended) -> ExecutionError:
    lines = ended.last_lines[-_SHOWN_LINES:]
    return ExecutionError(
        f"the container of image {line.image} ended with exit code {ended.exit_code} ({engine.kind})",
        got=f"its last lines: {' | '.join(lines)}" if lines else "it printed nothing",
        hint=_MEANINGS.get(ended.exit_code, "the node's log has all that it printed"),
    )


def _values(work: Work[Any, Any, Any, ContainerPlan]) -> dict[str, str]:
    values = {}
    for key, artifacts in artifacts_of(work.outputs).items():
        for artifact in artifacts:
            if isinstance(artifact, ValueArtifact):
                values[key] = _shown(key, artifact)
    return values


def _shown(key: str, artifact: ValueArtifact) -> str:
    try:
        return f"{artifact.read()!r:.60}"
    except DataError as error:
        raise DataError(
            f"the container has not written a {artifact.type_name} as its output {key!r}",
            input=artifact.uri,
            expected=error.expected,
            got=error.got or "no file",
            hint=f"its command is given the path of the file by ph.output({key!r}).uri",
        ) from error
