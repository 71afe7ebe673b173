# SPDX-License-Identifier: Apache-2.0
"""The penguins: the public data set where it lies beside the project, else birds like them."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared" / "data" / "penguins" / "penguins.csv"
HEADER = ["species", "culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
# What the three species measure, each number scaled to the range of all of them.
MEANS = {0: (0.24, 0.62, 0.31, 0.28), 1: (0.61, 0.63, 0.40, 0.29), 2: (0.56, 0.22, 0.77, 0.66)}
BIRDS = {0: 146, 1: 68, 2: 120}


@pytest.fixture(scope="session")
def penguins() -> list[list[str]]:
    """Rows of the file, the header first."""
    if SHARED.is_file():
        with SHARED.open(newline="") as file:
            return list(csv.reader(file))
    chance = random.Random(17)
    rows = [
        [str(species), *(str(min(max(chance.gauss(mean, 0.07), 0.0), 1.0)) for mean in MEANS[species])]
        for species, count in BIRDS.items()
        for _ in range(count)
    ]
    return [HEADER, *rows]
