# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: UP006, UP035, UP045  the older spellings of types are what is tested
from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, get_args

import pytest

from penstock.artifacts.standard import Examples, Model
from penstock.components.function_component.annotations import (
    BeamComponentParameter,
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
)
from penstock.errors import PipelineError
from penstock.messages.trainer import TrainArgs


def test_an_annotation_says_what_it_is() -> None:
    assert repr(Parameter[int]) == "Parameter[int]"
    assert repr(InputArtifact[List[Examples]]) == "InputArtifact[List[penstock.artifacts.standard.Examples]]"
    assert repr(OutputDict(a=int, b=Optional[str])) == "OutputDict(a=int, b=Optional[str])"


def test_equal_annotations_are_equal() -> None:
    assert InputArtifact[Examples] == InputArtifact[Examples] != InputArtifact[Model]
    assert len({Parameter[int], Parameter[int], Parameter[str]}) == 2
    assert Parameter[int] != InputArtifact[Examples]


@pytest.mark.parametrize(
    "hint",
    [Optional[InputArtifact[Examples]], InputArtifact[Examples] | None, None | InputArtifact[Examples]],
)
def test_an_annotation_may_be_optional(hint: Any) -> None:
    assert set(get_args(hint)) == {InputArtifact[Examples], type(None)}


@pytest.mark.parametrize(
    "hint",
    [
        int, float, str, bool, dict, list, Dict[str, int], List[Dict[str, float]], dict[str, list[bool]], List[Any],
        Optional[Dict[str, int]], Optional[int], TrainArgs, dict[str, int | None],
    ],
)  # fmt: skip
def test_types_of_parameters(hint: Any) -> None:
    assert Parameter[hint].type is hint


@pytest.mark.parametrize(
    ("hint", "match"),
    [
        (Examples, r"got: Examples; what to do: InputArtifact\[Examples\]"),
        (bytes, "takes a Bytes artifact"),
        (Tuple[int, int], "expected: int, float, str, bool"),
        (Dict[int, str], "expected: int, float, str, bool"),
        (Any, "got: Any"),
        ("int", "got: int"),
        (int | str, "got: int | str"),
    ],
)
def test_other_types_of_parameters_are_refused(hint: Any, match: str) -> None:
    with pytest.raises(PipelineError, match=rf"Parameter\[…\] takes the type of a parameter.*{match}"):
        Parameter[hint]


@pytest.mark.parametrize(
    ("annotation", "item", "match"),
    [
        (InputArtifact, int, r"InputArtifact\[…\] takes an artifact type.*Parameter\[int\]"),
        (InputArtifact, List[int], "or a list of one; got: int"),
        (InputArtifact, List, "expected: a subclass of Artifact, or a list of one; got: List"),
        (OutputArtifact, List[Examples], r"got: List\["),
        (OutputArtifact, "Examples", r"give the class itself: OutputArtifact\[Examples\]"),
        (InputArtifact, Parameter[int], r"what to do: InputArtifact\[int\]"),
        (BeamComponentParameter, int, "expected: beam.Pipeline; got: int"),
    ],
)
def test_what_is_no_artifact_type_is_refused(annotation: Any, item: Any, match: str) -> None:
    with pytest.raises(PipelineError, match=match):
        annotation[item]


def test_annotations_are_not_called() -> None:
    with pytest.raises(PipelineError, match=r"Parameter is an annotation; expected: Parameter\[…\]"):
        Parameter(int)
    with pytest.raises(TypeError, match="cannot be called"):
        Parameter[int](3)
