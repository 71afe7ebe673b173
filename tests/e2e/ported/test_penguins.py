# SPDX-License-Identifier: Apache-2.0
"""The penguin pipelines as TFX's users write them: with Keras and a push on condition, and with scikit-learn."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from ported import Port, name_tfmas_messages, port, write_csv

pytestmark = [pytest.mark.e2e, pytest.mark.tensorflow]


# ----------------------------------------------------------------------------------------------------------- with Keras


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory, penguins: list[list[str]]) -> Port:
    """The pipeline, once run with a threshold that no model reaches."""
    folder = tmp_path_factory.mktemp("keras")
    write_csv(folder / "data" / "penguins.csv", penguins)
    made = port(
        "penguin_keras",
        folder,
        program="penguin_pipeline.py",
        metadata="metadata/penguin-tfma/metadata.db",
        pipeline="penguin-tfma",
    )
    name_tfmas_messages(folder / made.program)
    done = made.start(made.program, **environment(folder, 1.01))
    assert done.returncode == 0, done.stderr
    return made


def environment(folder: Path, lower_bound: float) -> dict[str, str]:
    data = str(folder / "data")
    return {"PENGUIN_ROOT": str(folder), "PENGUIN_DATA": data, "PENGUIN_LOWER_BOUND": str(lower_bound)}


def test_a_model_that_is_not_blessed_is_not_pushed_and_the_reason_is_recorded(keras: Port) -> None:
    ended = keras.last_run()
    assert {name: result.state for name, result in ended.items()} == {
        "CsvExampleGen": "ran",
        "Trainer": "ran",
        "latest_blessed_model_resolver": "ran",
        "Evaluator": "ran",
        "Pusher": "skipped",
    }
    assert ended["Pusher"].reason == (
        "condition is false: Evaluator.blessing[0].custom_property('blessed') == 1"
    )
    (blessing,) = keras.outputs("Evaluator")["blessing"]
    assert blessing.get_int_custom_property("blessed") == 0
    assert not (keras.folder / "serving_model").exists()


def test_a_model_that_is_blessed_is_pushed(keras: Port) -> None:
    done = keras.start("-m", "penstock", "run", keras.program, **environment(keras.folder, 0.6))
    assert done.returncode == 0, done.stdout + done.stderr
    ended = keras.last_run()
    assert [ended[name].state for name in ("CsvExampleGen", "Trainer")] == ["cached", "cached"]
    assert [ended[name].state for name in ("Evaluator", "Pusher")] == ["ran", "ran"]
    (version,) = os.listdir(keras.folder / "serving_model" / "penguin-tfma")
    assert (keras.folder / "serving_model" / "penguin-tfma" / version / "saved_model.pb").is_file()
    (model,) = keras.outputs("Trainer")["model"]
    (pushed,) = keras.outputs("Pusher")["pushed_model"]
    with keras.store() as store:
        assert model.id in store.lineage(pushed.id, "up", max_hops=2).artifacts


# ---------------------------------------------------------------------------------------------------- with scikit-learn


def test_a_pipeline_with_scikit_learn_trains_and_pushes(tmp_path: Path, penguins: list[list[str]]) -> None:
    write_csv(tmp_path / "data" / "penguins.csv", penguins)
    made = port(
        "penguin_sklearn",
        tmp_path,
        program="penguin_pipeline_sklearn_local.py",
        metadata="tfx/metadata/penguin_sklearn_local/metadata.db",
        pipeline="penguin_sklearn_local",
    )
    where = {"PENGUIN_ROOT": str(tmp_path), "PENGUIN_DATA": str(tmp_path / "data")}
    done = made.start(made.program, **where)
    assert done.returncode == 0, done.stderr
    assert {result.state for result in made.last_run().values()} == {"ran"}
    (anomalies,) = made.outputs("ExampleValidator")["anomalies"]
    assert anomalies.get_json_value_custom_property("blessed") == {"train": 1, "eval": 1}
    serving = tmp_path / "serving_model" / "penguin_sklearn_local"
    (version,) = os.listdir(serving)
    model = pickle.loads((serving / version / "model.pkl").read_bytes())
    birds = [(int(row[0]), [float(cell) for cell in row[1:]]) for row in penguins[1:]]
    right = model.predict([features for _, features in birds]) == [species for species, _ in birds]
    assert right.mean() > 0.9

    again = made.start(made.program, **where)
    assert again.returncode == 0, again.stderr
    states = {name: result.state for name, result in made.last_run().items()}
    assert states.pop("latest_blessed_model_resolver") == "ran"
    assert set(states.values()) == {"cached"}
    assert os.listdir(serving) == [version]
