# SPDX-License-Identifier: Apache-2.0
"""Makes the taxi trips that this project ships: ``python data/generate_taxi.py [--out data/taxi]``.

The rows are invented; only the columns are those of Chicago's public taxi records. The same rows come out on
every machine: everything that is printed is made from ``random.Random.random`` (whose sequence Python
guarantees) with sums, products and square roots (which IEEE 754 makes exact to the last bit).

What there is to learn: a passenger tips more than 20 % of the fare nearly only by card; then rather in the
evening, on the way to or from an airport, from the lake side of town, and with some companies. Span 2 is the
next year: more trips are paid by card, fares went up, one company is new, and morning passengers became less
generous.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

COLUMNS = (
    "pickup_community_area", "fare", "trip_start_month", "trip_start_hour", "trip_start_day",
    "trip_start_timestamp", "pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude",
    "trip_miles", "pickup_census_tract", "dropoff_census_tract", "payment_type", "company", "trip_seconds",
    "dropoff_community_area", "tips",
)  # fmt: skip
ROWS_PER_SPAN = 7000


@dataclass(frozen=True)
class Span:
    """How the trips of one year differ from those of another."""

    year: int
    card_share: float
    fare_factor: float
    morning_generosity: float
    companies: Mapping[str, float]


@dataclass(frozen=True)
class Area:
    """A community area: its number, how often trips start there, its middle, and how its passengers tip."""

    number: int
    weight: float
    latitude: float
    longitude: float
    generosity: float = 0.0


AREAS = (
    Area(8, 30, 41.900, -87.633, 0.5), Area(32, 22, 41.880, -87.630, 0.3), Area(28, 9, 41.874, -87.664),
    Area(6, 8, 41.943, -87.654, 0.5), Area(76, 6, 41.979, -87.903, 1.0), Area(7, 6, 41.922, -87.648, 0.6),
    Area(24, 5, 41.901, -87.683, 0.2), Area(33, 3, 41.857, -87.622), Area(56, 2.5, 41.792, -87.768, 0.8),
    Area(3, 2.5, 41.966, -87.655), Area(77, 2, 41.987, -87.662), Area(22, 1.5, 41.923, -87.705, -0.3),
    Area(5, 1, 41.946, -87.683), Area(41, 1, 41.794, -87.592, -0.4), Area(1, 0.8, 42.010, -87.671, -0.4),
    Area(16, 0.6, 41.954, -87.724, -0.6), Area(60, 0.6, 41.838, -87.651, -0.8),
    Area(44, 0.5, 41.740, -87.613, -1.0),
)  # fmt: skip
_POINTS_PER_AREA = 4
_MILES_PER_DEGREE = 69.0
_COSINE_OF_LATITUDE = 0.7445

HOURS = (5, 4, 3, 2, 1.2, 1, 1.4, 3, 5, 5.5, 5.5, 5.5, 6, 6, 6, 6, 6.5, 7, 8, 8.5, 8, 7.5, 7, 6)

COMPANIES = {
    "": 34, "Prairie Taxi Affiliation": 27, "Lakefront Dispatch": 12, "Green Line Cab Association": 9,
    "Union Taxi Cooperative": 7, "Northside Fleet Management": 5, "Harbor Taxi Association": 2.5,
    "Meridian Cab": 1, "Old Town Cab Company": 0.8, "1022 - A. Lindqvist": 0.5,
    "2410 - Sixth Street Cab": 0.5, "3305 - M. Okafor": 0.4, "4711 - Blue Door Inc.": 0.4,
}  # fmt: skip
_COMPANY_GENEROSITY = {"Lakefront Dispatch": 1.8, "Union Taxi Cooperative": -1.8, "Meridian Cab": 1.5}

SPANS = {
    1: Span(2023, 0.42, 1.0, 0.0, COMPANIES),
    2: Span(2024, 0.47, 1.07, -1.2, {**COMPANIES, "Kestrel Electric Cabs": 4}),
}


class Choice(Generic[T]):
    """Draws values with given weights."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self._values = values
        self._total = sum(weights)
        self._weights = weights

    def draw(self, rng: random.Random) -> T:
        """Returns one of the values."""
        point = rng.random() * self._total
        for value, weight in zip(self._values, self._weights, strict=True):
            point -= weight
            if point < 0:
                return value
        return self._values[-1]


def _bell(rng: random.Random) -> float:
    """Returns a draw of mean 0 and deviation 1 that is nearly normal, made of exact operations only."""
    return sum(rng.random() for _ in range(12)) - 6.0


