# SPDX-License-Identifier: Apache-2.0
"""Our fields against TFX's: ``tfx_messages.json`` was read from the descriptors of TFX 1.16 and 1.21 (they agree)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from message_oracle import all_messages, field_words

from penstock.messages.enums import ProtoEnum

TFX: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("tfx_messages.json").read_text())
OURS = {cls.__proto_name__: cls for cls in all_messages()}
OUR_ENUMS = {cls.__qualname__: cls for cls in ProtoEnum.__subclasses__()}


def is_enumeration(fields: dict[str, Any]) -> bool:
    return bool(fields) and all(isinstance(value, int) for value in fields.values())


@pytest.mark.parametrize("name", [name for name, fields in TFX.items() if not is_enumeration(fields)])
def test_message_has_tfx_fields(name: str) -> None:
    assert name in OURS
    assert field_words(OURS[name]) == {field: without_package(word) for field, word in TFX[name].items()}


@pytest.mark.parametrize("name", [name for name, fields in TFX.items() if is_enumeration(fields)])
def test_enumeration_has_tfx_members(name: str) -> None:
    assert dict(OUR_ENUMS[class_name(name)].items()) == TFX[name]


def test_there_is_nothing_that_tfx_does_not_have() -> None:
    tfx = ("tfx.", "tensorflow.metadata.")
    assert {name for name in OURS if name.startswith(tfx)} <= set(TFX)


def without_package(word: str) -> str:
    """Enumerations of ours know no package."""
    head, _, last = word.rpartition(" ")
    if not is_enumeration(TFX.get(last, {})):
        return word
    return f"{head} {class_name(last)}".strip()


def class_name(name: str) -> str:
    parts = name.split(".")
    first = next(i for i, part in enumerate(parts) if part[0].isupper())
    return ".".join(parts[first:])
