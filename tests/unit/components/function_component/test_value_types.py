# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: UP006, UP007, UP035, UP045  the older spellings of types are what is tested
from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

import pytest

from penstock.artifacts.value_artifact import Boolean, Bytes, Float, Integer, JsonValue, String
from penstock.components.function_component.value_types import fits, is_json_type, value_type


@pytest.mark.parametrize(
    ("hint", "artifact", "nullable"),
    [
        (int, Integer, False), (float, Float, False), (str, String, False), (bytes, Bytes, False),
        (bool, Boolean, False), (Optional[str], String, True), (str | None, String, True), (dict, JsonValue, False),
        (list[int], JsonValue, False), (Optional[List[Any]], JsonValue, True),
        (Union[Dict[str, int], List[int]], JsonValue, False),
    ],
)  # fmt: skip
def test_values_that_stand_in_artifacts(hint: Any, artifact: type, nullable: bool) -> None:
    found = value_type(hint)
    assert found is not None
    assert (found.artifact, found.nullable) == (artifact, nullable)


@pytest.mark.parametrize("hint", [tuple, set[int], Dict[int, str], object, Any, int | str, List[bytes], None])
def test_values_that_do_not(hint: Any) -> None:
    assert value_type(hint) is None


def test_json_types_may_nest() -> None:
    assert is_json_type(Dict[str, Dict[str, List[Optional[bool]]]])
    assert not is_json_type(Dict[str, Dict[int, bool]])


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (Dict[str, int], Dict[str, int], True),
        (Dict[str, int], Dict[str, Any], True),
        (Dict[str, int], dict, True),
        (Dict[str, int], Dict[str, float], True),
        (List[int], Optional[List[int]], True),
        (dict[str, list[int]], Dict[str, List[Any]], True),
        (Dict[str, Any], Dict[str, int], False),
        (Dict[str, float], Dict[str, int], False),
        (dict, Dict[str, int], False),
        (List[int], Dict[str, int], False),
        (List[Union[int, str]], List[int], False),
        (List[int], List[Union[int, str]], True),
    ],
)
def test_one_json_type_fits_another(given: Any, wanted: Any, expected: bool) -> None:
    assert fits(given, wanted) is expected
