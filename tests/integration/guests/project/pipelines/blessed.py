# SPDX-License-Identifier: Apache-2.0
"""A pipeline of Penstock that goes on where one of TFX has blessed a model."""

import penstock as tfx


@tfx.dsl.components.component
def Report(
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    text: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.String],
) -> None:
    with open(f"{model.uri}/model.txt") as file:
        text.value = file.read()


def create_pipeline() -> tfx.dsl.Pipeline:
    latest = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model")
    return tfx.dsl.Pipeline("shared", components=[latest, Report(model=latest.outputs["model"])])
