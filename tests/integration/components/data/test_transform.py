# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
from component_runs import Ran, make_examples, run_component
from tensorflow_transform import beam as tft_beam

from penstock import files
from penstock.artifacts.standard import Examples, Schema
from penstock.beam import reading
from penstock.beam.pipeline import open_pipeline
from penstock.components.transform.component import Transform, TransformedSplit
from penstock.components.transform.features import graph_inputs
from penstock.examples.reader import ExamplesReader
from penstock.messages.transform import SplitsConfig
from penstock.runtime.user_code import load_function
from penstock.statistics.files import read_schema

ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")

SMALL = """
def preprocessing_fn(inputs):
    amount = tf.reshape(tf.sparse.to_dense(inputs["amount"]), [-1])
    return {"amount": tft.scale_to_0_1(amount), "place": inputs["place"]}
"""


def rows(uri: str, split: str) -> dict[str, list[Any]]:
    """Returns the rows of a split by column; lists where a row may have several values."""
    batches = ExamplesReader(f"{uri}/Split-{split}").batches(layout="examples")
    found: dict[str, list[Any]] = {}
    for batch in batches:
        for name, column in batch.to_pydict().items():
            found.setdefault(name, []).extend(column)
    return found


def assert_rows_close(left: dict[str, list[Any]], right: dict[str, list[Any]], rtol: float = 0.0) -> None:
    assert left.keys() == right.keys()
    for name, column in right.items():
        assert len(left[name]) == len(column), name
        for one, other in zip(left[name], column, strict=True):
            if one and isinstance(one[0], float):
                np.testing.assert_allclose(one, other, rtol=rtol, err_msg=name)
            else:
                assert (one or []) == (other or []), name


def run(
    folder: Path,
    examples: Any,
    schema: Schema,
    module_file: str | None,
    *,
    cache: Any = None,
    **arguments: Any,
) -> Ran:
    inputs = {"examples": examples, "schema": schema}
    if cache is not None:
        inputs["analyzer_cache"] = cache
    if module_file is not None:
        arguments["module_file"] = module_file
    return run_component(Transform, folder, inputs=inputs, **arguments)


# ----------------------------------------------------------------------------------------------------- what comes out


def test_rows_are_those_of_tfts_own_beam_transform(
    tmp_path: Path, transformed: Ran, examples: Examples, schema: Schema, module_file: str
) -> None:
    function = load_function("preprocessing_fn", module_file=module_file, project_root="/")
    assert function is not None
    inputs = graph_inputs(read_schema(schema.uri))
    results = tmp_path / "rows"

    def write(element: Any) -> None:
        with pa.OSFile(str(results), "wb") as sink, pa.ipc.new_stream(sink, element[0].schema) as stream:
            stream.write_batch(element[0])

    (batch,) = ExamplesReader(examples.split_uri("train")).batches(1000, layout="examples")
    with open_pipeline() as pipeline, tft_beam.Context(temp_dir=str(tmp_path)):
        data = pipeline | beam.Create([inputs.layout(batch)]), inputs.adapter_config
        (out, _), _ = data | tft_beam.AnalyzeAndTransformDataset(
            lambda features: function(features, custom_config={"factor": 2.0}), output_record_batches=True
        )
        _ = out | beam.Map(write)
    expected = pa.ipc.open_stream(str(results)).read_all().to_pydict()
    found = rows(transformed.uri("transformed_examples"), "train")
    assert len(found["tags"]) == 300
    assert_rows_close(found, expected)


