# SPDX-License-Identifier: Apache-2.0
"""What the operations of expressions do to plain values, artifacts and messages; ``evaluation`` finds their values."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import SplitArtifact
from penstock.errors import ResolutionError, did_you_mean
from penstock.messages.either import SerializedForm, field_names, is_message, serialized

_Comparison = Literal["eq", "lt", "gt"]
_SIGNS = {"eq": "==", "lt": "<", "gt": ">"}


def shown(value: Any) -> str:
    """Returns a value as an error shows it."""
    text = repr(value)
    return f"{text if len(text) <= 120 else text[:117] + '…'} ({type(value).__name__})"


def as_text(value: Any) -> str:
    """Returns a value as a part of a text: numbers and truth values as Python writes them.

    Raises:
        ResolutionError: It is a list, a mapping, a message, bytes or an artifact.
    """
    if isinstance(value, (str, int, float)):
        return str(value)
    hints = [
        (bytes, "b64encode() makes text of bytes"),
        ((list, tuple, Mapping), "serialize_list(…) makes text of a list"),
        (Artifact, "take its .uri, .value or a property"),
    ]
    hint = next((hint for kinds, hint in hints if isinstance(value, kinds)), None)  # type: ignore[arg-type]  # one type or several
    raise ResolutionError(
        "this is not text",
        expected="text, a number, or true or false",
        got=shown(value),
        hint="serialize(…) makes text of a message" if is_message(value) else hint,
    )


def join_path(parts: Sequence[str]) -> str:
    """Returns the path of its parts; one that is absolute starts anew, as with ``os.path.join``."""
    joined = parts[0]
    for part in parts[1:]:
        joined = part if "://" in part else os.path.join(joined, part)
    return joined


def is_message_like(value: Any) -> bool:
    """Whether a value has named fields: a message or a dataclass."""
    return is_message(value) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def item(value: Any, key: int | str) -> Any:
    """Returns an item of a list or a mapping.

    Raises:
        ResolutionError: There is no such item, or the value has none.
    """
    if is_message_like(value) and isinstance(key, str):
        return field(value, key)
    if hasattr(value, "keys"):
        if key not in value:
            raise ResolutionError(
                f"there is no item {key!r}", hint=did_you_mean(str(key), [str(name) for name in value])
            )
        return value[key]
    if isinstance(value, (str, bytes)) or not hasattr(value, "__getitem__") or not isinstance(key, int):
        raise ResolutionError(f"this has no item {key!r}", got=shown(value))
    if not -len(value) <= key < len(value):
        raise ResolutionError(
            f"index {key} is out of range",
            expected=f"an index below {len(value)}",
            got=f"{len(value)} of them: {_listed(value)}",
        )
    return value[key]


def _listed(values: Sequence[Any]) -> str:
    names = [value.uri if isinstance(value, Artifact) else repr(value) for value in values[:5]]
    return ", ".join(names) + (", …" if len(values) > 5 else "")


def field(value: Any, name: str) -> Any:
    """Returns a field of a message, of a dataclass or of a mapping.

    Raises:
        ResolutionError: There is no such field, or the value has none.
    """
    if is_message(value):
        names = field_names(type(value))
    elif is_message_like(value):
        names = tuple(item.name for item in dataclasses.fields(value))
    elif isinstance(value, Mapping):
        names = tuple(value)
    else:
        raise ResolutionError(f"this has no field {name!r}", expected="a message", got=shown(value))
    if name not in names:
        raise ResolutionError(f"there is no field {name!r}", hint=did_you_mean(name, names))
    found = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return list(found) if _repeated(found) else found


def _repeated(value: Any) -> bool:
    return hasattr(value, "extend") and not isinstance(value, list)


def split_uri(artifact: Artifact, split: str, *, made_here: bool) -> str:
    """Returns the folder of a split.

    Args:
        artifact: The artifact.
        split: Name of the split.
        made_here: Whether the node itself makes the artifact, which then does not know its splits yet.

    Raises:
        ResolutionError: The artifact has no splits, or not that one.
    """
    if made_here:
        return f"{artifact.uri}/Split-{split}"
    splits = _splits(artifact)
    if split not in splits:
        raise ResolutionError(
            f"the {artifact.type_name} artifact has no split {split!r}",
            expected=f"one of {', '.join(splits)}" if splits else "an artifact with splits",
            got=artifact.uri,
            hint=did_you_mean(split, splits) if splits else None,
        )
    return f"{artifact.uri}/Split-{split}"


def _splits(artifact: Artifact) -> tuple[str, ...]:
    if isinstance(artifact, SplitArtifact):
        return artifact.splits
    names = artifact.properties.get("split_names")
    return tuple(json.loads(names)) if isinstance(names, str) and names else ()


def declared_property(artifact: Artifact, name: str) -> Any:
    """Returns a declared property; where it is not set, the zero of its type (``None`` of a JSON value), as in TFX.

    Raises:
        ResolutionError: The type declares no such property.
    """
    if name not in artifact.PROPERTIES:
        custom = name in artifact.custom_properties
        raise ResolutionError(
            f"artifact type {artifact.type_name} has no property {name!r}",
            hint=f"it is a custom property: .custom_property({name!r})"
            if custom
            else did_you_mean(name, artifact.PROPERTIES),
        )
    return getattr(artifact, name)


def base64_text(value: Any, *, url_safe: bool) -> str:
    """Returns text (as UTF-8) or bytes in base64.

    Raises:
        ResolutionError: It is neither.
    """
    if not isinstance(value, (str, bytes)):
        raise ResolutionError("this cannot be encoded", expected="text or bytes", got=shown(value))
    content = value.encode() if isinstance(value, str) else value
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    return encode(content).decode("ascii")


def serialized_message(value: Any, form: SerializedForm) -> str | bytes:
    """Returns a message, or plain data for ``json``, as text.

    Raises:
        ResolutionError: It is no message.
    """
    if is_message(value):
        return serialized(value, form)
    if form == "json" and isinstance(value, (Mapping, list)):
        return json.dumps(value, indent=2, sort_keys=True)
    raise ResolutionError("this is no message", expected="a message", got=shown(value))


def serialized_list(value: Any, form: str) -> str:
    """Returns a list of plain values as text: JSON, or with commas between them and quotes around texts.

    Raises:
        ResolutionError: It is no list, or holds something else.
    """
    plain = isinstance(value, (list, tuple)) or _repeated(value)
    if not plain or not all(isinstance(item, (str, int, float)) for item in value):
        raise ResolutionError(
            "this cannot be written as a list",
            expected="a list of texts, numbers and truth values",
            got=shown(value),
        )
    if form == "json":
        return json.dumps(list(value))
    return ",".join(f'"{item}"' if isinstance(item, str) else str(item) for item in value)


def compared(op: _Comparison, left: Any, right: Any) -> bool:
    """Returns whether a comparison of two values holds.

    Numbers compare with numbers (and truth values, which count as 1 and 0), text with text, anything of one type with
    its like. ``None`` equals only ``None``.

    Raises:
        ResolutionError: The values are of types that cannot be compared.
    """
    if op == "eq" and (left is None or right is None):
        return left is right
    if not _comparable(op, left, right):
        raise ResolutionError(
            "values of these types cannot be compared",
            expected="two numbers or two texts",
            got=f"{shown(left)} {_SIGNS[op]} {shown(right)}",
        )
    if op == "eq":
        return bool(left == right)
    return bool(left < right) if op == "lt" else bool(left > right)


def _comparable(op: _Comparison, left: Any, right: Any) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return True
    for kind in (str, bytes):
        if isinstance(left, kind) and isinstance(right, kind):
            return True
    if op != "eq":
        return False
    kinds: list[type | tuple[type, ...]] = [(list, tuple), Mapping]
    return type(left) is type(right) or any(isinstance(left, k) and isinstance(right, k) for k in kinds)
