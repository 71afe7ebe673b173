# SPDX-License-Identifier: Apache-2.0
"""The columns of a taxi trip, by what is done with them. Transform and Trainer both go by these names."""

from __future__ import annotations

DENSE = ("fare", "trip_miles", "trip_seconds")
"""Numbers that are scaled to mean 0 and deviation 1."""

BUCKETED = ("pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude")
"""Numbers of which only the quantile counts."""
BUCKETS = 10

TEXT = ("payment_type", "company")
"""Strings that are looked up in a vocabulary made from the training data."""
VOCABULARY_SIZE = 200
UNSEEN_BUCKETS = 10
"""Ids for strings that the vocabulary does not hold."""

IDS = {
    "trip_start_hour": 24,
    "trip_start_day": 8,
    "trip_start_month": 13,
    "pickup_community_area": 78,
    "dropoff_community_area": 78,
}
"""Small integers that are ids as they are, with how many ids there are; 0 also stands for a missing one."""

FARE = "fare"
TIPS = "tips"
"""Known only after the trip: the label is made from it, and the model never sees it."""

LABEL = "big_tip"
"""1 where the passenger tipped more than a fifth of the fare."""


def transformed(name: str) -> str:
    """Returns the name of the transformed feature made from a column."""
    return f"{name}_xf"


def sizes() -> dict[str, int]:
    """Returns the categorical transformed features, each with its number of ids."""
    text = dict.fromkeys(TEXT, VOCABULARY_SIZE + UNSEEN_BUCKETS)
    counts = {**text, **dict.fromkeys(BUCKETED, BUCKETS + 1), **IDS}
    return {transformed(name): count for name, count in counts.items()}
