# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from penstock.config.parameters import with_parameters
from penstock.config.typed import typed, typed_parts
from penstock.config.yaml_file import Entry, read_yaml
from penstock.errors import ParameterError, UsageError


@dataclass(frozen=True)
class Inner:
    size: int
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ParameterError("size must not be negative", got=str(self.size))


@dataclass(frozen=True)
class Outer:
    one: Inner
    several: tuple[Inner, ...] = ()
    named: Mapping[str, Inner] = field(default_factory=dict)
    anything: Mapping[str, Any] = field(default_factory=dict)
    choice: Literal["a", "b"] | int | None = None
    origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Other:
    extra: bool = False


def entry(folder: Path, text: str) -> Entry:
    path = folder / "a.yaml"
    path.write_text(text)
    return read_yaml(path)


def test_dataclasses_stand_in_lists_and_mappings(tmp_path: Path) -> None:
    text = (
        "one: {size: 1, share: 2}\nseveral: [{size: 3}]\nnamed:\n  x: {size: 4}\n"
        "anything: {deep: [1, {y: null}]}\nchoice: 7\nfrom: [s]\n"
    )
    made = typed(Outer, entry(tmp_path, text), written={"origins": "from"})
    assert made == Outer(Inner(1, 2.0), (Inner(3),), {"x": Inner(4)}, {"deep": [1, {"y": None}]}, 7, ("s",))
    assert isinstance(made.one.share, float)


def test_two_dataclasses_share_a_mapping(tmp_path: Path) -> None:
    made = typed_parts((Inner, Other), entry(tmp_path, "extra: true\nsize: 2\n"))
    assert made == (Inner(2), Other(True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("several: []\n", r"a\.yaml:1: one is missing.*one: …"),
        ("one: {share: 1}\n", r"a\.yaml:1: size is missing"),
        ("one: 3\n", r"a\.yaml:1: one has the wrong value.*a mapping"),
        (
            "one: {size: 1}\nnamed:\n  x: {sise: 1}\n",
            r"a\.yaml:3: 'sise' is not a setting.*did you mean 'size'",
        ),
        ("one: {size: 1}\nnamed:\n  x: 2\n", r"a\.yaml:3: named.x has the wrong value"),
        ("one: {size: 1}\nseveral: [{size: x}]\n", r"a\.yaml:2: size has the wrong value.*a whole number"),
        (
            "one: {size: 1}\nchoice: c\n",
            r"a\.yaml:2: choice has the wrong value.*'a' or 'b' or a whole number",
        ),
        ("one:\n  size: -1\n", r"a\.yaml:2: size must not be negative.*got: -1"),
        ("one: {size: 1}\norigins: [s]\n", r"a\.yaml:2: 'origins' is not a setting"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        typed(Outer, entry(tmp_path, text), written={"origins": "from"})


def test_parameters_are_put_into_texts_and_taken_whole(tmp_path: Path) -> None:
    text = "parameters: {n: 3, s: x}\na: ${n}\nb: ['${s}-${n}', {c: '${HOME}'}]\n"
    content, values = with_parameters(entry(tmp_path, text), {"n": "4"})
    assert content.plain == {"a": 4, "b": ["x-4", {"c": "${HOME}"}]}
    assert values == {"n": 4, "s": "x"}
    assert content.value["a"].place.endswith("a.yaml:2")
