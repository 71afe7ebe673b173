# SPDX-License-Identifier: Apache-2.0
"""The declaration of a container component: plain data that stands in the IR, and the dataclasses made of it."""

from __future__ import annotations

import dataclasses
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.graph.artifact_types import artifact_type_document, artifact_type_from
from penstock.graph.signature import Signature, signature_of
from penstock.messages.either import is_message_type, message_class, message_path

_PLAIN: Mapping[str, Any] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list[Any],
    "dict": dict[str, Any],
}


@dataclass(frozen=True, slots=True)
class Declared:
    """The declaring dataclasses of a container component."""

    inputs: type
    outputs: type
    parameters: type

    def signature(self) -> Signature:
        """Returns what the component takes and makes."""
        return signature_of(self.inputs, self.outputs, self.parameters)


def interface_document(
    inputs: Mapping[str, Any] | None, outputs: Mapping[str, Any] | None, parameters: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Returns what a container component takes and makes, as plain data.

    Raises:
        ParameterError: A name or a type is not usable, or two things have one name.
    """
    groups = {"input": inputs, "output": outputs, "parameter": parameters}
    seen: dict[str, str] = {}
    for what, group in groups.items():
        for name in _mapping(what, group):
            _check_name(what, name)
            if name in seen and "output" not in (what, seen[name]):
                raise ParameterError(
                    f"{name!r} is an input and a parameter at once", hint="rename one of them"
                )
            seen[name] = what
    return {
        "inputs": {k: artifact_type_document(t, f"input {k!r}") for k, t in (inputs or {}).items()},
        "outputs": {k: artifact_type_document(t, f"output {k!r}") for k, t in (outputs or {}).items()},
        "parameters": {k: _type_text(k, t) for k, t in (parameters or {}).items()},
    }


def declared_by(name: str, document: Mapping[str, Any]) -> Declared:
    """Returns the declaring dataclasses that plain data stands for."""
    types = {
        key: {k: artifact_type_from(d) for k, d in document[key].items()} for key in ("inputs", "outputs")
    }
    return Declared(
        _dataclass(f"{name}Inputs", {key: Sequence[cls] for key, cls in types["inputs"].items()}),  # type: ignore[valid-type]  # a class
        _dataclass(f"{name}Outputs", types["outputs"]),
        _dataclass(
            f"{name}Parameters", {key: _type_of(text) for key, text in document["parameters"].items()}
        ),
    )


def _mapping(what: str, group: Any) -> Mapping[str, Any]:
    if group is None:
        return {}
    if not isinstance(group, Mapping):
        raise ParameterError(
            f"the {what}s of a container component are no mapping",
            expected="names and types, such as {'model': Model}",
            got=f"{group!r:.80}",
        )
    return group


def _check_name(what: str, name: object) -> None:
    if (
        not isinstance(name, str)
        or not name.isidentifier()
        or keyword.iskeyword(name)
        or name.startswith("_")
    ):
        raise ParameterError(
            f"the name of {'an' if what[0] in 'io' else 'a'} {what} is not usable",
            expected="letters, digits and '_', not starting with a digit or '_'",
            got=repr(name),
        )


def _type_text(name: str, hint: Any) -> str:
    for text, plain in _PLAIN.items():
        if (
            hint in (plain, plain if not isinstance(plain, type) else None)
            or getattr(hint, "__name__", "") == text
        ):
            return text
    if is_message_type(hint):
        return message_path(hint)
    known = [*_PLAIN, "a message class"]
    raise ParameterError(
        f"parameter {name!r} is declared with a type that it cannot have",
        input=name,
        expected=", ".join(known),
        got=f"{hint!r:.80}",
        hint=did_you_mean(hint, _PLAIN) if isinstance(hint, str) else "artifacts are inputs",
    )


def _type_of(text: str) -> Any:
    return _PLAIN[text] if text in _PLAIN else message_class(text)


def _dataclass(name: str, hints: Mapping[str, Any]) -> type:
    fields = [(key, hint, field()) for key, hint in hints.items()]
    return dataclasses.make_dataclass(name, fields, frozen=True, slots=True)
