# SPDX-License-Identifier: Apache-2.0
"""What a user can get wrong with Transform: one error each, which says what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from component_runs import Ran, make_examples, run_component
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.artifacts.standard import Examples, Schema
from penstock.components.schema_gen.component import SchemaGen
from penstock.components.statistics_gen.component import StatisticsGen
from penstock.components.transform.component import Transform
from penstock.errors import DataError, ParameterError, PenstockError, UserCodeError
from penstock.messages.transform import SplitsConfig
from penstock.statistics.files import write_schema

Write = Callable[[str], str]


@pytest.fixture(autouse=True)
def no_beam_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="apache_beam")


def run(folder: Path, examples: Examples, schema: Schema, module_file: str, **arguments: object) -> Ran:
    inputs = {"examples": examples, "schema": schema}
    return run_component(Transform, folder, inputs=inputs, module_file=module_file, **arguments)


def schema_for(folder: Path, examples: Examples) -> Schema:
    statistics = run_component(StatisticsGen, folder / "statistics", inputs={"examples": examples})
    inputs = {"statistics": statistics.outputs["statistics"]}
    ran = run_component(SchemaGen, folder / "schema", inputs=inputs, infer_feature_shape=False)
    return Schema(ran.uri("schema"))


RETURNS = "def preprocessing_fn(inputs):\n    return {}\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    return {'x': inputs['amuont']}", r"asks for feature 'amuont'.*did you mean 'amount'"),
        ("    return None", r"does not return tensors by name.*got: NoneType.*is a return statement missing"),
        ("    return [inputs['hour']]", r"does not return tensors by name.*got: list"),
        ("    return {}", r"preprocessing_fn returns nothing.*an empty dictionary"),
        ("    return {'x': 3}", r"returns no tensor as feature 'x'.*got: 3 \(int\).*tf.fill"),
        ("    return {3: inputs['hour']}", r"returns a feature named 3"),
        ("    return {'x': tf.cast(inputs['hour'], tf.int32)}", r"'x' with a type that.*got: int32.*tf.cast"),
        ("    return {'x': tf.constant(1, tf.int64)}", r"returns a single value as feature 'x'"),
        (
            "    return {'x': tf.sparse.to_dense(inputs['hour'])}",
            r"'x' with an unknown number of values.*tf.reshape",
        ),
        ("    raise RuntimeError('my own words')", r"preprocessing_fn raised RuntimeError: my own words"),
        ("    return {'x': inputs['amount'] + inputs['place']}", r"preprocessing_fn raised "),
    ],
)
def test_what_a_preprocessing_fn_can_do_wrong(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write, body: str, message: str
) -> None:
    module = write_module(f"def preprocessing_fn(inputs):\n{body}\n")
    with pytest.raises(UserCodeError, match=message) as caught:
        run(tmp_path / "ran", examples, schema, module)
    assert caught.value.component == "node"


def test_the_traceback_starts_in_the_users_file(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    module = write_module(
        "def helper(x):\n    raise RuntimeError('deep')\n\n\ndef preprocessing_fn(inputs):\n    return helper(inputs)\n"
    )
    with pytest.raises(UserCodeError, match="raised RuntimeError: deep") as caught:
        run(tmp_path / "ran", examples, schema, module)
    lines = caught.value.traceback.splitlines()
    assert module in lines[1]
    assert "preprocessing_fn" in lines[1]
    assert lines[-1] == "RuntimeError: deep"


def test_a_module_without_the_function(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    module = write_module("def preprocess_fn(inputs):\n    return inputs\n")
    with pytest.raises(UserCodeError, match=r"defines no function preprocessing_fn.*'preprocess_fn'"):
        run(tmp_path / "ran", examples, schema, module)


def test_a_module_that_does_not_load(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    with pytest.raises(UserCodeError, match="is not valid Python"):
        run(tmp_path / "ran", examples, schema, write_module("def preprocessing_fn(inputs:\n"))
    with pytest.raises(UserCodeError, match=r"module file .*nowhere\.py does not exist"):
        run(tmp_path / "other", examples, schema, str(tmp_path / "nowhere.py"))


def test_the_data_may_break_the_graph(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    module = write_module(
        "def preprocessing_fn(inputs):\n"
        "    hour = tf.reshape(tf.sparse.to_dense(inputs['hour']), [-1])\n"
        "    with tf.control_dependencies([tf.debugging.assert_less(hour, tf.constant(5, tf.int64))]):\n"
        "        return {'x': tf.identity(hour)}\n"
    )
    with pytest.raises(PenstockError, match="the graph of preprocessing_fn fails on the data.*split 'train'"):
        run(tmp_path / "ran", examples, schema, module)


def test_the_number_of_rows_must_stay(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    module = write_module(
        "def preprocessing_fn(inputs):\n"
        "    return {'x': tf.reshape(tf.sparse.to_dense(inputs['hour']), [-1])[:7]}\n"
    )
    with pytest.raises(UserCodeError, match="changes the number of rows.*got: 7 rows"):
        run(tmp_path / "ran", examples, schema, module)


def test_a_feature_without_any_value_is_named_where_the_code_fails(
    tmp_path: Path, write_module: Write
) -> None:
    table = pa.table({"fare": [1.0, 2.0, 3.0], "tips": pa.nulls(3)})
    examples = make_examples(tmp_path / "examples", {"train": table})
    module = write_module(
        "def preprocessing_fn(inputs):\n"
        "    fare, tips = (tf.reshape(tf.sparse.to_dense(inputs[n]), [-1]) for n in ('fare', 'tips'))\n"
        "    return {'label': tf.cast(tips > fare * 0.2, tf.int64)}\n"
    )
    with pytest.raises(UserCodeError, match="no analysed row has a value of 'tips'"):
        run(tmp_path / "ran", examples, schema_for(tmp_path, examples), module)


def test_a_split_without_rows(tmp_path: Path, schema: Schema, write_module: Write) -> None:
    table = pa.table({"amount": [1.0]})
    examples = make_examples(tmp_path / "examples", {"train": table, "eval": table.slice(0, 0)})
    with pytest.raises(DataError, match="split 'eval' has no rows.*got: 0 rows"):
        run(tmp_path / "ran", examples, schema, write_module(RETURNS))


def test_a_split_that_does_not_exist(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write
) -> None:
    config = SplitsConfig(analyze=["training"], transform=["eval"])
    with pytest.raises(ParameterError, match="names a split 'training'.*train, eval"):
        run(tmp_path / "ran", examples, schema, write_module(RETURNS), splits_config=config)


def test_data_that_the_schema_contradicts(tmp_path: Path, write_module: Write) -> None:
    examples = make_examples(tmp_path / "examples", {"train": pa.table({"amount": ["many", "few"]})})
    schema = schema_pb2.Schema()
    schema.feature.add(name="amount", type=schema_pb2.FLOAT)
    write_schema(str(tmp_path / "schema"), schema)
    module = write_module("def preprocessing_fn(inputs):\n    return {'x': inputs['amount']}\n")
    with pytest.raises(DataError, match="feature 'amount' changes its kind of value.*expected: float.*got: "):
        run(tmp_path / "ran", examples, Schema(str(tmp_path / "schema")), module)


def test_integers_are_taken_where_the_schema_says_float(tmp_path: Path, write_module: Write) -> None:
    table = pa.table(
        {"amount": pa.array([1, None, 3]), "more": pa.array([[1, 2], None, [3]], pa.list_(pa.int64()))}
    )
    examples = make_examples(tmp_path / "examples", {"train": table})
    schema = schema_pb2.Schema()
    for name in table.column_names:
        schema.feature.add(name=name, type=schema_pb2.FLOAT)
    write_schema(str(tmp_path / "schema"), schema)
    module = write_module(
        "def preprocessing_fn(inputs):\n    return {'a': inputs['amount'], 'm': inputs['more']}\n"
    )
    omit = ("updated_analyzer_cache", "transformed_examples")
    ran = run(tmp_path / "ran", examples, Schema(str(tmp_path / "schema")), module, omit=omit)
    assert ran.result.features == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the schema has no feature"),
        (
            'feature { name: "amount" }',
            "feature 'amount' of the schema has type TYPE_UNKNOWN.*INT, FLOAT or BYTES",
        ),
        ('feature { name: "amount" type: FLOAT shape { dim { size: 1 } } }', "presence.min_fraction 1"),
    ],
)
def test_a_schema_that_tensors_cannot_come_from(
    tmp_path: Path, examples: Examples, write_module: Write, text: str, message: str
) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.pbtxt").write_text(text)
    with pytest.raises(DataError, match=message):
        run(tmp_path / "ran", examples, Schema(str(tmp_path / "schema")), write_module(RETURNS))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    raise KeyError('lost')", "stats_options_updater_fn raised KeyError"),
        ("    pass", "does not return options.*is a return statement missing"),
    ],
)
def test_what_a_stats_options_updater_can_do_wrong(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Write, body: str, message: str
) -> None:
    module = write_module(
        "def preprocessing_fn(inputs):\n    return {'x': inputs['hour']}\n\n\n"
        f"def stats_options_updater_fn(stats_type, stats_options):\n{body}\n"
    )
    with pytest.raises(UserCodeError, match=message):
        run(tmp_path / "ran", examples, schema, module, omit=("updated_analyzer_cache",))