def test_the_layout_is_tfx(transformed: Ran) -> None:
    graph = Path(transformed.uri("transform_graph"))
    assert {path.relative_to(graph).as_posix() for path in graph.rglob("*") if path.is_file()} == {
        "metadata/schema.pbtxt",
        "transform_fn/assets/place",
        "transform_fn/saved_model.pb",
        "transform_fn/variables/variables.data-00000-of-00001",
        "transform_fn/variables/variables.index",
        "transformed_metadata/asset_map",
        "transformed_metadata/schema.pbtxt",
    }
    output = tft.TFTransformOutput(str(graph))
    assert set(output.transformed_feature_spec()) == {"amount_scaled", "place_id", "tags", "hour_bucket"}
    assert set(output.raw_feature_spec()) == {"amount", "place", "hour", "tags"}
    folder = Path(transformed.uri("transformed_examples"), "Split-eval")
    assert [path.name for path in folder.iterdir()] == ["transformed_examples-00000-of-00001.parquet"]


def test_the_graph_serves_raw_rows(transformed: Ran) -> None:
    layer = tft.TFTransformOutput(transformed.uri("transform_graph")).transform_features_layer()
    raw = {
        "place": tf.sparse.from_dense([["north"], ["never seen"]]),
        "amount": tf.sparse.from_dense([[1.0], [2.0]]),
        "hour": tf.sparse.from_dense(tf.constant([[1], [23]], tf.int64)),
        "tags": tf.sparse.from_dense(tf.constant([[1], [2]], tf.int64)),
    }
    served = layer(raw)
    assert served["place_id"].values.numpy().tolist()[1] == 5, "one bucket beyond the vocabulary of five"
    assert served["hour_bucket"].numpy().tolist() == [0, 2]


def test_what_is_reported(transformed: Ran) -> None:
    result = transformed.result
    assert result.vocabularies == {"place": 5}
    assert result.features == 4
    assert result.splits == (TransformedSplit(0, "train", 300), TransformedSplit(0, "eval", 100))
    assert result.graph_digest == files.digest(transformed.uri("transform_graph"))
    (written,) = transformed.outputs["transformed_examples"]
    assert isinstance(written, Examples)
    assert (written.splits, written.span) == (("train", "eval"), 3)
    assert written.get_string_custom_property("payload_format") == "FORMAT_PARQUET"
    assert transformed.record.rows == 400


def test_custom_config_reaches_the_function(transformed: Ran) -> None:
    scaled = [value[0] for value in rows(transformed.uri("transformed_examples"), "train")["amount_scaled"]]
    assert np.std(scaled) == pytest.approx(2.0, rel=1e-3)


def test_statistics_and_schemas_stand_on_either_side(transformed: Ran) -> None:
    before = tfdv.load_stats_binary(f"{transformed.uri('pre_transform_stats')}/FeatureStats.pb").datasets[0]
    after = tfdv.load_stats_binary(f"{transformed.uri('post_transform_stats')}/FeatureStats.pb").datasets[0]
    assert before.num_examples == 300, "what was analysed"
    assert after.num_examples == 400, "what was transformed"
    assert {feature.path.step[0] for feature in after.features} >= {
        "amount_scaled",
        "place_id",
        "hour_bucket",
    }
    assert {feature.name for feature in read_schema(transformed.uri("pre_transform_schema")).feature} == {
        "amount",
        "place",
        "hour",
        "tags",
    }
    schema = read_schema(transformed.uri("post_transform_schema"))
    assert next(f for f in schema.feature if f.name == "hour_bucket").int_domain.max == 2
    assert Path(transformed.uri("post_transform_anomalies"), "SchemaDiff.pb").exists()


# ----------------------------------------------------------------------------------------------------- analyzer cache


