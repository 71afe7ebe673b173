# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import wrappers_pb2

from penstock.errors import DataError, ParameterError
from penstock.messages.example_gen import Input
from penstock.utils.pbtxt import parse_pbtxt_file


def test_fills_a_message_of_ours(tmp_path: Path) -> None:
    (tmp_path / "input.pbtxt").write_text('splits { name: "train" pattern: "train/*" }')
    message = Input()
    assert parse_pbtxt_file(str(tmp_path / "input.pbtxt"), message) is message
    assert message == Input(splits=[Input.Split(name="train", pattern="train/*")])


def test_fills_a_protobuf(tmp_path: Path) -> None:
    (tmp_path / "value.pbtxt").write_text("value: 0.5")
    assert parse_pbtxt_file(str(tmp_path / "value.pbtxt"), wrappers_pb2.DoubleValue()).value == 0.5


def test_names_file_and_line_of_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "input.pbtxt").write_text('splits {\n  nam: "train"\n}')
    with pytest.raises(
        ParameterError, match=r"input\.pbtxt, line 2, column 3: Input\.Split has no field 'nam'"
    ):
        parse_pbtxt_file(str(tmp_path / "input.pbtxt"), Input())
    with pytest.raises(DataError, match=r"input\.pbtxt holds no DoubleValue in text form"):
        parse_pbtxt_file(str(tmp_path / "input.pbtxt"), wrappers_pb2.DoubleValue())
