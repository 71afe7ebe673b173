# SPDX-License-Identifier: Apache-2.0
"""A client of a pushed model that knows nothing of Penstock: raw CSV rows as tf.Examples in, scores out as JSON."""

from __future__ import annotations

import csv
import json
import sys

import tensorflow as tf

TEXT = ("payment_type", "company")
INTEGERS = (
    "trip_start_month", "trip_start_hour", "trip_start_day", "trip_start_timestamp", "pickup_census_tract",
    "dropoff_census_tract", "trip_seconds", "pickup_community_area", "dropoff_community_area",
)  # fmt: skip


def feature(name: str, text: str) -> tf.train.Feature:
    if name in TEXT:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
    if name in INTEGERS:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(text)]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=[float(text)]))


def example(row: dict[str, str]) -> bytes:
    known = {name: feature(name, text) for name, text in row.items() if text and name != "tips"}
    serialized: bytes = tf.train.Example(features=tf.train.Features(feature=known)).SerializeToString()
    return serialized


def main(model_path: str, csv_path: str, rows: int) -> None:
    with open(csv_path, newline="") as file:
        examples = [example(row) for row, _ in zip(csv.DictReader(file), range(rows), strict=False)]
    model = tf.saved_model.load(model_path)
    scores = model.signatures["serving_default"](examples=tf.constant(examples))["probability"]
    loaded = [name for name in sys.modules if name.partition(".")[0] in ("penstock", "tensorflow_transform")]
    sys.stdout.write(json.dumps({"scores": scores.numpy()[:, 0].tolist(), "loaded": loaded}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
