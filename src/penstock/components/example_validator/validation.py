# SPDX-License-Identifier: Apache-2.0
"""TFDV's anomalies, as messages and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from penstock.components.example_validator.rules import Anomaly
from penstock.errors import DependencyError, ParameterError

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


def validated(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    conditions: Message | None,
) -> anomalies_pb2.Anomalies:
    """Returns what TFDV finds in statistics, by the schema and by conditions of the user's own."""
    # Releases of TFDV without such conditions do not have the argument.
    options = {} if conditions is None else {"custom_validation_config": conditions}
    return tfdv.validate_statistics(statistics, schema, **options)


def parse_conditions(text: str | None) -> Message | None:
    """Reads a ``CustomValidationConfig`` in text form; ``None`` where there is none.

    Raises:
        ParameterError: The text is something else.
        DependencyError: The release of TFDV that is installed has no such conditions.
    """
    if not text:
        return None
    try:
        from tensorflow_data_validation.anomalies.proto.custom_validation_config_pb2 import (
            CustomValidationConfig,
        )
    except ModuleNotFoundError as error:
        raise DependencyError(
            "custom_validation_config cannot be checked: this TFDV has no conditions in SQL",
            expected="a TFDV that has them, such as 1.16",
            got=f"tensorflow-data-validation {version('tensorflow-data-validation')}",
            hint="leave it out; fail_on and the schema's ranges, domains and presence work with every release",
        ) from error
    try:
        return text_format.Parse(text, CustomValidationConfig())
    except text_format.ParseError as error:
        raise ParameterError(
            "custom_validation_config is no CustomValidationConfig in text form", got=str(error)
        ) from error
