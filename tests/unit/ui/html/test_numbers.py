# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest

from penstock.ui.html.numbers import DASH, MINUS, axis_numbers, number, percent, signed, ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, DASH),
        (math.nan, DASH),
        (math.inf, "∞"),
        (0, "0"),
        (4620, "4,620"),
        (0.76123, "0.7612"),
        (-87.6612, f"{MINUS}87.66"),
        (13.7543, "13.75"),
        (224641.7, "224,642"),
        (17031980502.0, "1.7032e10"),
        (0.00001234, "1.234e-5"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.3412, "34.1 %"),
        (0.0065, "0.65 %"),
        (0.00001, "< 0.01 %"),
        (0.99999, "> 99.9 %"),
    ],
)
def test_percentages(share: float, text: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0318, "+0.0318"), (-0.5, f"{MINUS}0.5"), (1e-16, "±0"), (0.0, "±0"), (None, DASH)]
)
def test_differences(value: float | None, text: str) -> None:
    assert signed(value) == text


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(4.15, 87.95) == [25, 50, 75]
    assert ticks(3, 3) == [3]
    assert ticks(math.nan, 1) == []


def test_axis_numbers_can_be_told_apart() -> None:
    assert axis_numbers([0, 20, 40]) == ["0", "20", "40"]
    assert axis_numbers([17031500000, 17031760000]) == ["17.0315G", "17.0318G"]
