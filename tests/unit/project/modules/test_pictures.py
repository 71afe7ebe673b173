# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest

Image = pytest.importorskip("PIL.Image")

from modules.shapes import drawing, pictures  # noqa: E402  they need pillow


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def answers(masks: list[np.ndarray], scale: int = 1) -> pa.RecordBatch:
    """What a network that makes no mistake says of pictures, each of them enlarged."""
    blank = Image.new("RGB", (drawing.SIZE * scale, drawing.SIZE * scale))
    return pa.RecordBatch.from_arrays(
        [
            pa.array([png(blank)] * len(masks)),
            pa.array([mask.astype(np.int64).ravel().tolist() for mask in masks]),
            pa.array([np.full(mask.size, 0.75, np.float32).tolist() for mask in masks]),
        ],
        ["content", "label", "probability"],
    )


def test_pixels_are_in_the_networks_order_and_range() -> None:
    red = Image.new("RGB", (30, 60), (255, 0, 0))
    batch = pictures.pixels(pa.RecordBatch.from_arrays([pa.array([png(red)])], ["content"]))
    planes = np.array(batch.column(0)[0].as_py()).reshape(3, drawing.SIZE, drawing.SIZE)
    assert [plane.min() for plane in planes] == [plane.max() for plane in planes] == [1.0, 0.0, 0.0]


def test_a_file_that_is_no_picture_raises() -> None:
    with pytest.raises(OSError, match="cannot identify image"):
        pictures.pixels(pa.RecordBatch.from_arrays([pa.array([b"no picture"])], ["content"]))


@pytest.mark.parametrize("scale", [1, 3])
def test_things_are_what_was_drawn(scale: int) -> None:
    drawn = [drawing.draw(number) for number in range(1001, 1013)]
    found = pictures.instances(answers([each.mask for each in drawn], scale)).column(0).to_pylist()
    assert sum(map(len, found)) > 20
    for each, predictions in zip(drawn, found, strict=True):
        expected = {shape.box: shape.label for shape in each.shapes}
        assert len(predictions) == len(expected)
        for prediction in predictions:
            assert prediction["score"] == 0.75
            box = np.array(prediction["box"]) / scale
            nearest = min(expected, key=lambda other: np.abs(np.array(other) - box).max())
            assert np.abs(np.array(nearest) - box).max() < 2
            assert prediction["label"] == expected[nearest]


def test_specks_are_nothing_and_stray_labels_are_outvoted() -> None:
    mask = np.zeros((drawing.SIZE, drawing.SIZE), np.int64)
    mask[2:4, 2:4] = 1
    mask[20:40, 30:50] = 2
    mask[20:22, 30:50] = 3
    ((thing,),) = pictures.instances(answers([mask])).column(0).to_pylist()
    assert thing == {"label": "square", "score": 0.75, "box": [30.0, 20.0, 50.0, 40.0]}


def test_annotated_pictures_show_the_boxes() -> None:
    white = png(Image.new("RGB", (96, 96), "white"))
    thing = {"label": "circle", "score": 0.9, "box": [10.0, 30.0, 50.0, 60.0]}
    batch = pa.RecordBatch.from_arrays(
        [pa.array([white, white]), pa.array([[thing], []], pictures.PREDICTIONS)], ["content", "predictions"]
    )
    drawn, empty = (
        Image.open(io.BytesIO(value)) for value in pictures.annotated(batch).column(0).to_pylist()
    )
    zoom = pictures.ZOOM
    assert drawn.size == empty.size == (96 * zoom, 96 * zoom)
    assert drawn.getpixel((10 * zoom, 45 * zoom)) == pictures.COLORS["circle"]
    assert drawn.getpixel((30 * zoom, 45 * zoom)) == (255, 255, 255)
    assert len(set(empty.getdata())) == 1
