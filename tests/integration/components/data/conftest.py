# SPDX-License-Identifier: Apache-2.0
"""One small data set and one run of each component over it, shared by the tests of a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from component_runs import Ran, make_examples, run_component

from penstock.artifacts.standard import Examples, Schema
from penstock.components.schema_gen.component import SchemaGen
from penstock.components.statistics_gen.component import StatisticsGen
from penstock.components.transform.component import Transform

ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")

MODULE = """
import tensorflow as tf
import tensorflow_transform as tft


def preprocessing_fn(inputs, custom_config):
    amount = tf.reshape(tf.sparse.to_dense(inputs["amount"]), [-1])
    place = inputs["place"]
    ids = tft.compute_and_apply_vocabulary(place, vocab_filename="place", num_oov_buckets=1)
    return {
        "amount_scaled": tft.scale_to_z_score(amount) * custom_config.get("factor", 1.0),
        "place_id": ids,
        "tags": inputs["tags"],
        "hour_bucket": tft.bucketize(tf.reshape(tf.sparse.to_dense(inputs["hour"]), [-1]), 3),
    }
"""


def trips(rows: int, seed: int) -> pa.Table:
    """Returns trips with missing values, a list and text."""
    random = np.random.default_rng(seed)
    places = np.array(["north", "south", "süd", "west", "harbour"])
    return pa.table(
        {
            "amount": pa.array(random.gamma(2.0, 5.0, rows), pa.float32()),
            "place": pa.array(places[random.integers(0, 5, rows)], mask=random.random(rows) < 0.1),
            "hour": pa.array(random.integers(0, 24, rows)),
            "tags": pa.array(
                [list(range(int(n))) for n in random.integers(0, 4, rows)], pa.list_(pa.int64())
            ),
        }
    )


def splits(seed: int, rows: int = 300) -> dict[str, pa.Table]:
    """Returns a training and an evaluation split."""
    return {"train": trips(rows, seed), "eval": trips(rows // 3, seed + 1)}


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data_components")


@pytest.fixture(scope="session")
def module_file(data_folder: Path) -> str:
    path = data_folder / "user_module.py"
    path.write_text(MODULE)
    return str(path)


@pytest.fixture(scope="session")
def examples(data_folder: Path) -> Examples:
    return make_examples(data_folder / "examples", splits(1), span=3)


@pytest.fixture(scope="session")
def later_examples(data_folder: Path) -> Examples:
    return make_examples(data_folder / "later", splits(50), span=4)


@pytest.fixture(scope="session")
def statistics(data_folder: Path, examples: Examples) -> Ran:
    return run_component(StatisticsGen, data_folder / "statistics", inputs={"examples": examples})


@pytest.fixture(scope="session")
def schema_run(data_folder: Path, statistics: Ran) -> Ran:
    inputs = {"statistics": statistics.outputs["statistics"]}
    return run_component(SchemaGen, data_folder / "schema", inputs=inputs, infer_feature_shape=False)


@pytest.fixture(scope="session")
def schema(schema_run: Ran) -> Schema:
    (found,) = schema_run.outputs["schema"]
    assert isinstance(found, Schema)
    return found


@pytest.fixture(scope="session")
def transformed(data_folder: Path, examples: Examples, schema: Schema, module_file: str) -> Ran:
    """Transform with all its outputs."""
    inputs = {"examples": examples, "schema": schema}
    return run_component(
        Transform,
        data_folder / "transform",
        inputs=inputs,
        module_file=module_file,
        custom_config={"factor": 2.0},
    )


@pytest.fixture
def write_module(tmp_path: Path) -> Callable[[str], str]:
    """Writes a module of the user's and returns its path."""

    def write(body: str) -> str:
        path = tmp_path / "user_code_under_test.py"
        path.write_text("import tensorflow as tf\nimport tensorflow_transform as tft\n\n\n" + body)
        return str(path)

    return write
