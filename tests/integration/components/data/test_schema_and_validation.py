# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from component_runs import Ran, make_examples, run_component
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.artifacts.standard import Schema
from penstock.components.example_validator.component import ExampleValidator
from penstock.components.schema_gen.component import SchemaGen
from penstock.components.statistics_gen.component import StatisticsGen
from penstock.errors import DependencyError
from penstock.statistics.files import read_anomalies, read_schema, write_schema


def statistics_of(folder: Path, **splits: pa.Table) -> Ran:
    examples = make_examples(folder / "examples", splits)
    return run_component(StatisticsGen, folder / "statistics", inputs={"examples": examples})


def schema_of(folder: Path, statistics: Ran, **parameters: object) -> tuple[Ran, schema_pb2.Schema]:
    ran = run_component(
        SchemaGen, folder / "schema", inputs={"statistics": statistics.outputs["statistics"]}, **parameters
    )
    return ran, read_schema(ran.uri("schema"))


def test_the_schema_is_tfdvs(statistics: Ran, schema_run: Ran) -> None:
    root = statistics.uri("statistics")
    train, evaluation = (
        tfdv.load_stats_binary(f"{root}/Split-{split}/FeatureStats.pb") for split in ("train", "eval")
    )
    expected = tfdv.update_schema(tfdv.infer_schema(train, infer_feature_shape=False), evaluation, False)
    assert read_schema(schema_run.uri("schema")) == expected
    assert tfdv.load_schema_text(f"{schema_run.uri('schema')}/schema.pbtxt") == expected
    assert schema_run.result.features == 4


def test_the_schema_fits_all_splits(tmp_path: Path) -> None:
    train, evaluation = pa.table({"x": [1, 2], "y": ["a", "b"]}), pa.table({"x": [3, None], "y": ["c", "a"]})
    _, schema = schema_of(tmp_path, statistics_of(tmp_path, train=train, eval=evaluation))
    by_name = {feature.name: feature for feature in schema.feature}
    assert not by_name["x"].HasField("shape"), "one split has a missing value"
    assert set(schema.string_domain[0].value) == {"a", "b", "c"}


def test_excluded_splits_do_not_count(tmp_path: Path) -> None:
    train, evaluation = pa.table({"x": [1, 2]}), pa.table({"x": [1, None]})
    statistics = statistics_of(tmp_path, train=train, eval=evaluation)
    _, schema = schema_of(tmp_path, statistics, exclude_splits=["eval"])
    assert schema.feature[0].shape.dim[0].size == 1


def test_features_without_any_value_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = pa.table({"x": [1, 2], "tips": pa.nulls(2)})
    ran, schema = schema_of(tmp_path, statistics_of(tmp_path, train=table))
    assert ran.result.without_values == ("tips",)
    assert {feature.name for feature in schema.feature} == {"x", "tips"}
    assert "no row has a value of tips" in caplog.text


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2]})
    first, _ = schema_of(tmp_path / "a", statistics_of(tmp_path / "a", train=table))
    second, _ = schema_of(tmp_path / "b", statistics_of(tmp_path / "b", train=table))
    other, _ = schema_of(tmp_path / "c", statistics_of(tmp_path / "c", train=pa.table({"y": [1]})))
    assert first.result.digest == second.result.digest != other.result.digest


@pytest.fixture
def strict(tmp_path: Path, schema: Schema) -> Schema:
    """The schema, but for a column that is not there and a value that is not allowed."""
    changed = read_schema(schema.uri)
    changed.feature.add(name="label", type=schema_pb2.INT).presence.min_fraction = 1.0
    domain = next(domain for domain in changed.string_domain if domain.name == "place")
    domain.value.remove("harbour")
    write_schema(str(tmp_path / "strict"), changed)
    return Schema(str(tmp_path / "strict"))


def validate(folder: Path, statistics: Ran, schema: Schema, **parameters: object) -> Ran:
    inputs = {"statistics": statistics.outputs["statistics"], "schema": schema}
    return run_component(ExampleValidator, folder / "anomalies", inputs=inputs, **parameters)


def test_data_that_fits_is_blessed(tmp_path: Path, statistics: Ran, schema: Schema) -> None:
    ran = validate(tmp_path, statistics, schema, fail_on="any")
    assert ran.record.artifacts["anomalies"][0].custom_properties["blessed"] == {"train": 1, "eval": 1}
    assert ran.record.stop is None
    assert not read_anomalies(f"{ran.uri('anomalies')}/Split-train").anomaly_info


def test_anomalies_are_those_of_tfdv(tmp_path: Path, statistics: Ran, strict: Schema) -> None:
    ran = validate(tmp_path, statistics, strict)
    found = read_anomalies(f"{ran.uri('anomalies')}/Split-eval")
    assert set(found.anomaly_info) == {"label", "place"}
    statistics_file = f"{statistics.uri('statistics')}/Split-eval/FeatureStats.pb"
    assert found == tfdv.validate_statistics(tfdv.load_stats_binary(statistics_file), read_schema(strict.uri))
    assert {(a.split, a.feature, a.types) for a in ran.result.anomalies} == {
        (split, feature, types)
        for split in ("train", "eval")
        for feature, types in (
            ("label", ("SCHEMA_MISSING_COLUMN",)),
            ("place", ("ENUM_TYPE_UNEXPECTED_STRING_VALUES",)),
        )
    }
    assert ran.record.artifacts["anomalies"][0].custom_properties["blessed"] == {"train": 0, "eval": 0}
    assert ran.record.stop is None, "without fail_on anomalies are a normal outcome"


def test_fail_on_stops_the_run_after_publishing(tmp_path: Path, statistics: Ran, strict: Schema) -> None:
    ran = validate(
        tmp_path, statistics, strict, fail_on=["SCHEMA_MISSING_COLUMN", "any@hour"], exclude_splits=["eval"]
    )
    assert ran.record.stop == "fail_on names label in train: SCHEMA_MISSING_COLUMN"
    assert Path(ran.uri("anomalies"), "Split-train", "SchemaDiff.pb").exists()
    assert not Path(ran.uri("anomalies"), "Split-eval").exists()


CONDITIONS_MODULE = "tensorflow_data_validation.anomalies.proto.custom_validation_config_pb2"
CONDITIONS = """
feature_validations {
  feature_path { step: "place" }
  validations {
    sql_expression: "feature.string_stats.unique > 100"
    severity: ERROR
    description: "too few places"
  }
}
"""


@pytest.mark.skipif(find_spec(CONDITIONS_MODULE) is None, reason="this TFDV has no conditions in SQL")
def test_conditions_of_the_users_own_are_checked(tmp_path: Path, statistics: Ran, schema: Schema) -> None:
    ran = validate(tmp_path, statistics, schema, custom_validation_config=CONDITIONS, fail_on="error")
    assert {(a.feature, a.types) for a in ran.result.anomalies} == {("place", ("CUSTOM_VALIDATION",))}
    assert "feature.string_stats.unique > 100" in ran.result.anomalies[0].description
    assert (
        ran.record.stop == "fail_on names place in train: CUSTOM_VALIDATION; place in eval: CUSTOM_VALIDATION"
    )


def test_conditions_that_tfdv_does_not_have_are_refused(
    tmp_path: Path, statistics: Ran, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, CONDITIONS_MODULE, None)  # as in releases that do not have it
    with pytest.raises(
        DependencyError, match=r"custom_validation_config cannot.*tensorflow-data-validation 1\."
    ):
        validate(tmp_path, statistics, schema, custom_validation_config=CONDITIONS)
    assert validate(tmp_path, statistics, schema, fail_on="any").record.stop is None
