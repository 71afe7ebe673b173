# SPDX-License-Identifier: Apache-2.0
"""One model's answer feeds another: how long will the drive take, and will the delivery be late?

For each delivery of today the first model estimates the drive; its answer becomes whole minutes; the depot that the
delivery starts from is looked up in a database; and the second model, which knows drives and depots, says whether it
will be late::

    penstock run pipelines/model_chain.py
    penstock run pipelines/model_chain.py --param depots=postgresql+psycopg://planner@db/logistics
    head .penstock/results/model_chain/*.csv

What there is to see in it:

- Each step sees the columns of all steps before it, so a chain carries everything along.
- ``postprocess`` shapes what a model answers for whoever comes next.
- A lookup adds columns of a database's table, by a column that both have; it asks for the keys of a whole batch at
  once. A delivery from a depot that is not in the table goes to the dead letters; the others go on.
- ``configs/inference/model_chain.yaml`` is the same graph without the training.
"""

from __future__ import annotations

from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import InferenceGraph, LookupStep, ModelStep, SinkSpec, Step

ANSWERS = (
    "delivery",
    "depot",
    "promised_minutes",
    "drive_minutes",
    "loading_minutes",
    "late",
    "late_percent",
)
"""Columns of the answers."""


def create_pipeline(
    today: str = "data/deliveries/today",
    depots: str = "sqlite:///data/deliveries/depots.db",
    results: str = ".penstock/results/model_chain",
    max_failed_fraction: float = 0.0,
) -> Pipeline:
    """Returns the pipeline.

    Args:
        today: Folder of CSV files with the deliveries to be made.
        depots: Database with a table ``depots``, as SQLAlchemy writes it.
        results: Folder that gets the answers as CSV.
        max_failed_fraction: Share of the deliveries that may fail, 0 to 1.
    """
    history = CsvExampleGen(input_base="data/deliveries/history").with_id("history")
    driving = Trainer(
        examples=history.outputs["examples"], run_fn="modules.deliveries.driving.run_fn"
    ).with_id("driving")
    lateness = Trainer(
        examples=history.outputs["examples"], run_fn="modules.deliveries.lateness.train_of_the_day"
    ).with_id("lateness")
    inferrer = GraphInferrer(
        source=today,
        models={"driving": driving.outputs["model"], "lateness": lateness.outputs["model"]},
        graph=InferenceGraph(
            key="delivery",
            carry=("depot", "promised_minutes"),
            steps=(
                Step(
                    "drive",
                    model=ModelStep(
                        "driving",
                        outputs={"prediction": "drive_minutes"},
                        postprocess="modules.deliveries.driving.whole_minutes",
                    ),
                ),
                Step(
                    "depot",
                    ("drive",),
                    lookup=LookupStep(url=depots, table="depots", on="depot", missing="fail"),
                ),
                Step(
                    "verdict",
                    ("depot",),
                    model=ModelStep(
                        "lateness",
                        outputs={"label": "late", "probabilities": "probabilities"},
                        postprocess="modules.deliveries.lateness.chance",
                    ),
                ),
            ),
            sinks=(SinkSpec(path=results, format="csv", columns=ANSWERS),),
            max_failed_fraction=max_failed_fraction,
        ),
    )
    return Pipeline("model_chain", components=[history, driving, lateness, inferrer], enable_cache=True)
