# SPDX-License-Identifier: Apache-2.0
"""Draws pictures of circles, squares and triangles, and knows where they are."""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

SIZE = 96
"""Pixels on each side of a picture."""

LABELS = ("background", "circle", "square", "triangle")
"""What a pixel can belong to, by its number in a mask."""

_CORNERS = {"circle": 0, "square": 4, "triangle": 3}
_MOST_SHAPES = 4
_TRIES = 40
_OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape in a picture, in pixels from its top left corner.

    Attributes:
        label: What it is.
        x, y: Its middle.
        radius: Distance from there to its corners.
        angle: By how much it is turned, in radians.
        color: Red, green and blue, 0 to 255.
    """

    label: str
    x: float
    y: float
    radius: float
    angle: float
    color: tuple[int, int, int]

    @property
    def outline(self) -> list[tuple[float, float]]:
        """Its corners; of a circle, enough of them to make it round."""
        count = _CORNERS[self.label] or 48
        angles = [self.angle + 2 * math.pi * corner / count for corner in range(count)]
        return [(self.x + self.radius * math.cos(a), self.y + self.radius * math.sin(a)) for a in angles]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        xs, ys = zip(*self.outline, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, and what is in it.

    Attributes:
        picture: The picture.
        mask: For each pixel, row by row, the number of what it belongs to.
        shapes: The shapes; none touches another.
    """

    picture: Image.Image
    mask: npt.NDArray[np.uint8]
    shapes: tuple[Shape, ...]


def draw(seed: int) -> Drawing:
    """Draws the picture of a number, always the same one."""
    # The one generator of NumPy whose sequence is promised never to change.
    random = np.random.RandomState(seed)
    shapes = _shapes(random)
    picture, mask = _background(random), Image.new("L", (SIZE, SIZE))
    for shape in shapes:
        _paint(picture, shape)
        ImageDraw.Draw(mask).polygon(shape.outline, fill=LABELS.index(shape.label))
    noise = 14 * (random.random_sample((SIZE, SIZE, 3)) - 0.5)
    pixels = np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)
    return Drawing(Image.fromarray(pixels), np.asarray(mask), shapes)


def _shapes(random: np.random.RandomState) -> tuple[Shape, ...]:
    shapes: list[Shape] = []
    wanted = 1 + int(_MOST_SHAPES * random.random_sample())
    for _ in range(_TRIES):
        label = LABELS[1 + int((len(LABELS) - 1) * random.random_sample())]
        radius, x, y, angle, hue = random.random_sample(5)
        radius = 10 + 13 * radius
        x, y = (radius + (SIZE - 2 * radius) * place for place in (x, y))
        color = colorsys.hsv_to_rgb(hue, 0.75, 0.85)
        shape = Shape(label, x, y, radius, 2 * math.pi * angle, _bytes(color))
        if len(shapes) < wanted and not any(_touch(shape, other) for other in shapes):
            shapes.append(shape)
    return tuple(shapes)


def _touch(one: Shape, other: Shape) -> bool:
    return math.hypot(one.x - other.x, one.y - other.y) < one.radius + other.radius + 3


def _background(random: np.random.RandomState) -> Image.Image:
    """Returns a soft slope between two pale colours."""
    pair = [_bytes(colorsys.hsv_to_rgb(hue, 0.22, 0.95)) for hue in random.random_sample(2)]
    slope = (
        np.linspace(0, 1, SIZE)[:, None, None]
        if random.random_sample() < 0.5
        else np.linspace(0, 1, SIZE)[None, :, None]
    )
    pixels = np.array(pair[0]) * slope + np.array(pair[1]) * (1 - slope)
    return Image.fromarray(np.broadcast_to(pixels, (SIZE, SIZE, 3)).astype(np.uint8))


def _paint(picture: Image.Image, shape: Shape) -> None:
    """Paints a shape with smooth edges."""
    stencil = Image.new("L", (SIZE * _OVERSAMPLING, SIZE * _OVERSAMPLING))
    ImageDraw.Draw(stencil).polygon(
        [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in shape.outline], fill=255
    )
    picture.paste(shape.color, mask=stencil.resize((SIZE, SIZE), Image.Resampling.BOX))


def _bytes(color: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in color)
    return red, green, blue
