# SPDX-License-Identifier: Apache-2.0
"""Makes the house sales that this project ships: ``python data/generate_houses.py [--out data/houses]``.

The houses are invented. ``sold/`` has those of a year, to learn prices from; ``new/`` has those of the month after, on
which two models are compared. The same rows come out on every machine: they are made from ``random.Random.random``
with sums and products alone.

What there is to learn: a price grows with the area, faster where the station is near; old houses are cheap, except
very old ones; a garden is worth more in the suburbs. So a linear model gets far, but not all the way.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ("house", "area", "rooms", "age", "station_km", "garden", "condition", "price")
FILES = {"sold": (11, 1, 1500), "new": (12, 1501, 400)}
"""Seed, number of the first house, and number of houses, by folder."""


def houses(seed: int, first: int, count: int) -> Iterator[dict[str, object]]:
    """Yields houses with their prices in thousands."""
    rng = random.Random(seed)
    for number in range(first, first + count):
        area = round(45 + 160 * rng.random() * rng.random())
        rooms = max(1, round(area / (22 + 12 * rng.random())))
        age = round(120 * rng.random() * rng.random())
        station_km = round(0.2 + 14 * rng.random() * rng.random(), 1)
        garden = round(900 * rng.random() * min(station_km, 6.0) / 6) if rng.random() < 0.6 else 0
        condition = 1 + int(5 * rng.random())
        yield {
            "house": f"H{number:05d}",
            "area": area,
            "rooms": rooms,
            "age": age,
            "station_km": station_km,
            "garden": garden,
            "condition": condition,
            "price": round(
                _price(area, age, station_km, garden, condition) * (0.94 + 0.12 * rng.random()), 1
            ),
        }


def _price(area: float, age: float, station_km: float, garden: float, condition: int) -> float:
    per_square_metre = 2.2 + 2.4 / (1 + station_km / 3)
    worn = age * 0.9 if age < 70 else 63 - (age - 70) * 2.0
    return 40 + area * per_square_metre + 0.02 * garden * (1 + station_km / 4) + 14 * condition - worn


def write(folder: Path) -> list[Path]:
    """Writes ``<folder>/<name>/houses.csv`` and returns the files."""
    paths = []
    for name, (seed, first, count) in FILES.items():
        path = folder / name / "houses.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(houses(seed, first, count))
        paths.append(path)
    return paths


def main() -> None:
    """Writes the shipped files, or the same ones elsewhere."""
    parser = argparse.ArgumentParser(description="Makes the house sales that this project ships.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "houses", help="folder to write to"
    )
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
