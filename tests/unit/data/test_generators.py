# SPDX-License-Identifier: Apache-2.0
"""The shipped numbers, houses, deliveries and pictures are what their generators make."""

from __future__ import annotations

import csv
import importlib.util
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

DATA = Path(__file__).parents[3] / "data"


def generator(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generate_{name}", DATA / f"generate_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["numbers", "houses", "deliveries"])
def test_the_generators_make_the_shipped_files_byte_by_byte(name: str, tmp_path: Path) -> None:
    made = [path for path in generator(name).write(tmp_path) if path.suffix == ".csv"]
    shipped = sorted((DATA / name).rglob("*.csv"))
    assert sorted(path.relative_to(tmp_path) for path in made) == [
        p.relative_to(DATA / name) for p in shipped
    ]
    for path in made:
        assert path.read_bytes() == (DATA / name / path.relative_to(tmp_path)).read_bytes()


def test_the_shipped_database_has_the_depots_of_the_generator() -> None:
    connection = sqlite3.connect(DATA / "deliveries" / "depots.db")
    found = connection.execute("SELECT depot, loading_minutes, vans FROM depots").fetchall()
    connection.close()
    assert {depot: tuple(values) for depot, *values in found} == generator("deliveries").DEPOTS


@pytest.mark.parametrize("name", ["numbers", "houses", "deliveries", "shapes"])
def test_the_shipped_files_stay_small(name: str) -> None:
    assert sum(path.stat().st_size for path in (DATA / name).rglob("*") if path.is_file()) <= 220_000


def test_the_shipped_pictures_are_drawn_by_the_module(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    chops = pytest.importorskip("PIL.ImageChops")
    stat = pytest.importorskip("PIL.ImageStat")
    made = [path for path in generator("shapes").write(tmp_path) if path.suffix == ".png"]
    assert len(made) == 12
    for path in made:
        shipped = DATA / "shapes" / path.relative_to(tmp_path)
        # Another version of pillow may draw an edge a shade lighter, and packs files differently.
        apart = chops.difference(image.open(path), image.open(shipped))
        assert max(stat.Stat(apart).mean) < 0.5


def test_a_delivery_is_known_by_its_number() -> None:
    made = [*rows("deliveries/history/deliveries.csv")]
    made += [row for hour in ("07", "08", "09") for row in rows(f"deliveries/today/{hour}.csv")]
    assert len({row["delivery"] for row in made}) == len(made) == 2400 + 3 * 120
    late = [row["late"] == "1" for row in made if "late" in row]
    assert 0.3 < sum(late) / len(late) < 0.5


def test_houses_near_the_station_are_dearer() -> None:
    sold = rows("houses/sold/houses.csv")

    def price_of_a_metre(near: bool) -> float:
        chosen = [row for row in sold if (float(row["station_km"]) < 2) == near]
        return sum(float(row["price"]) / float(row["area"]) for row in chosen) / len(chosen)

    assert price_of_a_metre(near=True) > 1.1 * price_of_a_metre(near=False)
