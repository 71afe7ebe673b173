# SPDX-License-Identifier: Apache-2.0
"""TFDV's anomalies, as messages and as plain values."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import text_format
from tensorflow_data_validation.anomalies.proto.custom_validation_config_pb2 import CustomValidationConfig
from tensorflow_metadata.proto.v0 import anomalies_pb2

from penstock.components.example_validator.rules import Anomaly
from penstock.errors import ParameterError

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


def parse_conditions(text: str | None) -> CustomValidationConfig | None:
    """Reads a ``CustomValidationConfig`` in text form; ``None`` where there is none.

    Raises:
        ParameterError: The text is something else.
    """
    if not text:
        return None
    try:
        return text_format.Parse(text, CustomValidationConfig())
    except text_format.ParseError as error:
        raise ParameterError(
            "custom_validation_config is no CustomValidationConfig in text form", got=str(error)
        ) from error
