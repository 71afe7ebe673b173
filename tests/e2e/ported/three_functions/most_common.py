# SPDX-License-Identifier: Apache-2.0
"""A pipeline of three functions: one makes data, one trains on it, one checks the model."""

import collections
import json
import os
import sys
from typing import Any, List

from penstock import types
from penstock.dsl.component.experimental.annotations import InputArtifact
from penstock.dsl.component.experimental.annotations import OutputArtifact
from penstock.dsl.component.experimental.annotations import OutputDict
from penstock.dsl.component.experimental.annotations import Parameter
from penstock.dsl.component.experimental.decorators import component
from penstock.dsl.io import fileio
from penstock.orchestration import pipeline as pipeline_py
from penstock.orchestration.local import local_dag_runner
from penstock.orchestration.metadata import sqlite_metadata_connection_config


class LetterSet(types.Artifact):
    TYPE_NAME = "LetterSet"

    def read(self) -> List[Any]:
        with fileio.open(os.path.join(self.uri, "letters.json")) as f:
            return json.load(f)

    def write(self, letters: List[Any]):
        with fileio.open(os.path.join(self.uri, "letters.json"), "w+") as f:
            json.dump(letters, f)


class LetterModel(types.Artifact):
    TYPE_NAME = "LetterModel"

    def read(self) -> "MostCommon":
        return MostCommon.load(self.uri)

    def write(self, model: "MostCommon") -> None:
        model.save(self.uri)


@component
def LoadLetters(letters: OutputArtifact[LetterSet]):
    letters.write(["A", "B", "C", "C", "C"])


class MostCommon:
    """A model that answers with the letter that it has seen most often."""

    def __init__(self, answer: Any):
        self.answer = answer

    @classmethod
    def load(cls, model_uri: str) -> "MostCommon":
        with fileio.open(os.path.join(model_uri, "model.json")) as f:
            return cls(json.load(f)["answer"])

    def save(self, model_uri: str) -> None:
        with fileio.open(os.path.join(model_uri, "model.json"), "w+") as f:
            json.dump({"answer": self.answer}, f)


_LOSS = 0.25
_ACCURACY = 0.6


def train(records, unused_num_iterations):
    ((answer, seen),) = collections.Counter(records).most_common(1)
    accuracy = seen / len(records)
    assert accuracy == _ACCURACY
    return MostCommon(answer), _LOSS, accuracy


@component
def TrainLetters(
    training_data: InputArtifact[LetterSet],
    model: OutputArtifact[LetterModel],
    num_iterations: Parameter[int] = 10,
) -> OutputDict(loss=float, accuracy=float):
    """Trains."""
    assert num_iterations == 5
    trained, loss, accuracy = train(training_data.read(), num_iterations)
    model.write(trained)
    return {"loss": loss, "accuracy": accuracy}


@component
def ValidateLetters(model: InputArtifact[LetterModel], loss: float, accuracy: float):
    """Checks what was trained."""
    answer = model.read().answer
    assert answer == "C", answer
    assert loss == _LOSS, loss
    assert accuracy == _ACCURACY, accuracy


def create_test_pipeline(folder: str) -> pipeline_py.Pipeline:
    load = LoadLetters().with_id("Load")
    training = TrainLetters(training_data=load.outputs["letters"], num_iterations=5).with_id("Train")
    validation = ValidateLetters(
        model=training.outputs["model"], loss=training.outputs["loss"], accuracy=training.outputs["accuracy"]
    ).with_id("Validate")
    return pipeline_py.Pipeline(
        pipeline_name="letters",
        pipeline_root=os.path.join(folder, "root"),
        metadata_connection_config=sqlite_metadata_connection_config(os.path.join(folder, "metadata.db")),
        components=[load, training, validation],
    )


if __name__ == "__main__":
    options = None
    if len(sys.argv) > 2:
        options = pipeline_py.RunOptions(to_nodes=sys.argv[2:])
    local_dag_runner.LocalDagRunner().run(create_test_pipeline(sys.argv[1]), run_options=options)
