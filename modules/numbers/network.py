# SPDX-License-Identifier: Apache-2.0
"""A network with two weights."""

from __future__ import annotations

import torch


class Times(torch.nn.Module):
    """Multiplies a number by what it has learnt.

    Args:
        scale: Numbers are divided by it first: weights learn evenly where what they see is about 1.
    """

    def __init__(self, scale: float = 50.0) -> None:
        super().__init__()
        self.scale = scale
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns a number per row, for rows of one number each."""
        answer: torch.Tensor = self.linear(x.reshape(-1, 1) / self.scale)
        return answer.reshape(-1)
