# SPDX-License-Identifier: Apache-2.0
"""Makes the deliveries that this project ships: ``python data/generate_deliveries.py [--out data/deliveries]``.

The deliveries are invented. ``history/`` has those that were made, with what came of them; ``today/`` those that are
to be made, in a list for every morning hour; ``depots.db`` is an SQLite database with a table of the depots that they
start from. The same rows come out on every machine: they are made from ``random.Random.random`` with sums and
products alone.

What there is to learn: driving takes longer in the rush hours, in rain, and with many stops; whether a delivery is
late depends on the drive, and on how long its depot takes to load and how many vans it has.
"""

from __future__ import annotations

import argparse
import csv
import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

KNOWN = ("delivery", "depot", "distance_km", "stops", "hour", "rain", "promised_minutes")
OUTCOME = ("drive_minutes", "loading_minutes", "vans", "late")

DEPOTS = {
    "Harbour": (14, 9),
    "Mill Lane": (22, 5),
    "North Gate": (9, 12),
    "Orchard Road": (18, 7),
    "Station": (11, 8),
    "West Park": (28, 4),
}
"""Minutes that loading takes and number of vans, by depot."""

HISTORY = (21, 1, 2400)
TODAY = (22, 2401, 120)
"""Seed, number of the first delivery, and number of deliveries: of the history, of each hour of today."""
MORNING = (7, 8, 9)

Delivery = Mapping[str, object]


def deliveries(seed: int, first: int, count: int, hour: int | None = None) -> Iterator[Delivery]:
    """Yields deliveries with what came of them, of one hour or of all."""
    rng = random.Random(seed)
    names = list(DEPOTS)
    for number in range(first, first + count):
        depot = names[int(len(names) * rng.random())]
        loading_minutes, vans = DEPOTS[depot]
        distance_km = round(1 + 29 * rng.random() * rng.random(), 1)
        stops = 1 + int(6 * rng.random() * rng.random())
        start = 6 + int(14 * rng.random()) if hour is None else hour
        rain = int(rng.random() < 0.3)
        rush = 1.5 if start in (7, 8, 9, 16, 17, 18) else 1.0
        drive = (4 + 1.6 * distance_km * rush * (1.2 if rain else 1.0) + 5 * stops) * (
            0.9 + 0.2 * rng.random()
        )
        promised_minutes = 15 * int(2 + distance_km / 12 + 3 * rng.random())
        waiting = 50 * rng.random() * rng.random() / vans
        yield {
            "delivery": f"D{number:05d}",
            "depot": depot,
            "distance_km": distance_km,
            "stops": stops,
            "hour": start,
            "rain": rain,
            "promised_minutes": promised_minutes,
            "drive_minutes": round(drive),
            "loading_minutes": loading_minutes,
            "vans": vans,
            "late": int(loading_minutes + waiting + drive > promised_minutes),
        }


def write(folder: Path) -> list[Path]:
    """Writes the lists of deliveries and the database, and returns the files."""
    paths = [_write(folder / "history" / "deliveries.csv", (*KNOWN, *OUTCOME), deliveries(*HISTORY))]
    seed, first, count = TODAY
    for index, hour in enumerate(MORNING):
        rows = deliveries(seed + index, first + index * count, count, hour)
        paths.append(_write(folder / "today" / f"{hour:02d}.csv", KNOWN, rows))
    return [*paths, _write_depots(folder / "depots.db")]


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Delivery]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _write_depots(path: Path) -> Path:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE depots (depot TEXT PRIMARY KEY, loading_minutes INTEGER, vans INTEGER)"
        )
        connection.executemany(
            "INSERT INTO depots VALUES (?, ?, ?)", [(name, *values) for name, values in DEPOTS.items()]
        )
    connection.close()
    return path


def main() -> None:
    """Writes the shipped files, or the same ones elsewhere."""
    parser = argparse.ArgumentParser(description="Makes the deliveries that this project ships.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "deliveries", help="folder to write to"
    )
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
