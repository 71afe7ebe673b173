# SPDX-License-Identifier: Apache-2.0
"""``penstock.testing.run_component`` on light components and on standard ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from light.component import Add, Number

from penstock import testing
from penstock.components import CsvExampleGen, ExampleValidator, SchemaGen, StatisticsGen
from penstock.errors import DataError, NodeFailedError, PipelineError, UserCodeError
from penstock.types.standard_artifacts import Integer, Schema


def number(value: int) -> testing.Channel:
    return testing.artifact(Integer, {"value": str(value)}, custom_properties={"value": value})


def test_a_component_runs_on_artifacts_made_on_the_spot() -> None:
    ran = testing.run_component(Add([number(3), number(4)]))
    assert (ran.state, ran.summary) == ("ran", "= 7")
    assert ran.artifact("total").get_int_custom_property("value") == 7
    assert ran.content("total") == 7


def test_what_it_puts_out_can_be_given_on_and_others_run_before_it() -> None:
    first = testing.run_component(Number(5))
    assert first.rows == 5
    again = testing.run_component(Add([first.channel("number"), Number(6).outputs["number"]]))
    assert again.summary == "= 11"
    with pytest.raises(PipelineError, match="there is no output 'sum'; what to do: known: total"):
        again.artifact("sum")


def test_a_skip_says_why_and_has_no_outputs() -> None:
    ran = testing.run_component(Number(1, behaviour="skip"))
    assert (ran.state, ran.reason, dict(ran.outputs)) == ("skipped", "told to", {})


def test_the_components_own_error_is_raised() -> None:
    with pytest.raises(UserCodeError, match="NumberExecutor.execute raised ValueError: the number is cursed"):
        testing.run_component(Number(1, behaviour="raise"))
    with pytest.raises(DataError, match="refused by the driver"):
        testing.run_component(Number(1, behaviour="refuse"))
    with pytest.raises(NodeFailedError, match="the number says stop"):
        testing.run_component(Number(1, behaviour="stop"))


def test_nothing_is_left_in_the_working_directory(tmp_path: Path) -> None:
    testing.run_component(Number(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tensorflow
def test_standard_components_open_what_they_made() -> None:
    examples = testing.examples(
        train={"fare": [1.0, 2.5, None], "kind": ["a", "b", "a"]}, eval={"fare": [3.0], "kind": ["c"]}
    )
    statistics = testing.run_component(StatisticsGen(examples=examples))
    assert {
        split: found.datasets[0].num_examples for split, found in statistics.content("statistics").items()
    } == {
        "train": 3,
        "eval": 1,
    }
    schema = testing.run_component(SchemaGen(statistics=statistics.channel("statistics")))
    assert [feature.name for feature in schema.content("schema").feature] == ["fare", "kind"]
    odd = testing.run_component(
        StatisticsGen(examples=testing.examples(train={"fare": [1.0], "other": [1]}))
    ).channel("statistics")
    anomalies = testing.run_component(ExampleValidator(statistics=odd, schema=schema.channel("schema")))
    assert set(anomalies.content("anomalies")["train"].anomaly_info) >= {"kind", "other"}


@pytest.mark.tensorflow
@pytest.mark.parametrize("form", ["parquet", "tfrecord"])
def test_an_example_gen_runs_on_files(tmp_path: Path, form: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("x,y\n" + "".join(f"{i},t{i}\n" for i in range(90)))
    ran = testing.run_component(CsvExampleGen(input_base=str(tmp_path / "data")), examples_format=form)  # type: ignore[arg-type]
    tables = ran.content("examples")
    assert sum(table.num_rows for table in tables.values()) == ran.rows == 90
    assert sorted(tables["train"].column("x").to_pylist() + tables["eval"].column("x").to_pylist()) == list(
        range(90)
    )


@pytest.mark.tensorflow
def test_a_schema_is_given_as_text_message_or_table() -> None:
    from tensorflow_metadata.proto.v0 import schema_pb2

    message = schema_pb2.Schema(feature=[schema_pb2.Feature(name="x", type=schema_pb2.INT)])
    for source in ('feature { name: "x" type: INT }', message, {"x": [1, 2]}):
        channel = testing.schema(source)
        assert channel.type is Schema
        assert channel.producer is not None
        assert 'name: "x"' in Path(channel.producer.source_uri, "schema.pbtxt").read_text()  # type: ignore[attr-defined]