def test_the_analyzer_cache_is_used_and_changes_nothing(
    tmp_path: Path,
    transformed: Ran,
    examples: Examples,
    later_examples: Examples,
    schema: Schema,
    module_file: str,
) -> None:
    both, config = [examples, later_examples], {"factor": 2.0}
    cache = transformed.outputs["updated_analyzer_cache"]
    fresh = run(tmp_path / "fresh", both, schema, module_file, custom_config=config)
    # If the first data set were read again, the missing files would be noticed.
    gone = make_examples(
        tmp_path / "gone", {"train": pa.table({"amount": [1.0]}), "eval": pa.table({"amount": [1.0]})}
    )
    gone.set_custom_property("content_digest", examples.content_digest)
    splits = SplitsConfig(analyze=["train"], transform=[])
    cached = run(
        tmp_path / "cached", [gone, later_examples], schema, module_file, cache=cache, custom_config=config,
        splits_config=splits, omit=("transformed_examples", *STATISTICS),
    )  # fmt: skip
    assert (fresh.result.cached_datasets, cached.result.cached_datasets) == (0, 1)
    first, second = (tft.TFTransformOutput(ran.uri("transform_graph")) for ran in (fresh, cached))
    assert first.vocabulary_by_name("place") == second.vocabulary_by_name("place")
    raw = {
        "place": tf.sparse.from_dense([["north"], ["west"]]),
        "amount": tf.sparse.from_dense([[1.0], [2.0]]),
        "hour": tf.sparse.from_dense(tf.constant([[7], [17]], tf.int64)),
        "tags": tf.sparse.from_dense(tf.constant([[1], [2]], tf.int64)),
    }
    left, right = (output.transform_features_layer()(raw) for output in (first, second))
    np.testing.assert_allclose(left["amount_scaled"], right["amount_scaled"], rtol=1e-6)
    assert left["hour_bucket"].numpy().tolist() == right["hour_bucket"].numpy().tolist()
    keys = {path.name for path in Path(cached.uri("updated_analyzer_cache")).iterdir()}
    assert keys == {dataset.key for dataset in cached.plan.analyze}, "the next execution finds both"


def test_a_cache_of_other_code_is_not_used(
    tmp_path: Path, transformed: Ran, examples: Examples, schema: Schema, write_module: Callable[[str], str]
) -> None:
    ran = run(
        tmp_path, examples, schema, write_module(SMALL), cache=transformed.outputs["updated_analyzer_cache"],
        omit=STATISTICS,
    )  # fmt: skip
    assert ran.plan.analyze[0].cached
    assert ran.result.cached_datasets == 0
    assert max(value[0] for value in rows(ran.uri("transformed_examples"), "train")["amount"]) == 1.0


# -------------------------------------------------------------------------------------------------- other ways to run

STATISTICS = (
    "pre_transform_schema",
    "pre_transform_stats",
    "post_transform_schema",
    "post_transform_stats",
    "post_transform_anomalies",
)
NO_CACHE = ("updated_analyzer_cache",)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, examples: Examples, schema: Schema) -> Ran:
    folder = tmp_path_factory.mktemp("small")
    (folder / "small_module.py").write_text(
        f"import tensorflow as tf\nimport tensorflow_transform as tft\n{SMALL}"
    )
    return run(
        folder / "ran", examples, schema, str(folder / "small_module.py"), omit=(*STATISTICS, *NO_CACHE)
    )


def small_module(small: Ran) -> str:
    return str(Path(small.uri("transform_graph")).parents[2] / "small_module.py")


def test_equal_code_and_data_give_an_equal_vocabulary_and_rows_in_tfrecord_too(
    tmp_path: Path, small: Ran, examples: Examples, schema: Schema
) -> None:
    ran = run(
        tmp_path,
        examples,
        schema,
        small_module(small),
        examples_format="tfrecord",
        omit=(*STATISTICS, *NO_CACHE),
    )
    folder = Path(ran.uri("transformed_examples"), "Split-train")
    assert [path.name for path in folder.iterdir()] == ["transformed_examples-00000-of-00001.gz"]
    assert (
        ran.outputs["transformed_examples"][0].get_string_custom_property("file_format") == "tfrecords_gzip"
    )
    assert_rows_close(
        rows(ran.uri("transformed_examples"), "train"), rows(small.uri("transformed_examples"), "train")
    )


