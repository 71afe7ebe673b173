# SPDX-License-Identifier: Apache-2.0
"""Makes the numbers of the five times table: ``python data/generate_numbers.py [--out data/numbers]``.

``known/`` has numbers with their fivefold, to learn from; ``asked/`` has numbers alone.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

KNOWN = range(-50, 51)
ASKED = range(20, 210, 10)


def write(folder: Path) -> list[Path]:
    """Writes both files and returns them."""
    return [
        _write(folder / "known" / "numbers.csv", ("x", "y"), ((x, 5 * x) for x in KNOWN)),
        _write(folder / "asked" / "numbers.csv", ("x",), ((x,) for x in ASKED)),
    ]


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[int]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def main() -> None:
    """Writes the shipped files, or the same ones elsewhere."""
    parser = argparse.ArgumentParser(description="Makes the numbers that this project ships.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "numbers", help="folder to write to"
    )
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
