# SPDX-License-Identifier: Apache-2.0
"""Expressions: what is known only when a node runs, as plain data that every runner can read.

Placeholders in parameters, commands and Beam arguments compile to expressions, and so do the predicates of conditions.
``penstock.runtime.evaluation`` gives their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Operation = Literal[
    # plain values
    "constant", "runtime_parameter", "environment", "run", "exec_property",
    # lists of artifacts
    "channel", "input", "output",
    # of one artifact
    "uri", "split_uri", "content", "property", "custom_property",
    # of a list, a mapping or a message
    "item", "field",
    # text and collections
    "concat", "join", "join_path", "dirname", "list", "dict", "message", "base64", "serialized", "serialized_list",
    # truth
    "eq", "lt", "gt", "and", "or", "not",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChannelIR:
    """One edge into an input.

    Exactly one of these says where its artifacts come from: ``producer``, ``loop``, or neither for the history.

    Attributes:
        type: Name of the artifact type.
        producer: Id of the node that makes the artifacts. From inside a loop that the producer is in too, the channel
            stands for what the same item's run of the producer has made; from outside, for what all items' have, in
            the items' order.
        output: Output key at the producer; with ``loop``, the key of the item's artifacts (see ``ScopeIR.groups``).
        pipeline: Name of another pipeline whose history it stands for; ``None`` for this one's.
        node: Id of the node of that pipeline that put the artifacts out; ``None`` for any.
        loop: Id of an enclosing loop, whose current item is meant.
        run: Id of a run: of the history, only what this one has put out; ``None`` for all runs.
    """

    type: str
    producer: str | None = None
    output: str | None = None
    pipeline: str | None = None
    node: str | None = None
    loop: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class ExpressionIR:
    """An operation on values of other expressions.

    Attributes:
        op: What is done; the table below says with what.
        args: What it is done to.
        value: A constant that belongs to the operation.
        channel: Channel that ``channel`` reads.

    ====================  ================================================================================
    operation             meaning
    ====================  ================================================================================
    constant              ``value``: ``None``, a number, text, a list or a mapping
    runtime_parameter     the run's value of the runtime parameter named ``value``
    environment           the environment variable named ``value``, where the node runs
    run                   a fact of the run, named by ``value``: ``run_id``, ``pipeline_name``, ``pipeline_root``,
                          ``node_id``, ``execution_id``, ``temp_dir``, ``frontend_url``, ``inputs``, ``outputs``,
                          ``exec_properties``, ``stateful_working_dir``, ``status`` (how the run has ended so far:
                          only for exit handlers, as JSON)
    exec_property         the node's own parameter named ``value``
    channel               the artifacts of ``channel``
    input, output         the node's own input or output artifacts of key ``value``
    uri                   the URI of the artifact ``args[0]``
    split_uri             the URI of its split named ``value``
    content               the value in the file of the value artifact ``args[0]``
    property              the declared property of the artifact ``args[0]`` named ``value``; where it is not set, the
                          zero of its type, as in TFX
    custom_property       the custom property of the artifact ``args[0]`` named ``value``; ``None`` where it is not set
    item                  element ``value`` (a number or a key) of ``args[0]``
    field                 field of the message or mapping ``args[0]``, ``value`` being its dotted path
    concat                the texts of ``args``, one after another
    join                  the texts of the list ``args[0]``, or of all ``args``, with ``value`` between them
    join_path             a path (URI) of the texts of ``args``
    dirname               the folder of the path ``args[0]``
    list                  the values of ``args``
    dict                  a mapping; ``args`` are keys and values in turn
    message               a message: ``value`` holds its ``type`` (an import path ``module:Name``) and its ``json``;
                          ``args`` are field names and values in turn that are set over it
    base64                the text or bytes of ``args[0]`` in base64; URL-safe where ``value`` is true
    serialized            the message ``args[0]`` as text; ``value`` is ``json``, ``text_format`` or ``binary``
    serialized_list       the list ``args[0]`` as text; ``value`` is ``json`` or ``comma_separated``
    eq, lt, gt            comparison of two values
    and, or               of all ``args``, from the left, as far as needed
    not                   of ``args[0]``
    ====================  ================================================================================
    """

    op: Operation
    args: tuple[ExpressionIR, ...] = ()
    value: Any = None
    channel: ChannelIR | None = None

    def walk(self) -> Iterator[ExpressionIR]:
        """Yields this expression and all those in it."""
        yield self
        for arg in self.args:
            yield from arg.walk()

    @property
    def channels(self) -> tuple[ChannelIR, ...]:
        """The channels that the expression reads, in order, each once."""
        return tuple(dict.fromkeys(e.channel for e in self.walk() if e.channel is not None))


_COMPARISONS = {"eq": "==", "lt": "<", "gt": ">"}
_NEGATED = {"eq": "!=", "lt": ">=", "gt": "<="}


def spelled(expression: ExpressionIR) -> str:
    """Returns an expression as a person would write it: ``Evaluator.blessing[0].custom_property('blessed') == 1``."""
    return _spelled(expression, inside=False)


def _spelled(expression: ExpressionIR, *, inside: bool) -> str:
    op, args = expression.op, expression.args
    if op == "not" and args[0].op in _NEGATED:
        return _compared(args[0], _NEGATED[args[0].op])
    if op in _COMPARISONS:
        return _compared(expression, _COMPARISONS[op])
    if op == "not":
        return f"not {_spelled(args[0], inside=True)}"
    if op in ("and", "or"):
        text = f" {op} ".join(_spelled(arg, inside=True) for arg in args)
        return f"({text})" if inside else text
    return _value(expression)


def _compared(expression: ExpressionIR, sign: str) -> str:
    left, right = (_spelled(arg, inside=True) for arg in expression.args)
    return f"{left} {sign} {right}"


def _value(expression: ExpressionIR) -> str:
    op, value = expression.op, expression.value
    if op == "constant":
        return repr(value)
    if op == "channel" and expression.channel is not None:
        channel = expression.channel
        return f"{channel.producer or channel.loop or 'history'}.{channel.output or 'item'}"
    if op == "item":
        return f"{_value(expression.args[0])}[{value!r}]"
    if op == "field":
        return f"{_value(expression.args[0])}.{value}"
    if op in ("uri", "content"):
        return f"{_value(expression.args[0])}.{'uri' if op == 'uri' else 'value'}"
    if op in ("property", "custom_property", "split_uri"):
        return f"{_value(expression.args[0])}.{op}({value!r})"
    if op in ("concat", "list", "dict", "base64", "serialized", "serialized_list"):
        return _collected(expression)
    inner = [*([] if value is None else [repr(value)]), *map(_value_or_truth, expression.args)]
    return f"{op}({', '.join(inner)})"


def _collected(expression: ExpressionIR) -> str:
    op, args = expression.op, [_value_or_truth(arg) for arg in expression.args]
    if op == "concat":
        return " + ".join(args)
    if op == "list":
        return f"[{', '.join(args)}]"
    if op == "dict":
        return f"{{{', '.join(f'{key}: {item}' for key, item in zip(args[::2], args[1::2], strict=True))}}}"
    inner = f"({args[0]})" if expression.args[0].op == "concat" else args[0]
    if op == "base64":
        return f"{inner}.b64encode()"
    return f"{inner}.{'serialize' if op == 'serialized' else 'serialize_list'}({expression.value})"


def _value_or_truth(expression: ExpressionIR) -> str:
    return _spelled(expression, inside=True)
