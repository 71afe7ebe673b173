# SPDX-License-Identifier: Apache-2.0
"""A small network that says of each pixel what it belongs to."""

from __future__ import annotations

import torch
from torch import nn


class PixelNetwork(nn.Module):
    """Looks at a picture at four sizes, and puts what it saw at the smaller ones back beside the larger ones.

    Args:
        labels: Number of things that a pixel can belong to.
        width: Channels at the largest size, which is half of the picture's.
    """

    def __init__(self, labels: int = 4, width: int = 12) -> None:
        super().__init__()
        self.large = _block(3, width, stride=2)
        self.medium = _block(width, 2 * width, stride=2)
        self.small = _block(2 * width, 2 * width, stride=2)
        self.smallest = _block(2 * width, 4 * width, stride=2)
        self.to_small = _block(6 * width, 2 * width)
        self.to_medium = _block(4 * width, 2 * width)
        self.to_large = _block(3 * width, width)
        self.answer = nn.Conv2d(width, labels, kernel_size=3, padding=1)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def scores(self, pixels: torch.Tensor) -> torch.Tensor:
        """Returns a score per label and pixel, shaped (rows, labels, height, width)."""
        large = self.large(pixels)
        medium = self.medium(large)
        small = self.small(medium)
        seen = self.to_small(torch.cat([self.grow(self.smallest(small)), small], dim=1))
        seen = self.to_medium(torch.cat([self.grow(seen), medium], dim=1))
        seen = self.to_large(torch.cat([self.grow(seen), large], dim=1))
        return self.grow(self.answer(seen))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the likeliest label of each pixel, and its probability.

        Args:
            pixels: Pictures, shaped (rows, 3, height, width), from 0 to 1; sides are multiples of 16.
        """
        probability, label = self.scores(pixels).softmax(dim=1).max(dim=1)
        return label, probability


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())
