# SPDX-License-Identifier: Apache-2.0
"""The values of expressions (``penstock.ir.expression``): of parameters, predicates, commands, Beam arguments.

As in TFX, what reads something that is not there (an optional input without an artifact, a parameter that is not set)
is ``None`` as a whole; in a list it is an item ``None``, in a mapping or a message it is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.errors import PenstockError, ResolutionError, did_you_mean
from penstock.ir.expression import ChannelIR, ExpressionIR, spelled
from penstock.messages.either import make_message, message_class
from penstock.runtime import operations

Artifacts = Mapping[str, Sequence[Artifact]]


def _no_channel(channel: ChannelIR) -> Sequence[Artifact]:
    raise ResolutionError(f"a channel of {channel.type} cannot be read here")


@dataclass(frozen=True, slots=True)
class Facts:
    """What expressions of a node may read.

    Attributes:
        node_id: Id of the node, for errors.
        channel: Returns the artifacts of a channel, in the node's place (its item of the loops that it is in).
        runtime_parameters: Values of the run's runtime parameters.
        run: Facts of the run by the names that ``penstock.ir.expression`` lists; ``inputs``, ``outputs`` and
            ``exec_properties`` follow from the fields below.
        environment: Environment variables.
        exec_properties: The node's own parameters, by name, typed or as plain JSON; ``None`` before they are known.
        inputs: Artifacts of the node's own inputs, by key; ``None`` before they are known.
        outputs: Artifacts of its own outputs, by key; ``None`` before they are made.
    """

    node_id: str = ""
    channel: Callable[[ChannelIR], Sequence[Artifact]] = _no_channel
    runtime_parameters: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    exec_properties: Mapping[str, Any] | None = None
    inputs: Artifacts | None = None
    outputs: Artifacts | None = None


def evaluate(expression: ExpressionIR, facts: Facts) -> Any:
    """Returns the value of an expression.

    Returns:
        ``None``, a number, text, bytes, a list, a mapping, a message; ``None`` also where something that the
        expression reads is not there.

    Raises:
        ResolutionError: It has no value: an index out of range, values of types that cannot be compared, a file that
            is not there … The error names the node and the expression.
    """
    try:
        return _Evaluation(facts).value(expression)
    except _NotThereError:
        return None
    except PenstockError as error:
        raise _told(error, expression, facts) from error


def absent(expression: ExpressionIR, facts: Facts) -> str | None:
    """Returns what is missing for an expression to have a value (spelled), or ``None`` where nothing is.

    Raises:
        ResolutionError: As ``evaluate``.
    """
    try:
        _Evaluation(facts).value(expression)
    except _NotThereError as error:
        return spelled(error.expression)
    except PenstockError as error:
        raise _told(error, expression, facts) from error
    return None


def _told(error: PenstockError, expression: ExpressionIR, facts: Facts) -> ResolutionError:
    text = spelled(expression)
    where = f" in {error.input}" if error.input and error.input != text else ""
    return ResolutionError(
        f"{text} has no value: {error.message}{where}",
        component=facts.node_id or None,
        expected=error.expected,
        got=error.got,
        hint=error.hint,
    )


class _NotThereError(Exception):
    """What an expression reads is not there; ``expression`` is the innermost one that asked for it."""

    def __init__(self, expression: ExpressionIR) -> None:
        super().__init__(spelled(expression))
        self.expression = expression


class _Evaluation:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def value(self, expression: ExpressionIR) -> Any:
        """Returns the value; what goes wrong names the innermost expression at fault."""
        try:
            return getattr(self, f"_{expression.op}")(expression)
        except PenstockError as error:
            if error.input is None:
                error.input = spelled(expression)
            raise

    def _there(self, expression: ExpressionIR) -> Any:
        value = self.value(expression)
        if value is None:
            raise _NotThereError(expression)
        return value

    def _or_none(self, expression: ExpressionIR) -> Any:
        try:
            return self.value(expression)
        except _NotThereError:
            return None

    def _texts(self, expressions: Sequence[ExpressionIR]) -> list[str]:
        return [operations.as_text(self._there(expression)) for expression in expressions]

    # ------------------------------------------------------------------------------------------------ plain values

    def _constant(self, expression: ExpressionIR) -> Any:
        return expression.value

    def _runtime_parameter(self, expression: ExpressionIR) -> Any:
        known = self._facts.runtime_parameters
        if expression.value not in known:
            raise ResolutionError("the run has no such parameter", hint=did_you_mean(expression.value, known))
        return known[expression.value]

    def _environment(self, expression: ExpressionIR) -> Any:
        return self._facts.environment.get(expression.value)

    def _run(self, expression: ExpressionIR) -> Any:
        facts, name = self._facts, str(expression.value)
        if name in ("inputs", "outputs"):
            artifacts = self._known(facts.inputs if name == "inputs" else facts.outputs)
            return {key: [artifact.to_json_dict() for artifact in group] for key, group in artifacts.items()}
        if name == "exec_properties":
            return dict(self._known(facts.exec_properties))
        if name not in facts.run:
            raise ResolutionError("this is not known here", hint=did_you_mean(name, facts.run))
        return facts.run[name]

    def _exec_property(self, expression: ExpressionIR) -> Any:
        return self._known(self._facts.exec_properties).get(expression.value)

    @staticmethod
    def _known(values: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if values is None:
            raise ResolutionError(
                "this is not known yet",
                hint="predicates and parameters are evaluated before the node's own inputs, outputs and parameters are "
                "there; use channel.future()",
            )
        return values

    # --------------------------------------------------------------------------------------------------- artifacts

    def _channel(self, expression: ExpressionIR) -> Sequence[Artifact]:
        if expression.channel is None:
            raise ResolutionError("the expression names no channel")
        return self._facts.channel(expression.channel)

    def _input(self, expression: ExpressionIR) -> Sequence[Artifact]:
        return self._artifacts(self._facts.inputs, str(expression.value))

    def _output(self, expression: ExpressionIR) -> Sequence[Artifact]:
        return self._artifacts(self._facts.outputs, str(expression.value))

    def _artifacts(self, known: Artifacts | None, key: str) -> Sequence[Artifact]:
        return list(self._known(known).get(key, ()))

    def _artifact(self, expression: ExpressionIR) -> Artifact:
        value = self._there(expression)
        if not isinstance(value, Artifact):
            raise ResolutionError(
                f"{spelled(expression)} is not one artifact",
                expected="one artifact, such as …[0]",
                got=operations.shown(value),
            )
        return value

    def _uri(self, expression: ExpressionIR) -> str:
        return self._artifact(expression.args[0]).uri

    def _split_uri(self, expression: ExpressionIR) -> str:
        artifact = self._artifact(expression.args[0])
        made_here = any(inner.op == "output" for inner in expression.walk())
        return operations.split_uri(artifact, str(expression.value), made_here=made_here)

    def _content(self, expression: ExpressionIR) -> Any:
        artifact = self._artifact(expression.args[0])
        if not isinstance(artifact, ValueArtifact):
            raise ResolutionError(
                f"an artifact of type {artifact.type_name} holds no value",
                expected="String, Integer, Float, Boolean, Bytes, JsonValue or another ValueArtifact",
                hint="take its .uri, a .property('…') or a .custom_property('…')",
            )
        return artifact.read()

    def _property(self, expression: ExpressionIR) -> Any:
        return operations.declared_property(self._artifact(expression.args[0]), str(expression.value))

    def _custom_property(self, expression: ExpressionIR) -> Any:
        return self._artifact(expression.args[0]).get_custom_property(str(expression.value))

    # ------------------------------------------------------------------------------------------ items, texts, lists

    def _item(self, expression: ExpressionIR) -> Any:
        inner = expression.args[0]
        value = self._there(inner)
        if not operations.is_message_like(value) and len(value) == 0:
            raise _NotThereError(inner)
        return operations.item(value, expression.value)

    def _field(self, expression: ExpressionIR) -> Any:
        value = self._there(expression.args[0])
        for name in str(expression.value).split("."):
            value = operations.field(value, name)
        return value

    def _concat(self, expression: ExpressionIR) -> str:
        return "".join(self._texts(expression.args))

    def _join(self, expression: ExpressionIR) -> str:
        separator = str(expression.value or "")
        if len(expression.args) == 1:
            value = self._there(expression.args[0])
            if isinstance(value, (list, tuple)):
                return separator.join(operations.as_text(item) for item in value if item is not None)
            return operations.as_text(value)
        return separator.join(self._texts(expression.args))

    def _join_path(self, expression: ExpressionIR) -> str:
        return operations.join_path(self._texts(expression.args))

    def _dirname(self, expression: ExpressionIR) -> str:
        return os.path.dirname(operations.as_text(self._there(expression.args[0])))

    def _list(self, expression: ExpressionIR) -> list[Any]:
        return [self._or_none(arg) for arg in expression.args]

    def _dict(self, expression: ExpressionIR) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, arg in _pairs(expression.args):
            key, value = self._there(name), self._or_none(arg)
            if not isinstance(key, str):
                raise ResolutionError(
                    "a key of a mapping is not text", input=spelled(name), got=operations.shown(key)
                )
            if value is not None:
                made[key] = value
        return made

    def _message(self, expression: ExpressionIR) -> Any:
        cls = message_class(expression.value["type"])
        fields = {str(self.value(name)): self._or_none(arg) for name, arg in _pairs(expression.args)}
        return make_message(cls, expression.value["json"], fields)

    def _base64(self, expression: ExpressionIR) -> str:
        return operations.base64_text(self._there(expression.args[0]), url_safe=bool(expression.value))

    def _serialized(self, expression: ExpressionIR) -> str | bytes:
        return operations.serialized_message(self._there(expression.args[0]), expression.value)

    def _serialized_list(self, expression: ExpressionIR) -> str:
        return operations.serialized_list(self._there(expression.args[0]), str(expression.value))

    # ------------------------------------------------------------------------------------------------------- truth

    def _eq(self, expression: ExpressionIR) -> bool:
        return operations.compared("eq", *map(self.value, expression.args))

    def _lt(self, expression: ExpressionIR) -> bool:
        return operations.compared("lt", *map(self.value, expression.args))

    def _gt(self, expression: ExpressionIR) -> bool:
        return operations.compared("gt", *map(self.value, expression.args))

    def _and(self, expression: ExpressionIR) -> bool:
        return all(self._truth(arg) for arg in expression.args)

    def _or(self, expression: ExpressionIR) -> bool:
        return any(self._truth(arg) for arg in expression.args)

    def _not(self, expression: ExpressionIR) -> bool:
        return not self._truth(expression.args[0])

    def _truth(self, expression: ExpressionIR) -> bool:
        value = self.value(expression)
        if not isinstance(value, bool):
            raise ResolutionError(
                "this is neither true nor false",
                input=spelled(expression),
                expected="a comparison",
                got=operations.shown(value),
            )
        return value


def _pairs(args: Sequence[ExpressionIR]) -> list[tuple[ExpressionIR, ExpressionIR]]:
    return list(zip(args[::2], args[1::2], strict=True))
