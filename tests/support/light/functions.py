# SPDX-License-Identifier: Apache-2.0
"""Component functions for tests of the core: they make, add and check values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional, TypedDict

from typing_extensions import NotRequired

from penstock.artifacts.artifact import Artifact
from penstock.components.function_component.annotations import (
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
)
from penstock.components.function_component.component import component
from penstock.components.function_component.exit_handler import exit_handler


class Numbers(Artifact):
    """Numbers, one a line, in ``numbers.txt``."""

    TYPE_NAME = "Numbers"


class Statistics(TypedDict):
    total: int
    mean: Optional[float]  # noqa: UP045  as users of Python 3.9 have written it
    by_name: dict[str, list[int]]
    note: NotRequired[str]


@component
def make(numbers: OutputArtifact[Numbers], count: Parameter[int] = 3) -> Statistics:
    """Writes the first numbers."""
    made = list(range(count))
    Path(numbers.uri, "numbers.txt").write_text("\n".join(map(str, made)))
    numbers.set_int_custom_property("count", count)
    mean = sum(made) / count if count else None
    return {"total": sum(made), "mean": mean, "by_name": {"made": made}}


@component
def check(
    numbers: InputArtifact[Numbers],
    total: int,
    mean: float | None,
    by_name: dict[str, Any],
    expected: Parameter[dict[str, Any]],
    others: InputArtifact[list[Numbers]] = None,
    note: str = "none",
    scale: Parameter[float | None] = None,
) -> OutputDict(passed=bool, seen=str, raw=bytes):
    """Compares what it is given with what is expected, and fails where they differ."""
    seen = {
        "numbers": Path(numbers.uri, "numbers.txt").read_text(),
        "total": total,
        "mean": mean,
        "by_name": by_name,
        "others": None if others is None else len(others),
        "note": note,
        "scale": scale,
    }
    wrong = {key: seen[key] for key, value in expected.items() if seen[key] != value}
    assert not wrong, wrong
    return {"passed": True, "seen": json.dumps(seen), "raw": b"\x00\xff"}


@component
def number(value: Parameter[int] = 1) -> OutputDict(value=int):
    return {"value": value}


@component
def add(first: int, second: int = 0, more: Parameter[int] = 0) -> OutputDict(total=int):
    return {"total": first + second + more}


@exit_handler
def tell(status: Parameter[str], folder: Parameter[str], mark: Parameter[str] = "ended"):
    """Writes how the run has ended into a folder."""
    Path(folder, mark).write_text(status)


@component
def use(mean: float):
    assert mean is not None


@component
def returns(model: OutputArtifact[Numbers], what: Parameter[str]) -> OutputDict(value=int, names=list[str]):
    """Returns, or does, what it is told to."""
    if what == "raises":
        raise ValueError("no more")
    if what == "moves":
        model.uri = "/elsewhere"
    if what == "numpy":
        import numpy

        return {"value": numpy.int64(7), "names": []}
    good = {"value": 1, "names": ["a"]}
    return {
        "nothing": None,
        "number": 3,
        "missing": {"value": 1},
        "typo": {"vaule": 1, "names": []},
        "none": {"value": None, "names": []},
        "text": {"value": "one", "names": []},
        "nested": {"value": 1, "names": ["a", 2]},
    }.get(what, good)
