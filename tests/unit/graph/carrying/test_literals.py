# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import importlib
import io
import logging
import math
import pathlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from penstock.errors import PipelineError
from penstock.graph.carrying.literals import literal


class Size(enum.Enum):
    SMALL = 1


@dataclass(frozen=True)
class Limits:
    lower: int
    sizes: tuple[Size, ...] = ()


def value_of(text: str, modules: frozenset[str]) -> Any:
    names = {name.partition(".")[0]: importlib.import_module(name.partition(".")[0]) for name in modules}
    for name in modules:
        importlib.import_module(name)
    return eval(text, names)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -2.5, math.inf, "text\n'", b"\x00", (1,), (), [1, [2.5, None]], {"a": {"b": (1, 2)}}, {1, 2},
        set(), frozenset({"x"}), range(3), 1 + 2j, Ellipsis, datetime.date(2020, 2, 29), datetime.timedelta(days=1),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), decimal.Decimal("1.10"), fractions.Fraction(1, 3),
        pathlib.PurePosixPath("/a/b"), uuid.UUID(int=3), re.compile("a+", re.IGNORECASE), re.compile(b"a"),
        logging.getLogger("of.a.test"), int, PipelineError, math.sqrt, [len, str], re.Pattern,
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_comes_back(value: Any) -> None:
    found = literal(value)
    assert found is not None
    assert not found.names
    assert value_of(found.text, found.modules) == value


def test_nan_comes_back() -> None:
    found = literal(math.nan)
    assert found is not None
    assert math.isnan(value_of(found.text, found.modules))


def test_values_of_classes_name_them() -> None:
    found = literal(Limits(3, (Size.SMALL,)))
    assert found is not None
    module = Limits.__module__
    assert found.text == f"{module}.Limits(lower=3, sizes=({module}.Size.SMALL,))"
    assert found.modules == {module}


def test_classes_of_the_program_are_names_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in (Limits, Size):
        monkeypatch.setattr(cls, "__module__", "__main__")
    found = literal({"limits": Limits(3, (Size.SMALL,))})
    assert found is not None
    assert (found.text, found.names) == (
        "{'limits': Limits(lower=3, sizes=(Size.SMALL,))}",
        {"Limits", "Size"},
    )


def test_sets_are_written_in_an_order() -> None:
    found, other = literal({"b", "a", "c"}), literal({"c", "b", "a"})
    assert found == other
    assert found is not None
    assert found.text == "{'a', 'b', 'c'}"


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value", [object(), [object()], {"a": io.BytesIO()}, LOOP, lambda: 3, logging.getLogger()]
)
def test_others_have_none(value: Any) -> None:
    assert literal(value) is None
