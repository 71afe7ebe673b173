# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from penstock.artifacts.standard import Examples, Model, Schema
from penstock.errors import PipelineError
from penstock.graph.signature import (
    NoInputs,
    NoOutputs,
    NoParameters,
    never_empty,
    not_in_cache_key,
    one_each,
    signature_of,
    user_code,
)

if TYPE_CHECKING:
    from penstock.artifacts.standard import Integer


@dataclass(frozen=True)
class Inputs:
    one: Model
    maybe: Schema | None
    some: Sequence[Examples]
    any_number: tuple[Examples, ...] = ()
    gate: Schema | None = never_empty()
    named: Sequence[Model] = one_each()


@dataclass(frozen=True)
class Parameters:
    needed: int
    module: str | None = user_code()
    place: str = not_in_cache_key("here")
    names: list[str] = field(default_factory=list)


def test_annotations_say_how_many_artifacts_there_are() -> None:
    ports = signature_of(Inputs, NoOutputs, NoParameters).inputs
    found = {key: (p.type, p.multiple, p.optional, bool(p.allow_empty)) for key, p in ports.items()}
    assert found == {
        "one": (Model, False, False, False),
        "maybe": (Schema, False, True, True),
        "some": (Examples, True, False, False),
        "any_number": (Examples, True, True, True),
        "gate": (Schema, False, True, False),
        "named": (Model, True, True, False),
    }
    assert [key for key, port in ports.items() if port.one_each] == ["named"]


def test_parameters_know_their_part_in_the_cache_key() -> None:
    specs = signature_of(NoInputs, NoOutputs, Parameters).parameters
    found = {name: (s.required, s.user_code, s.in_cache_key) for name, s in specs.items()}
    assert found == {
        "needed": (True, False, True),
        "module": (False, True, True),
        "place": (False, False, False),
        "names": (False, False, True),
    }


@pytest.mark.parametrize("hint", [int, Model | Schema, Sequence[int], "dict[str, Model]"])
def test_what_declares_no_artifact_is_refused(hint: Any) -> None:
    declaration = dataclass(type("Declared", (), {"__annotations__": {"port": hint}}))
    with pytest.raises(PipelineError, match=r"Declared\.port does not declare an artifact"):
        signature_of(declaration, NoOutputs, NoParameters)


@dataclass(frozen=True)
class ForTypeCheckersOnly:
    number: Integer


def test_a_type_that_only_type_checkers_know_is_explained() -> None:
    with pytest.raises(
        PipelineError, match="a type in ForTypeCheckersOnly is not known at run time: .*TYPE_CHECKING"
    ):
        signature_of(ForTypeCheckersOnly, NoOutputs, NoParameters)
