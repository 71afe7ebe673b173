# SPDX-License-Identifier: Apache-2.0
"""The values of a node's parameters and Beam arguments, once its inputs are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError
from penstock.graph.component import BaseComponent
from penstock.ir.expression import ChannelIR, ExpressionIR, spelled
from penstock.ir.model import NodeIR, ValueIR
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.runtime.evaluation import Facts, absent, evaluate
from penstock.runtime.items import Item, item_text
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import Skip
from penstock.runtime.run import Run
from penstock.runtime.scopes import Scopes, run_facts

STATEFUL = ".system/stateful_working_dir"
"""Folder below a node's of what it keeps from one attempt to the next."""


@dataclass(frozen=True, slots=True)
class NodeValues:
    """What a node is run with besides its inputs.

    Attributes:
        parameters: Values of its parameters, plain JSON.
        beam_pipeline_args: Its Beam arguments.
        read: Artifacts that the values were taken from, by ``_<producer>.<output>``, as TFX records them.
    """

    parameters: Mapping[str, Any]
    beam_pipeline_args: tuple[str, ...]
    read: Artifacts


def node_values(
    node: NodeIR, item: Item, inputs: Artifacts, run: Run, scopes: Scopes, status: Callable[[], str]
) -> NodeValues | Skip:
    """Returns the values of a node's parameters for one item, or why it has to be skipped.

    Args:
        node: The node.
        item: The item.
        inputs: Its input artifacts.
        run: The run.
        scopes: Says what channels stand for.
        status: Says how the run has ended so far, for exit handlers.

    Raises:
        ParameterError: An expression has no value, or one that is no plain value.
        ResolutionError: It cannot be evaluated.
    """
    found = read_channels(node, item, scopes)
    if isinstance(found, Skip):
        return found
    resolver = _Resolver(node, item, inputs, run, found, status)
    parameters = {
        name: resolver.value(f"parameter {name!r}", value) for name, value in node.parameters.items()
    }
    return NodeValues(
        parameters=parameters,
        beam_pipeline_args=tuple(
            str(resolver.value("a Beam argument", value, parameters)) for value in node.beam_pipeline_args
        ),
        read={_key(channel): list(artifacts) for channel, artifacts in found.items()},
    )


def check_values(cls: type[BaseComponent], node: NodeIR, values: Mapping[str, Any]) -> None:
    """Refuses what an expression has given a parameter of another type.

    Raises:
        ParameterError: The value is not of the parameter's type.
    """
    specs = cls.signature().parameters
    for name, given in node.parameters.items():
        if given.expression is None or name not in specs:
            continue
        try:
            from_jsonable(specs[name].hint, values[name], path=name)
        except ParameterError as error:
            raise ParameterError(
                f"parameter {name!r} has the wrong type",
                component=node.id,
                expected=error.expected,
                got=f"{values[name]!r:.200} from {spelled(given.expression)}",
            ) from error


def read_channels(node: NodeIR, item: Item, scopes: Scopes) -> dict[ChannelIR, Sequence[Artifact]] | Skip:
    """Returns what the values of a node are taken from, for one item; or why it has to be skipped.

    Raises:
        ResolutionError: A producer has not run, or has failed.
    """
    found: dict[ChannelIR, Sequence[Artifact]] = {}
    for value in (*node.parameters.values(), *node.beam_pipeline_args):
        if value.expression is not None:
            read = scopes.channels(value.expression, node.scope, item)
            if isinstance(read, Skip):
                return read
            found.update(read)
    return found


def _key(channel: ChannelIR) -> str:
    return f"_{channel.producer or channel.loop}.{channel.output or 'item'}"


class _Resolver:
    def __init__(
        self,
        node: NodeIR,
        item: Item,
        inputs: Artifacts,
        run: Run,
        channels: Mapping[ChannelIR, Sequence[Artifact]],
        status: Callable[[], str],
    ) -> None:
        self._node = node
        self._item = item
        self._inputs = inputs
        self._run = run
        self._channels = channels
        self._status = status

    def value(self, what: str, value: ValueIR, parameters: Mapping[str, Any] | None = None) -> Any:
        """Returns a value as plain JSON; ``what`` says of what, for errors; ``parameters`` are those known by now."""
        if value.runtime_parameter is not None:
            return self._run.parameters[value.runtime_parameter]
        if value.expression is None:
            return value.constant
        facts = self._facts(value.expression, parameters)
        found = evaluate(value.expression, facts)
        if found is None:
            missing = absent(value.expression, facts)
            raise ParameterError(
                f"{what} has no value",
                component=self._node.id,
                expected=f"a value from {spelled(value.expression)}",
                got=f"nothing: {missing} is not there" if missing else "None",
            )
        return to_jsonable(found, what)

    def _facts(self, expression: ExpressionIR, parameters: Mapping[str, Any] | None) -> Facts:
        node, run = self._node, self._run
        facts = {
            **run_facts(run),
            "node_id": node.id,
            "stateful_working_dir": files.join(
                run.ir.root, node.id, STATEFUL, run.run_id, item_text(self._item)
            ),
        }
        if any(inner.op == "run" and inner.value == "status" for inner in expression.walk()):
            facts["status"] = self._status()
        return Facts(
            node_id=node.id,
            channel=self._channels.__getitem__,
            runtime_parameters=run.parameters,
            run=facts,
            exec_properties=parameters,
            inputs=self._inputs,
        )
