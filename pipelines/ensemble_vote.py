# SPDX-License-Identifier: Apache-2.0
"""Three models of three libraries vote: will the delivery be late?

A forest of scikit-learn, boosted trees of XGBoost and a linear model that is written down as ONNX each give their
answer, and the majority decides::

    penstock run pipelines/ensemble_vote.py
    head .penstock/results/ensemble_vote/*.csv

What there is to see in it:

- Models of different flavors stand in one graph, and nothing in it says which is which.
- A vote joins the answers of the steps it comes from: by majority, mean or weights.
- ``configs/inference/ensemble_vote.yaml`` is the same graph without the training.
"""

from __future__ import annotations

from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import InferenceGraph, ModelStep, SinkSpec, Step, VoteStep

VOTERS = ("forest", "boosted", "portable")
ANSWERS = ("delivery", "depot", *(f"{voter}_late" for voter in VOTERS), "late")
"""Columns of the answers: each voter's, and the majority's."""


def create_pipeline(
    today: str = "data/deliveries/today", results: str = ".penstock/results/ensemble_vote"
) -> Pipeline:
    """Returns the pipeline.

    Args:
        today: Folder of CSV files with the deliveries to be made.
        results: Folder that gets the answers as CSV.
    """
    history = CsvExampleGen(input_base="data/deliveries/history").with_id("history")
    trainers = {
        name: Trainer(
            examples=history.outputs["examples"], run_fn=f"modules.deliveries.lateness.train_{name}"
        ).with_id(name)
        for name in VOTERS
    }
    steps = [Step(name, model=ModelStep(name, outputs={"label": "late"})) for name in VOTERS]
    inferrer = GraphInferrer(
        source=today,
        models={name: trainer.outputs["model"] for name, trainer in trainers.items()},
        graph=InferenceGraph(
            key="delivery",
            carry=("depot",),
            steps=(*steps, Step("vote", VOTERS, vote=VoteStep("late", output="late"))),
            sinks=(SinkSpec(path=results, format="csv", columns=ANSWERS),),
        ),
    )
    return Pipeline("ensemble_vote", components=[history, *trainers.values(), inferrer], enable_cache=True)
