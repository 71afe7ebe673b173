# SPDX-License-Identifier: Apache-2.0
"""torchvision's Mask R-CNN, which knows 80 things of everyday life (Trainer's module, and functions of a graph)."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import pad
from torchvision.models.detection import MaskRCNN_ResNet50_FPN_Weights, maskrcnn_resnet50_fpn

from modules.shapes.pictures import PREDICTIONS, pixels_of
from penstock import models
from penstock.components import FnArgs
from penstock.models import Signature, TensorSpec

SIDE = 512
MOST_THINGS = 20
LEAST_SCORE = 0.5
LABELS = MaskRCNN_ResNet50_FPN_Weights.DEFAULT.meta["categories"]

SIGNATURE = Signature(
    inputs=(TensorSpec("pixels", "float32", (None, 3, SIDE, SIDE)),),
    outputs=(
        TensorSpec("label", "int64", (None, MOST_THINGS)),
        TensorSpec("score", "float32", (None, MOST_THINGS)),
        TensorSpec("box", "float32", (None, MOST_THINGS, 4)),
    ),
)


class MaskRCNN(nn.Module):
    """Mask R-CNN with answers of one shape, whatever is in a picture: what is not there has the score 0."""

    def __init__(self) -> None:
        super().__init__()
        self.network = maskrcnn_resnet50_fpn(
            weights=None,
            weights_backbone=None,
            num_classes=len(LABELS),
            min_size=SIDE,
            max_size=SIDE,
            box_detections_per_img=MOST_THINGS,
        )

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns labels, scores and boxes, the surest first, shaped (rows, things) and (rows, things, 4)."""
        found = self.network(list(pixels))
        missing = [MOST_THINGS - len(each["scores"]) for each in found]
        labels = [pad(each["labels"], (0, left)) for each, left in zip(found, missing, strict=True)]
        scores = [pad(each["scores"], (0, left)) for each, left in zip(found, missing, strict=True)]
        boxes = [pad(each["boxes"], (0, 0, 0, left)) for each, left in zip(found, missing, strict=True)]
        return torch.stack(labels), torch.stack(scores), torch.stack(boxes)


def run_fn(fn_args: FnArgs) -> None:
    """Saves the network as torchvision has trained it; ``weights`` may name a file with its state dict."""
    weights = (fn_args.custom_config or {}).get("weights")
    model = MaskRCNN()
    model.network.load_state_dict(
        torch.load(weights, weights_only=True)
        if weights
        else MaskRCNN_ResNet50_FPN_Weights.DEFAULT.get_state_dict(progress=False)
    )
    models.save(model.eval(), fn_args.serving_model_dir, signature=SIGNATURE)


def pixels(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Decodes pictures and brings them to the network's size."""
    return pixels_of(batch, SIDE)


def instances(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Makes of each picture's answer the list of what is surely in it."""
    columns: dict[str, list[Any]] = batch.to_pydict()
    predictions = []
    answers = zip(columns["content"], columns["label"], columns["score"], columns["box"], strict=True)
    for content, labels, scores, boxes in answers:
        width, height = Image.open(io.BytesIO(content)).size
        things = zip(labels, scores, boxes, strict=True)
        scale = (width / SIDE, height / SIDE) * 2
        predictions.append([_named(label, score, box, scale) for label, score, box in things])
    sure = [[found for found in picture if found["score"] >= LEAST_SCORE] for picture in predictions]
    return pa.RecordBatch.from_arrays([pa.array(sure, PREDICTIONS)], ["predictions"])


def _named(label: int, score: float, box: list[float], scale: tuple[float, ...]) -> dict[str, Any]:
    edges = [round(edge * factor, 1) for edge, factor in zip(box, scale, strict=True)]
    return {"label": LABELS[label], "score": round(score, 4), "box": edges}
