# SPDX-License-Identifier: Apache-2.0
"""Component functions of TFX that stand in for a training and its judgement."""

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types.standard_artifacts import Examples, Model, ModelBlessing


@component
def Train(examples: InputArtifact[Examples], model: OutputArtifact[Model], text: Parameter[str]):
    with fileio.open(f"{model.uri}/model.txt", "w") as file:
        file.write(f"{text} from {examples.uri}")


@component
def Bless(model: InputArtifact[Model], blessing: OutputArtifact[ModelBlessing], blessed: Parameter[int]):
    blessing.set_int_custom_property("blessed", blessed)
    blessing.set_int_custom_property("current_model_id", model.id)
    blessing.set_string_custom_property("current_model", model.uri)
    with fileio.open(f"{blessing.uri}/{'BLESSED' if blessed else 'NOT_BLESSED'}", "w") as file:
        file.write("")