def test_another_runner_gives_the_same(
    tmp_path: Path, small: Ran, examples: Examples, schema: Schema
) -> None:
    ran = run(tmp_path, examples, schema, small_module(small), beam_pipeline_args=ELSEWHERE)
    assert ran.result.splits == small.result.splits
    for split in examples.splits:
        found, expected = (rows(r.uri("transformed_examples"), split) for r in (ran, small))
        assert_rows_close(
            {name: sorted(column, key=str) for name, column in found.items()},
            {name: sorted(column, key=str) for name, column in expected.items()},
        )
    before = tfdv.load_stats_binary(f"{ran.uri('pre_transform_stats')}/FeatureStats.pb").datasets[0]
    after = tfdv.load_stats_binary(f"{ran.uri('post_transform_stats')}/FeatureStats.pb").datasets[0]
    assert (before.num_examples, after.num_examples) == (300, 400)
    assert {path.name for path in Path(ran.uri("transform_graph")).iterdir()} == {
        "metadata",
        "transform_fn",
        "transformed_metadata",
    }, "nothing intermediate is left"


def test_without_examples_and_statistics_only_the_graph_is_made(
    tmp_path: Path, small: Ran, examples: Examples, schema: Schema
) -> None:
    omit = ("transformed_examples", *STATISTICS, *NO_CACHE)
    ran = run(tmp_path, examples, schema, small_module(small), omit=omit, force_tf_compat_v1=True)
    assert set(ran.outputs) == {"transform_graph"}
    assert ran.result.splits == ()
    output = tft.TFTransformOutput(ran.uri("transform_graph"))
    assert output.transformed_metadata.schema.feature[0].name == "amount"


def test_the_splits_config_says_what_is_analysed_and_transformed(
    tmp_path: Path, small: Ran, examples: Examples, schema: Schema
) -> None:
    config = SplitsConfig(analyze=["eval", "train"], transform=["eval"])
    ran = run(
        tmp_path,
        examples,
        schema,
        small_module(small),
        splits_config=config,
        omit=("transformed_examples", *NO_CACHE),
    )
    assert ran.result.splits == (TransformedSplit(0, "eval", 100),)
    before = tfdv.load_stats_binary(f"{ran.uri('pre_transform_stats')}/FeatureStats.pb").datasets[0]
    after = tfdv.load_stats_binary(f"{ran.uri('post_transform_stats')}/FeatureStats.pb").datasets[0]
    assert (before.num_examples, after.num_examples) == (400, 100)


def test_several_examples_are_analysed_together_and_written_apart(
    tmp_path: Path, examples: Examples, later_examples: Examples, schema: Schema, small: Ran
) -> None:
    ran = run(
        tmp_path, [examples, later_examples], schema, small_module(small), omit=(*STATISTICS, *NO_CACHE)
    )
    written = ran.outputs["transformed_examples"]
    assert [artifact.span for artifact in written] == [3, 4]
    values = [rows(artifact.uri, "train")["amount"] for artifact in written]
    assert [len(column) for column in values] == [300, 300]
    assert max(value[0] for column in values for value in column) == 1.0
    assert min(value[0] for column in values for value in column) == 0.0


