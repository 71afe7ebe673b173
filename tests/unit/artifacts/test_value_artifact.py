# SPDX-License-Identifier: Apache-2.0
"""Value artifacts: what their files hold, and how it is read back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.standard import artifact_class, from_json_dict
from penstock.artifacts.value_artifact import (
    IS_NULL,
    Boolean,
    Bytes,
    Float,
    Integer,
    JsonValue,
    String,
    ValueArtifact,
)
from penstock.errors import DataError, ParameterError

WRITTEN: list[tuple[type[ValueArtifact], Any, bytes]] = [
    (String, "ä 1", "ä 1".encode()),
    (Bytes, b"\x00\xff", b"\x00\xff"),
    (Integer, -12, b"-12"),
    (Float, 0.1, b"0.1"),
    (Float, 2, b"2.0"),
    (Float, math.inf, b"Infinity"),
    (Float, -math.inf, b"-Infinity"),
    (Boolean, True, b"1"),
    (Boolean, False, b"0"),
    (JsonValue, {"b": [1, None], "a": "x"}, b'{"a": "x", "b": [1, null]}'),
]


@pytest.mark.parametrize(("cls", "value", "content"), WRITTEN)
def test_a_file_holds_what_tfx_writes(
    cls: type[ValueArtifact], value: Any, content: bytes, tmp_path: Path
) -> None:
    artifact = cls(str(tmp_path / "value"))
    artifact.value = value
    assert (tmp_path / "value").read_bytes() == content
    assert artifact.value == value
    assert artifact.get_int_custom_property(IS_NULL) == 0


def test_not_a_number_survives(tmp_path: Path) -> None:
    artifact = Float(str(tmp_path / "value"))
    artifact.write(math.nan)
    assert (tmp_path / "value").read_bytes() == b"NaN"
    assert math.isnan(artifact.read())


def test_none_is_an_empty_file_and_a_property(tmp_path: Path) -> None:
    artifact = Integer(str(tmp_path / "value"))
    artifact.write(None)
    assert (tmp_path / "value").read_bytes() == b""
    assert artifact.read() is None
    assert from_json_dict(artifact.to_json_dict()).custom_properties[IS_NULL] == 1


def test_in_a_folder_the_value_has_a_file_of_its_own(tmp_path: Path) -> None:
    artifact = Integer(str(tmp_path))
    artifact.write(3)
    assert (tmp_path / "value").read_bytes() == b"3"
    assert Integer(str(tmp_path)).read() == 3


@pytest.mark.parametrize(
    ("cls", "value"),
    [
        (String, b"x"),
        (Bytes, "x"),
        (Integer, True),
        (Integer, 1.0),
        (Float, "1"),
        (Boolean, 1),
        (JsonValue, {1j}),
    ],
)
def test_a_value_of_another_type_is_refused(cls: type[ValueArtifact], value: Any, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"{cls.TYPE_NAME} cannot hold this value.*expected.*got"):
        cls(str(tmp_path / "value")).write(value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Integer artifact 7 has no value.*nowhere"):
        Integer(str(tmp_path / "nowhere"), id=7).read()


def test_a_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "value").write_text("many")
    with pytest.raises(DataError, match="holds no value of its type.*Integer.*b'many'"):
        Integer(str(tmp_path / "value")).read()


def test_an_annotated_type_has_tfx_name_and_is_found_by_it() -> None:
    cls = String.annotate_as("Model")
    assert (cls.TYPE_NAME, cls.TYPE_ANNOTATION) == ("String_Model", "Model")
    assert issubclass(artifact_class("Float_Metrics"), Float)
    assert String.annotate_as() is String
    with pytest.raises(ParameterError, match="Dataset, Model, Metrics or Statistics"):
        String.annotate_as("Picture")
