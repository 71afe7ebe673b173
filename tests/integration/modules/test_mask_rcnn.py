# SPDX-License-Identifier: Apache-2.0
"""torchvision's Mask R-CNN, with weights that were never trained, as the segmentation pipeline uses it."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest

pytestmark = pytest.mark.pytorch
torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")
Image = pytest.importorskip("PIL.Image")

from modules.shapes import mask_rcnn  # noqa: E402  only where there is a torchvision


def test_answers_have_the_same_shape_whatever_is_found() -> None:
    torch.manual_seed(1)
    model = mask_rcnn.MaskRCNN().eval()
    model.network.roi_heads.score_thresh = 2.0
    with torch.no_grad():
        labels, scores, boxes = model(torch.rand(2, 3, mask_rcnn.SIDE, mask_rcnn.SIDE))
    assert labels.shape == scores.shape == (2, mask_rcnn.MOST_THINGS)
    assert boxes.shape == (2, mask_rcnn.MOST_THINGS, 4)
    assert scores.max() == 0


def test_what_is_surely_there_is_named_in_pixels_of_the_picture() -> None:
    file = io.BytesIO()
    Image.new("RGB", (1024, 256)).save(file, "PNG")
    batch = pa.RecordBatch.from_pydict(
        {
            "content": [file.getvalue()],
            "label": [[1, 18, 0]],
            "score": [[0.9, 0.3, 0.0]],
            "box": [[[0.0, 0.0, 256.0, 512.0], [1.0, 1.0, 2.0, 2.0], [0.0] * 4]],
        }
    )
    assert mask_rcnn.pixels(batch).column(0).type.value_type == pa.float32()
    ((found,),) = mask_rcnn.instances(batch).column(0).to_pylist()
    assert found == {"label": "person", "score": 0.9, "box": [0.0, 0.0, 512.0, 256.0]}
    assert np.array(mask_rcnn.pixels(batch).column(0)[0].as_py()).size == 3 * mask_rcnn.SIDE**2