def test_analyzers_that_build_on_each_other_read_the_files_once_for_each_pass(
    tmp_path: Path,
    examples: Examples,
    schema: Schema,
    write_module: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = {"train": pa.Table.from_batches(ExamplesReader(examples.split_uri("train")).batches(100))}
    sharded = make_examples(tmp_path / "sharded", tables, rows_per_shard=100)
    opened: list[str] = []

    class CountingReader(ExamplesReader):
        def __init__(self, source: str) -> None:
            opened.append(source)
            super().__init__(source)

    monkeypatch.setattr(reading, "ExamplesReader", CountingReader)
    module = write_module("""
def preprocessing_fn(inputs):
    amount = tf.reshape(tf.sparse.to_dense(inputs["amount"]), [-1])
    from_zero = amount - tft.min(amount)
    return {"amount": from_zero / tft.max(from_zero)}
""")
    ran = run(tmp_path / "ran", sharded, schema, module, omit=(*STATISTICS, *NO_CACHE))
    found = [value[0] for value in rows(ran.uri("transformed_examples"), "train")["amount"]]
    assert (min(found), max(found)) == (0.0, 1.0)
    shards = ExamplesReader(sharded.split_uri("train")).shards
    assert len(shards) == 3
    assert sorted(opened) == sorted(shards * 2), (
        "one pass for each level of analyzers, none of which keeps the rows"
    )


def test_ragged_and_matrix_features_reach_the_file_as_the_schema_says(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Callable[[str], str]
) -> None:
    module = write_module("""
def preprocessing_fn(inputs):
    hour = tf.reshape(tf.sparse.to_dense(inputs["hour"]), [-1, 1])
    return {"ragged": tf.RaggedTensor.from_sparse(inputs["tags"]), "matrix": tf.tile(hour[:, :, None], [1, 2, 3])}
""")
    ran = run(tmp_path, examples, schema, module, omit=(*STATISTICS, *NO_CACHE))
    found = rows(ran.uri("transformed_examples"), "train")
    raw = rows(examples.uri, "train")
    assert set(found) == {"ragged$ragged_values", "matrix"}
    assert [value or [] for value in found["ragged$ragged_values"]] == [value or [] for value in raw["tags"]]
    assert found["matrix"] == [value * 6 for value in raw["hour"]]


def test_the_users_statistics_options_count(
    tmp_path: Path, examples: Examples, schema: Schema, write_module: Callable[[str], str]
) -> None:
    module = write_module(
        SMALL
        + """

def stats_options_updater_fn(stats_type, stats_options):
    if stats_type == 2:
        stats_options.feature_allowlist = ["amount"]
        assert stats_options.schema.feature[0].name == "amount"
    else:
        stats_options.num_top_values = 1
    return stats_options
"""
    )
    ran = run(tmp_path, examples, schema, module, omit=NO_CACHE)
    before = tfdv.load_stats_binary(f"{ran.uri('pre_transform_stats')}/FeatureStats.pb").datasets[0]
    after = tfdv.load_stats_binary(f"{ran.uri('post_transform_stats')}/FeatureStats.pb").datasets[0]
    place = next(feature for feature in before.features if feature.path.step[0] == "place")
    assert len(place.string_stats.top_values) == 1
    assert [feature.path.step[0] for feature in after.features] == ["amount"]


def test_functions_by_dotted_path(tmp_path: Path, examples: Examples, schema: Schema) -> None:
    (tmp_path / "project_functions.py").write_text(
        f"import tensorflow as tf\nimport tensorflow_transform as tft\n{SMALL}\n"
        "def update(stats_type, stats_options, custom_config):\n"
        "    import tensorflow_data_validation as tfdv\n"
        "    slicer = tfdv.experimental_get_feature_value_slicer({custom_config['by']: None})\n"
        "    stats_options.experimental_slice_functions = [slicer]\n"
        "    return stats_options\n"
    )
    ran = run(
        tmp_path / "ran", examples, schema, None, omit=("transformed_examples", *NO_CACHE), project_root=tmp_path,
        preprocessing_fn="project_functions.preprocessing_fn", custom_config={"by": "place"},
        stats_options_updater_fn="project_functions.update",
    )  # fmt: skip
    before = tfdv.load_stats_binary(f"{ran.uri('pre_transform_stats')}/FeatureStats.pb").datasets
    assert len(before) == 1 + 5, "slices, which need Beam: all rows, and each place"
    after = tfdv.load_stats_binary(f"{ran.uri('post_transform_stats')}/FeatureStats.pb").datasets
    assert {dataset.name: dataset.num_examples for dataset in after}["All Examples"] == 400
