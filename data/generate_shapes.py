# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures that this project ships: ``python data/generate_shapes.py [--out data/shapes]``; needs pillow.

``known/drawings.csv`` has the numbers of pictures to learn from: :mod:`modules.shapes.drawing` draws the picture of a
number, and knows what is in it. ``pictures/`` has a few others as PNG files, to find shapes in. The numbers of those
are in their names.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
KNOWN = range(540)
PICTURES = range(1001, 1013)


def write(folder: Path) -> list[Path]:
    """Writes the list of drawings and the pictures, and returns the files."""
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    from modules.shapes.drawing import draw

    listed = folder / "known" / "drawings.csv"
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text("drawing\n" + "".join(f"{number}\n" for number in KNOWN), encoding="utf-8")
    paths = [listed]
    for number in PICTURES:
        path = folder / "pictures" / f"picture-{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).picture.save(path, optimize=True)
        paths.append(path)
    return paths


def main() -> None:
    """Writes the shipped files, or the same ones elsewhere."""
    parser = argparse.ArgumentParser(description="Makes the pictures that this project ships.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "shapes", help="folder to write to"
    )
    for path in write(parser.parse_args().out):
        print(path)


if __name__ == "__main__":
    main()
