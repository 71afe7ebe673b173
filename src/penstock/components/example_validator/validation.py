# SPDX-License-Identifier: Apache-2.0
"""TFDV's anomalies, as messages and as plain values."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2

from penstock.components.example_validator.rules import Anomaly

_Info = anomalies_pb2.AnomalyInfo


def anomalies_of(split: str, found: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    """Yields what TFDV found in one split: first of the whole data set, then feature by feature, sorted."""
    if found.HasField("dataset_anomaly_info"):
        yield _anomaly(split, "", found.dataset_anomaly_info)
    for name in sorted(found.anomaly_info):
        info = found.anomaly_info[name]
        yield _anomaly(split, ".".join(info.path.step) or name, info)


def _anomaly(split: str, feature: str, info: anomalies_pb2.AnomalyInfo) -> Anomaly:
    return Anomaly(
        split=split,
        feature=feature,
        types=tuple(_Info.Type.Name(reason.type) for reason in info.reason),
        is_error=info.severity == _Info.ERROR,
        description=info.description,
    )
