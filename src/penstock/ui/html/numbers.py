# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them, and round numbers for axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

DASH = "\N{EN DASH}"
"""What stands where there is no number."""

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
_SPACE = "\N{NO-BREAK SPACE}"
_ALMOST_NOTHING = 1e-9


def count(value: float) -> str:
    """Returns a whole number with thousands separators."""
    return f"{round(value):,}"


def number(value: float | None) -> str:
    """Returns a number with about four significant digits; a dash where there is none."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    size = abs(value)
    if value == int(value) and size < 1e7:
        return _minus(f"{int(value):,}")
    if size >= 1e7 or size < 1e-4:
        mantissa, _, exponent = f"{value:.4e}".partition("e")
        return _minus(f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}")
    digits = max(0, 3 - math.floor(math.log10(size)))
    text = f"{value:,.{min(digits, 6)}f}"
    return _minus(text.rstrip("0").rstrip(".") if "." in text else text)


def percent(share: float) -> str:
    """Returns a share as a percentage: 0 %, 0.02 %, 12.5 %, 100 %."""
    value = share * 100
    if value in (0, 100):
        text = f"{value:.0f}"
    elif value < 0.01:
        text = f"<{_SPACE}0.01"
    elif value > 99.95:
        text = f">{_SPACE}99.9"
    else:
        text = f"{value:.2f}" if value < 1 else f"{value:.1f}"
    return f"{text}{_SPACE}%"


def signed(value: float | None) -> str:
    """Returns a difference with its sign; what is only rounding is no difference."""
    if value is None or math.isnan(value):
        return DASH
    if abs(value) < _ALMOST_NOTHING:
        return "±0"
    return number(value) if value < 0 else f"+{number(value)}"


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Returns round numbers that lie between two values."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def axis_numbers(values: Sequence[float]) -> list[str]:
    """Returns numbers as short as an axis wants them, and as long as it takes to tell them apart."""
    for digits in range(4, 12):
        texts = [axis_number(value, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            return texts
    return [number(value) for value in values]


def axis_number(value: float, digits: int = 4) -> str:
    """Returns a number in few characters."""
    size = abs(value)
    if size >= 1e15:
        return number(value)
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = 1e3 if unit == "k" else limit
            return _minus(f"{value / scale:.{digits}g}{unit}")
    return _minus(f"{value:.{digits}g}")


def _minus(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.startswith("-") else text
