# SPDX-License-Identifier: Apache-2.0
"""Small charts as inline SVG: histograms, curves, dots per slice. Colours come from the page's style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from penstock.ui.html.markup import Html, el, join
from penstock.ui.html.numbers import axis_number, axis_numbers, ticks

Scale = Callable[[float], float]
Style = Literal["line", "dots"]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram; ``share`` is its part of all values."""

    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One line, or one set of dots, in a chart of two numbers.

    Attributes:
        name: What it is, for the tooltip.
        points: Points in order.
        series: Number of its colour.
        sizes: Relative area of each dot; none for equal ones.
    """

    name: str
    points: Sequence[tuple[float, float]]
    series: int = 0
    sizes: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of a chart of dots: a name, a value per series, and a tooltip."""

    name: str
    values: Sequence[float | None]
    tip: str


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """Returns the scale that maps one range onto another."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def histogram(series: Sequence[tuple[str, Sequence[Bin]]], label: str) -> Html | None:
    """Returns overlaid histograms as densities, so that series of any size compare."""
    filled = [(index, name, bins) for index, (name, bins) in enumerate(series) if bins]
    if not filled:
        return None
    low = min(b.low for _, _, bins in filled for b in bins)
    high = max(b.high for _, _, bins in filled for b in bins)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    width, height, left, right, base = 340, 128, 8, 332, 108
    thinnest = (high - low) / 400
    x = linear(low, high, left, right)
    densities = [[b.share / max(b.high - b.low, thinnest) for b in bins] for _, _, bins in filled]
    y = linear(0, max(max(d) for d in densities) or 1.0, base, 10)
    shapes = [
        el("path", el("title", name), d=_steps(bins, values, x, y, base), class_=f"area s{index % 6}")
        for (index, name, bins), values in zip(filled, densities, strict=True)
    ]
    axis = _x_axis(ticks(low, high, 4), x, base, left, right)
    return _svg(width, height, label, [*shapes, axis])


def _steps(bins: Sequence[Bin], heights: Sequence[float], x: Scale, y: Scale, base: float) -> str:
    path = [f"M{x(bins[0].low):.1f},{base}"]
    for item, value in zip(bins, heights, strict=True):
        right = max(x(item.high), x(item.low) + 1.0)
        path.append(f"V{y(value):.1f}H{right:.1f}")
    return "".join([*path, f"V{base}Z"])


def deciles(series: Sequence[tuple[str, Sequence[float]]], label: str) -> Html | None:
    """Returns one strip per series with its deciles as ticks; the median is thick, the middle 80 % is shaded."""
    filled = [(index, name, edges) for index, (name, edges) in enumerate(series) if len(edges) >= 3]
    if not filled:
        return None
    low = min(edges[0] for _, _, edges in filled)
    high = max(edges[-1] for _, _, edges in filled)
    x = linear(low, high, 8, 332) if high > low else (lambda _: 170.0)
    rows = []
    for row, (index, name, edges) in enumerate(filled):
        top = 4 + row * 12
        middle = edges[len(edges) // 2]
        inner = (edges[1], edges[-2])
        rows.append(
            el(
                "g",
                el("title", f"{name}: deciles {', '.join(axis_number(edge) for edge in edges)}"),
                el(
                    "line",
                    x1=x(edges[0]),
                    x2=x(edges[-1]),
                    y1=top + 4,
                    y2=top + 4,
                    class_=f"whisker s{index % 6}",
                ),
                el(
                    "rect",
                    x=x(inner[0]),
                    y=top,
                    width=max(x(inner[1]) - x(inner[0]), 1.0),
                    height=8,
                    class_=f"box s{index % 6}",
                ),
                *(
                    el("line", x1=x(edge), x2=x(edge), y1=top, y2=top + 8, class_=f"tick s{index % 6}")
                    for edge in edges[1:-1]
                ),
                el("line", x1=x(middle), x2=x(middle), y1=top - 1, y2=top + 9, class_=f"median s{index % 6}"),
            )
        )
    return _svg(340, 8 + 12 * len(filled), label, rows)


def xy_chart(
    curves: Sequence[Curve],
    *,
    label: str,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float] = (0.0, 1.0),
    y_range: tuple[float, float] = (0.0, 1.0),
    diagonal: bool = False,
    style: Style = "line",
) -> Html:
    """Returns a chart of two numbers with both axes."""
    width, height, left, right, top, base = 340, 300, 52, 330, 12, 254
    x = linear(*x_range, left, right)
    y = linear(*y_range, base, top)
    shapes = [
        join(
            join(
                [
                    el("line", x1=left, x2=right, y1=y(tick), y2=y(tick), class_="grid"),
                    el("text", axis_number(tick), x=left - 6, y=y(tick) + 4, class_="axis end"),
                ]
            )
            for tick in ticks(*y_range, 5)
        ),
        _x_axis(ticks(*x_range, 5), x, base, left, right),
        el("text", x_label, x=(left + right) / 2, y=height - 8, class_="axis middle"),
        el("text", y_label, x=12, y=(top + base) / 2, class_="axis middle turned"),
    ]
    if diagonal:
        low, high = max(x_range[0], y_range[0]), min(x_range[1], y_range[1])
        shapes.append(el("line", x1=x(low), y1=y(low), x2=x(high), y2=y(high), class_="reference"))
    shapes += [_dots(curve, x, y) if style == "dots" else _line(curve, x, y) for curve in curves]
    return _svg(width, height, label, shapes)


def _line(curve: Curve, x: Scale, y: Scale) -> Html:
    points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve.points)
    line = el("polyline", points=points, class_=f"curve s{curve.series % 6}")
    return el("g", el("title", curve.name), line)


def _dots(curve: Curve, x: Scale, y: Scale) -> Html:
    largest = max(curve.sizes, default=1.0) or 1.0
    sizes = curve.sizes or [largest] * len(curve.points)
    marks = [
        el(
            "circle",
            el("title", f"{curve.name}: {axis_number(a)} → {axis_number(b)}"),
            cx=x(a),
            cy=y(b),
            r=2.5 + 4.5 * (size / largest) ** 0.5,
        )
        for (a, b), size in zip(curve.points, sizes, strict=True)
    ]
    points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve.points)
    line = el("polyline", points=points, class_=f"curve thin s{curve.series % 6}")
    return el("g", line, *marks, class_=f"marks s{curve.series % 6}")


def dot_rows(
    rows: Sequence[Dot], *, label: str, overall: float | None = None, bounds: Sequence[float] = ()
) -> Html | None:
    """Returns one row per slice with a dot per series.

    Args:
        rows: The slices; a row's first value is the candidate's.
        label: What the chart shows.
        overall: The candidate's value on all the data, drawn as a line through all rows.
        bounds: Thresholds, drawn as dashed lines.
    """
    known = [value for row in rows for value in row.values if value is not None]
    if not known:
        return None
    low, high = min([*known, *bounds]), max([*known, *bounds])
    pad = (high - low) * 0.06 or abs(high) * 0.05 or 0.5
    low, high = low - pad, high + pad
    name_width = min(max(len(row.name) for row in rows), 34) * 8 + 14
    width, left, right, step, top = 1090, name_width, 1074, 24, 10
    base = top + step * len(rows)
    x = linear(low, high, left, right)
    shapes: list[Html] = []
    for index, row in enumerate(rows):
        shapes.append(_dot_row(row, x, top + step * index + step / 2, left, right))
    lines = [el("line", x1=x(bound), x2=x(bound), y1=top, y2=base, class_="bound") for bound in bounds]
    if overall is not None:
        lines.append(el("line", x1=x(overall), x2=x(overall), y1=top, y2=base, class_="overall"))
    axis = _x_axis(ticks(low, high, 6), x, base, left, right)
    return _svg(width, base + 24, label, [axis, *lines, *shapes], wide=True)


def _dot_row(row: Dot, x: Scale, y: float, left: float, right: float) -> Html:
    name = row.name if len(row.name) <= 34 else f"{row.name[:33]}…"
    known = [value for value in row.values if value is not None]
    parts = [
        el("title", row.tip),
        el("rect", x=0, y=y - 12, width=right + 16, height=24, class_="hover"),
        el("text", name, x=left - 12, y=y + 4, class_="axis end name"),
        el("line", x1=left, x2=right, y1=y, y2=y, class_="grid"),
    ]
    if len(known) > 1:
        parts.append(el("line", x1=x(min(known)), x2=x(max(known)), y1=y, y2=y, class_="link"))
    for index, value in reversed(list(enumerate(row.values))):
        if value is not None:
            # Rings behind dots, so that equal values are both seen, and not by their colour alone.
            parts.append(
                el(
                    "circle",
                    cx=x(value),
                    cy=y,
                    r=6 if index else 4.5,
                    class_=f"{'ring' if index else 'dot'} s{index % 6}",
                )
            )
    if not known:
        parts.append(el("text", "no number", x=left + 6, y=y + 4, class_="axis"))
    return el("g", *parts, class_="row")


def _x_axis(values: Sequence[float], x: Scale, base: float, left: float, right: float) -> Html:
    marks = [
        join(
            [
                el("line", x1=x(value), x2=x(value), y1=base, y2=base + 4, class_="axis-line"),
                el("text", text, x=x(value), y=base + 16, class_=f"axis {_anchor(x(value), left, right)}"),
            ]
        )
        for value, text in zip(values, axis_numbers(values), strict=True)
    ]
    return join([el("line", x1=left, x2=right, y1=base, y2=base, class_="axis-line"), *marks])


def _anchor(position: float, left: float, right: float) -> str:
    if position < left + 8:
        return "start"
    return "end" if position > right - 8 else "middle"


def _svg(width: int, height: float, label: str, shapes: Sequence[Html], wide: bool = False) -> Html:
    return el(
        "svg",
        *shapes,
        viewbox=f"0 0 {width} {height:g}",
        width=width,
        height=height,
        role="img",
        aria_label=label,
        class_="wide" if wide else None,
    )
