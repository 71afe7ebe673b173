# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from penstock.errors import DataError, StorageError
from penstock.statistics.files import (
    parse_schema_file,
    read_anomalies,
    read_schema,
    read_statistics,
    write_anomalies,
    write_schema,
    write_statistics,
)


def test_statistics_come_back(tmp_path: Path) -> None:
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    statistics.datasets.add(num_examples=3)
    write_statistics(str(tmp_path / "new" / "folder"), statistics)
    assert (tmp_path / "new" / "folder" / "FeatureStats.pb").read_bytes() == statistics.SerializeToString()
    assert read_statistics(str(tmp_path / "new" / "folder")) == statistics


def test_schema_comes_back_as_text(tmp_path: Path) -> None:
    schema = schema_pb2.Schema()
    schema.feature.add(name="größe", type=schema_pb2.FLOAT)
    write_schema(str(tmp_path), schema)
    assert "type: FLOAT" in (tmp_path / "schema.pbtxt").read_text()
    assert read_schema(str(tmp_path)) == schema


def test_anomalies_come_back(tmp_path: Path) -> None:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["x"].description = "strange"
    write_anomalies(str(tmp_path), anomalies)
    assert read_anomalies(str(tmp_path)) == anomalies


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"FeatureStats\.pb"):
        read_statistics(str(tmp_path))


def test_damaged_statistics_are_named(tmp_path: Path) -> None:
    (tmp_path / "FeatureStats.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(DataError, match=r"FeatureStats\.pb is damaged.*DatasetFeatureStatisticsList"):
        read_statistics(str(tmp_path))


def test_a_wrong_schema_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "mine.pbtxt"
    path.write_text('feature {\n  name: "x"\n  typ: INT\n}\n')
    with pytest.raises(DataError, match=r"mine\.pbtxt is not a schema.*3:3.*typ"):
        parse_schema_file(str(path))


def test_a_schema_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"\x80\x81\x82")
    with pytest.raises(DataError, match="not UTF-8 at offset 0"):
        parse_schema_file(str(path))
