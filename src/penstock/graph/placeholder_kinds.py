# SPDX-License-Identifier: Apache-2.0
"""Types of placeholders as far as they are known while a pipeline is built, and what can be done to each.

They are Python's (``int``, ``str``, ``list`` …), a message class, ``Artifacts``, or ``None`` where nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penstock.artifacts.artifact import Artifact, PropertyType
from penstock.artifacts.value_artifact import Boolean, Bytes, Float, Integer, String, ValueArtifact
from penstock.errors import ParameterError, did_you_mean
from penstock.messages.either import is_message_type, type_name

if TYPE_CHECKING:
    from penstock.graph.placeholder import Placeholder


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The type of artifacts.

    Attributes:
        type: Their type; ``None`` where it is not known.
        many: Whether it is a list of them.
        made_here: Whether they are the node's own outputs.
    """

    type: type[Artifact] | None
    many: bool
    made_here: bool = False


Known = type[Any] | Artifacts | None

RUN_FACTS: Mapping[str, type[Any]] = {
    "run_id": str,
    "pipeline_name": str,
    "pipeline_root": str,
    "node_id": str,
    "execution_id": int,
    "temp_dir": str,
    "frontend_url": str,
    "stateful_working_dir": str,
    "status": str,
    "inputs": dict,
    "outputs": dict,
    "exec_properties": dict,
    "executor_spec": dict,
    "platform_config": dict,
    "pipeline_platform_config": dict,
}
"""The facts of a run, and their types; the last three, the compiler knows."""

CONTENTS: Mapping[type[ValueArtifact], type[Any]] = {
    String: str,
    Integer: int,
    Float: float,
    Boolean: bool,
    Bytes: bytes,
}
PROPERTY_KINDS: Mapping[PropertyType, type[Any] | None] = {
    PropertyType.INT: int,
    PropertyType.FLOAT: float,
    PropertyType.STRING: str,
    PropertyType.JSON_VALUE: None,
}
NUMBERS = (bool, int, float)


def named(known: Known) -> str:
    """Returns a type as an error names it."""
    if isinstance(known, Artifacts):
        name = known.type.TYPE_NAME if known.type is not None else ""
        return f"artifacts {name}".strip() if known.many else f"an artifact {name}".strip()
    if known is None:
        return "something that is not known yet"
    return type_name(known) if is_message_type(known) else known.__name__


def comparable(left: Known, right: Known, *, equal: bool) -> bool:
    """Says whether values of two types may be compared, for equality or for order."""
    nothing = type(None)
    if left is None or right is None:
        return equal or nothing not in (left, right)
    if nothing in (left, right):
        return equal
    if left in NUMBERS and right in NUMBERS:
        return True
    return left is right and (equal or left in (str, bytes))


def the_artifact(placeholder: Placeholder, known: Known) -> type[Artifact] | None:
    """Returns the type of the artifact that an operation is done to, ``None`` where that is not known.

    Raises:
        ParameterError: It is no artifact.
    """
    if not isinstance(known, Artifacts):
        raise ParameterError(
            f"{placeholder.__parts__.args[0]!r} is no artifact", got=named(known), input=repr(placeholder)
        )
    return None if known.type is Artifact else known.type


def artifact_for_value(placeholder: Placeholder, known: Artifacts, done: str) -> ParameterError:
    """Returns the error of an artifact that stands where a value is wanted."""
    value = known.type is None or issubclass(known.type, ValueArtifact)
    return ParameterError(
        f"{placeholder!r} stands for {named(known)}, which cannot be {done}",
        expected=".value of it, its .uri, or one of its properties" if value else "its .uri, or a property",
        got=named(known),
    )


def check_text(placeholder: Placeholder, known: Known) -> None:
    """Refuses what cannot be a part of a text."""
    if isinstance(known, Artifacts):
        raise artifact_for_value(placeholder, known, "text")
    hint = None
    if known is list:
        hint = "serialize_list(…) or join(…) makes text of a list"
    elif known is bytes:
        hint = "b64encode() makes text of bytes"
    elif known is dict or is_message_type(known):
        hint = "serialize(…) makes text of a message"
    if hint is not None:
        raise ParameterError(
            f"{placeholder!r} is not text", expected="text or a number", got=named(known), hint=hint
        )


def check_value(placeholder: Placeholder, known: Known) -> None:
    """Refuses an artifact where a value is wanted."""
    if isinstance(known, Artifacts):
        raise artifact_for_value(placeholder, known, "a value")


def unknown_name(what: str, key: str, known: Mapping[str, Any]) -> ParameterError:
    """Returns the error of a name that a node has not."""
    return ParameterError(f"there is no {what} {key!r}", hint=did_you_mean(key, known))
