# SPDX-License-Identifier: Apache-2.0
"""The shipped taxi trips are what their generator makes, and have in them what the pipeline is to show."""

from __future__ import annotations

import collections
import csv
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "data" / "taxi"


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("generate_taxi", ROOT / "data" / "generate_taxi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_taxi"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["generate_taxi"]


def rows(span: int) -> list[dict[str, str]]:
    with (SHIPPED / f"span-{span}" / "trips.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_generator_makes_the_shipped_files_byte_by_byte(generator: ModuleType, tmp_path: Path) -> None:
    made = generator.write(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in made] == [
        "span-1/trips.csv",
        "span-2/trips.csv",
    ]
    for path in made:
        assert path.read_bytes() == (SHIPPED / path.relative_to(tmp_path)).read_bytes()


def test_the_shipped_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) <= 2_000_000


def test_the_columns_are_those_of_the_public_records(generator: ModuleType) -> None:
    real = ROOT.parent / "shared" / "data" / "taxi" / "trips.csv"
    if not real.exists():
        pytest.skip("the real trips are not on this machine")
    with real.open() as file:
        assert next(csv.reader(file)) == list(generator.COLUMNS)


@pytest.mark.parametrize("span", [1, 2])
def test_there_are_missing_values_and_skewed_categories(span: int) -> None:
    trips = rows(span)
    missing = {name: sum(trip[name] == "" for trip in trips) / len(trips) for name in trips[0]}
    assert 0.3 < missing["company"] < 0.4
    assert 0.9 < missing["pickup_census_tract"] < 1.0
    assert 0.0 < missing["trip_seconds"] < 0.02
    assert missing["fare"] == missing["tips"] == missing["trip_start_hour"] == 0.0
    companies = collections.Counter(trip["company"] for trip in trips if trip["company"])
    ranked = companies.most_common()
    assert ranked[0][1] > 50 * ranked[-1][1]
    assert ranked[-1][1] >= 10  # so that every split of a few thousand rows has seen it


@pytest.mark.parametrize("span", [1, 2])
def test_the_label_depends_on_more_than_the_way_of_paying(span: int) -> None:
    trips = rows(span)
    tipped = [float(trip["tips"]) > 0.2 * float(trip["fare"]) for trip in trips]
    assert 0.2 < sum(tipped) / len(trips) < 0.4
    by_card = [
        (int(trip["trip_start_hour"]), big)
        for trip, big in zip(trips, tipped, strict=True)
        if trip["payment_type"] == "Credit Card"
    ]
    evening = [big for hour, big in by_card if hour >= 17]
    night = [big for hour, big in by_card if 1 <= hour <= 5]
    assert sum(evening) / len(evening) > sum(night) / len(night) + 0.3


def test_the_second_span_differs_a_little() -> None:
    first, second = rows(1), rows(2)

    def card_share(trips: list[dict[str, str]]) -> float:
        return sum(trip["payment_type"] == "Credit Card" for trip in trips) / len(trips)

    assert 0.02 < card_share(second) - card_share(first) < 0.1
    new = {trip["company"] for trip in second} - {trip["company"] for trip in first}
    assert new == {"Kestrel Electric Cabs"}
    assert min(int(trip["trip_start_timestamp"]) for trip in second) > max(
        int(trip["trip_start_timestamp"]) for trip in first
    )
