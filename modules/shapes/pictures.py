# SPDX-License-Identifier: Apache-2.0
"""From picture files to what a network sees, and from its answers to boxes (functions of a graph of models)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image, ImageDraw

from modules.shapes.drawing import LABELS, SIZE

PREDICTIONS = pa.list_(
    pa.struct([("label", pa.string()), ("score", pa.float64()), ("box", pa.list_(pa.float64()))])
)
"""What is found in a picture: per thing its label, its score, and its box: left, top, right, bottom, in pixels."""

FEWEST_PIXELS = 20
ZOOM = 4
COLORS = {"circle": (214, 39, 40), "square": (31, 119, 180), "triangle": (44, 160, 44)}
OTHER_COLOR = (40, 40, 40)

Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in a picture.

    Attributes:
        label: What it is.
        score: How sure that is, 0 to 1.
        box: Left, top, right and bottom, in pixels of the network.
    """

    label: str
    score: float
    box: Box


def pixels(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Decodes pictures and brings them to the network's size; a file that is no picture fails, and only that one."""
    return pixels_of(batch, SIZE)


def pixels_of(batch: pa.RecordBatch, side: int) -> pa.RecordBatch:
    """Returns pictures as numbers from 0 to 1: red, green and blue, each row by row.

    Args:
        batch: Files of pictures.
        side: Width and height to bring them to.
    """
    decoded = [_decoded(content.as_py()) for content in _column(batch, "content")]
    resized = [picture.resize((side, side), Image.Resampling.BILINEAR) for picture in decoded]
    values = np.stack([np.asarray(picture, np.float32).transpose(2, 0, 1) / 255 for picture in resized])
    return pa.RecordBatch.from_arrays([pa.array(list(values.reshape(len(values), -1)))], ["pixels"])


def instances(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Makes things of pixels: what hangs together is one, with the label that most of its pixels have."""
    labels, probabilities = _planes(batch, "label"), _planes(batch, "probability")
    predictions = []
    for content, label, probability in zip(_column(batch, "content"), labels, probabilities, strict=True):
        width, height = _decoded(content.as_py()).size
        scale = (width / SIZE, height / SIZE) * 2
        predictions.append(
            [
                {
                    "label": found.label,
                    "score": round(found.score, 4),
                    "box": [round(edge * factor, 1) for edge, factor in zip(found.box, scale, strict=True)],
                }
                for found in _things(label.astype(np.int64), probability)
            ]
        )
    return pa.RecordBatch.from_arrays([pa.array(predictions, PREDICTIONS)], ["predictions"])


def annotated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Draws what was found into each picture, and gives that as a PNG file."""
    contents = zip(_column(batch, "content"), _column(batch, "predictions"), strict=True)
    pictures = [_annotated(content.as_py(), predictions.as_py()) for content, predictions in contents]
    return pa.RecordBatch.from_arrays([pa.array(pictures, pa.binary())], ["annotated"])


def _things(labels: npt.NDArray[np.int64], probability: npt.NDArray[np.float32]) -> list[Found]:
    found = []
    for piece in _pieces(labels > 0):
        counts = np.bincount(labels[piece], minlength=len(LABELS))
        label = int(counts.argmax())
        score = float(probability[piece & (labels == label)].mean())
        rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        found.append(Found(LABELS[label], score, box))
    return sorted(found, key=lambda thing: -thing.score)


def _pieces(mask: Mask) -> Iterator[Mask]:
    """Yields the pieces of a mask that hang together, without specks."""
    left = mask.copy()
    while left.any():
        piece = np.zeros_like(left)
        waiting = [np.unravel_index(int(left.argmax()), left.shape)]
        while waiting:
            row, column = waiting.pop()
            inside = 0 <= row < left.shape[0] and 0 <= column < left.shape[1]
            if inside and left[row, column]:
                left[row, column], piece[row, column] = False, True
                waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
        if piece.sum() >= FEWEST_PIXELS:
            yield piece


def _annotated(content: bytes, predictions: Sequence[Mapping[str, Any]]) -> bytes:
    picture = _decoded(content)
    picture = picture.resize((picture.width * ZOOM, picture.height * ZOOM), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(picture)
    for found in predictions:
        left, top, right, bottom = (edge * ZOOM for edge in found["box"])
        color = COLORS.get(found["label"], OTHER_COLOR)
        pen.rectangle((left, top, right, bottom), outline=color, width=3)
        text = f" {found['label']} {found['score']:.0%} "
        size = pen.textbbox((0, 0), text, font_size=14)
        x = max(0, min(left, picture.width - size[2]))
        y = top - size[3] - 3 if top > size[3] + 3 else bottom + 1
        pen.rectangle((x, y, x + size[2], y + size[3] + 2), fill=color)
        pen.text((x, y), text, fill="white", font_size=14)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    return batch.column(batch.schema.get_field_index(name))


def _planes(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.float32]:
    """Returns a column with a number per pixel as one array, shaped (rows, height, width)."""
    values = _column(batch, name)
    while hasattr(values, "flatten") and pa.types.is_nested(values.type):
        values = values.flatten()
    return np.asarray(values.to_numpy(zero_copy_only=False)).reshape(batch.num_rows, SIZE, SIZE)