def _place(area: Area, point: int) -> tuple[float, float]:
    """Returns latitude and longitude of one of the few points that stand for an area."""
    return area.latitude + 0.006 * (point % 2) - 0.003, area.longitude + 0.008 * (point // 2) - 0.004


def _is_true(logit: float, rng: random.Random) -> bool:
    return rng.random() < 1.0 / (1.0 + math.exp(-logit))


class TripMaker:
    """Makes trips of one span, one after the other."""

    def __init__(self, number: int, span: Span) -> None:
        self._span = span
        self._rng = random.Random(20_231_107 + number)
        self._areas = Choice(AREAS, [area.weight for area in AREAS])
        self._hours = Choice(range(24), HOURS)
        self._companies = Choice(tuple(span.companies), tuple(span.companies.values()))
        rare = {"No Charge": 0.012, "Unknown": 0.01, "Dispute": 0.008}
        shares = {"Credit Card": span.card_share, "Cash": 0.97 - span.card_share, **rare}
        self._payments = Choice(tuple(shares), tuple(shares.values()))

    def trip(self) -> dict[str, str]:
        """Returns the cells of one trip; an empty cell is a missing value."""
        rng = self._rng
        start = self._start()
        pickup, dropoff = self._areas.draw(rng), self._areas.draw(rng)
        from_point, to_point = int(rng.random() * _POINTS_PER_AREA), int(rng.random() * _POINTS_PER_AREA)
        here, there = _place(pickup, from_point), _place(dropoff, to_point)
        miles = self._miles(here, there)
        seconds = self._seconds(miles, start.hour)
        fare = self._fare(miles, seconds)
        payment = self._payments.draw(rng)
        company = self._companies.draw(rng)
        tips = self._tips(fare, payment, self._generosity(start.hour, pickup, dropoff, company))
        cells = {
            "pickup_community_area": str(pickup.number),
            "fare": f"{fare:.2f}",
            "trip_start_month": str(start.month),
            "trip_start_hour": str(start.hour),
            "trip_start_day": str(start.isoweekday() % 7 + 1),
            "trip_start_timestamp": str(int(start.timestamp())),
            "pickup_latitude": f"{here[0]:.4f}",
            "pickup_longitude": f"{here[1]:.4f}",
            "dropoff_latitude": f"{there[0]:.4f}",
            "dropoff_longitude": f"{there[1]:.4f}",
            "trip_miles": "0.0" if rng.random() < 0.2 else f"{miles:.1f}",
            "pickup_census_tract": _tract(pickup, from_point),
            "dropoff_census_tract": _tract(dropoff, to_point),
            "payment_type": payment,
            "company": company,
            "trip_seconds": str(seconds),
            "dropoff_community_area": str(dropoff.number),
            "tips": f"{tips:.2f}",
        }
        return self._with_gaps(cells)

    def _start(self) -> datetime.datetime:
        day = int(self._rng.random() * 365)
        quarter = int(self._rng.random() * 4)
        first = datetime.datetime(self._span.year, 1, 1, tzinfo=datetime.timezone.utc)
        return first + datetime.timedelta(days=day, hours=self._hours.draw(self._rng), minutes=15 * quarter)

    def _miles(self, here: tuple[float, float], there: tuple[float, float]) -> float:
        north = (there[0] - here[0]) * _MILES_PER_DEGREE
        east = (there[1] - here[1]) * _MILES_PER_DEGREE * _COSINE_OF_LATITUDE
        detour = 1.25 + 0.1 * _bell(self._rng)
        return max(0.3, math.sqrt(north * north + east * east) * detour)

    def _seconds(self, miles: float, hour: int) -> int:
        rush = hour in (7, 8, 9, 16, 17, 18)
        minutes = 2.0 + miles * (3.6 if rush else 2.6) * max(0.5, 1.0 + 0.25 * _bell(self._rng))
        return 60 * int(minutes + 0.5)

    def _fare(self, miles: float, seconds: int) -> float:
        metered = 3.25 + 1.9 * miles + seconds / 360.0
        return round(metered * self._span.fare_factor * 20.0) / 20.0

    def _generosity(self, hour: int, pickup: Area, dropoff: Area, company: str) -> float:
        evening = 1.5 if hour >= 17 else (-1.5 if 1 <= hour <= 5 else 0.0)
        morning = self._span.morning_generosity if 6 <= hour <= 11 else 0.0
        places = 2.0 * pickup.generosity + 1.2 * dropoff.generosity
        return evening + morning + places + _COMPANY_GENEROSITY.get(company, 0.0) - 1.0

    def _tips(self, fare: float, payment: str, generosity: float) -> float:
        rng = self._rng
        if payment != "Credit Card" and rng.random() > 0.01:
            return 0.0
        if _is_true(generosity, rng):
            return round(fare * (0.21 + 0.12 * rng.random()) * 100.0) / 100.0
        return 0.0 if rng.random() < 0.3 else round(fare * (0.05 + 0.14 * rng.random()) * 100.0) / 100.0

    def _with_gaps(self, cells: dict[str, str]) -> dict[str, str]:
        rng = self._rng
        gaps = {
            ("pickup_community_area", "pickup_latitude", "pickup_longitude"): 0.01,
            ("dropoff_community_area", "dropoff_latitude", "dropoff_longitude"): 0.035,
            ("pickup_census_tract",): 0.97,
            ("dropoff_census_tract",): 0.3,
            ("trip_seconds",): 0.004,
        }
        for names, share in gaps.items():
            if rng.random() < share:
                cells.update(dict.fromkeys(names, ""))
        return cells


def _tract(area: Area, point: int) -> str:
    return f"17031{area.number:02d}{point + 1:02d}00"


def trips(number: int, rows: int = ROWS_PER_SPAN) -> Iterator[dict[str, str]]:
    """Yields the first ``rows`` trips of a span."""
    maker = TripMaker(number, SPANS[number])
    for _ in range(rows):
        yield maker.trip()


def write(folder: Path) -> list[Path]:
    """Writes ``span-<number>/trips.csv`` for every span and returns the files."""
    files = []
    for number in SPANS:
        path = folder / f"span-{number}" / "trips.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(trips(number))
        files.append(path)
    return files


def main() -> None:
    """Writes the shipped files, or the same ones elsewhere."""
    parser = argparse.ArgumentParser(description="Makes the taxi trips that this project ships.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "taxi", help="folder to write to")
    for path in write(parser.parse_args().out):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
