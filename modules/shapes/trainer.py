# SPDX-License-Identifier: Apache-2.0
"""Learns to find shapes in pictures that are drawn for it (Trainer's module, PyTorch)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from modules.shapes.drawing import SIZE, draw
from modules.shapes.network import PixelNetwork
from penstock import models
from penstock.components import FnArgs
from penstock.models import Signature, TensorSpec

BATCH_SIZE = 16
EPOCHS = 20
LEARNING_RATE = 0.02

SIGNATURE = Signature(
    inputs=(TensorSpec("pixels", "float32", (None, 3, SIZE, SIZE)),),
    outputs=(
        TensorSpec("label", "int64", (None, SIZE, SIZE)),
        TensorSpec("probability", "float32", (None, SIZE, SIZE)),
    ),
)


def run_fn(fn_args: FnArgs) -> dict[str, float]:
    """Trains the network; the examples say which pictures to draw, by number."""
    epochs = (fn_args.custom_config or {}).get("epochs", EPOCHS)
    drawings = fn_args.data_accessor.read_numpy(fn_args.train_files)["drawing"]
    held_out = fn_args.data_accessor.read_numpy(fn_args.eval_files)["drawing"]
    torch.manual_seed(17)
    torch.set_num_threads(1)  # so small a network is no faster on several
    model = _trained(DataLoader(_drawn(drawings), BATCH_SIZE, shuffle=True), epochs)
    models.save(model, fn_args.serving_model_dir, signature=SIGNATURE)
    return {"val_overlap": _overlap(model, _drawn(held_out))}


def _drawn(numbers: Iterable[int]) -> TensorDataset:
    drawings = [draw(int(number)) for number in numbers]
    pixels = np.stack([np.asarray(drawing.picture, np.float32) / 255 for drawing in drawings])
    masks = np.stack([drawing.mask.astype(np.int64) for drawing in drawings])
    return TensorDataset(torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(masks))


def _trained(loader: DataLoader, epochs: int) -> PixelNetwork:
    model: PixelNetwork = PixelNetwork().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters())
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, epochs=epochs, steps_per_epoch=len(loader)
    )
    for _ in range(epochs):
        for pixels, masks in loader:
            optimizer.zero_grad()
            functional.cross_entropy(model.scores(pixels), masks).backward()
            optimizer.step()
            rates.step()
    model.eval()
    return model


@torch.no_grad()
def _overlap(model: PixelNetwork, drawn: TensorDataset) -> float:
    """Returns by how much found and drawn shapes overlap: their intersection over their union, mean of the labels."""
    pixels, masks = drawn.tensors
    found, _ = model(pixels)
    shares = []
    for label in range(1, int(masks.max()) + 1):
        either = (found == label) | (masks == label)
        shares.append(float(((found == label) & (masks == label)).sum() / either.sum()))
    return sum(shares) / len(shares)
