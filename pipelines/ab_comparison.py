# SPDX-License-Identifier: Apache-2.0
"""Two models side by side on the same houses: which one is nearer to what they sold for?

A linear model and boosted trees learn prices from last year's sales. Then both are tried on the houses of the month
after. The comparison is written out, a row a house, and the scoreboard says who won::

    penstock run pipelines/ab_comparison.py                       # both models estimate every house
    penstock run pipelines/ab_comparison.py --param share=30      # 30 % of the houses go to the linear model alone
    head .penstock/results/ab_comparison/*.csv

With ``share``, each house goes one way, chosen by a hash of its key: the same house always goes the same way, whatever
the order of the rows, the files and the machine. That is how one lets a new model have a part of the customers.

What there is to see in it:

- A graph of models is a few named steps. A step that comes from several others sees each row once, with the columns of
  all of them: here the estimates of both models, prefixed with the names of their steps.
- A step can be a function of the project's: rows in, columns to add out, as Arrow record batches.
- A component of the project's own, ``components/scoreboard``, takes up where the inference ends.
- ``configs/inference/ab_comparison.yaml`` is the same graph without the training.
"""

from __future__ import annotations

from components.scoreboard import Scoreboard
from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import FunctionStep, InferenceGraph, ModelStep, SinkSpec, SplitStep, Step

FIRST, SECOND = MODELS = ("linear", "boosted")
COMPARISON = (
    "house", "price", "linear_estimate", "boosted_estimate", "linear_error", "boosted_error", "difference", "winner",
)  # fmt: skip
"""Columns of the comparison."""


def create_pipeline(
    share: int | None = None, new: str = "data/houses/new", results: str = ".penstock/results/ab_comparison"
) -> Pipeline:
    """Returns the pipeline.

    Args:
        share: Percent of the houses that go to the linear model, the others to the boosted trees; without it, both
            models estimate all houses.
        new: Folder of CSV files with houses that were sold since.
        results: Folder that gets the comparison as CSV.
    """
    sold = CsvExampleGen(input_base="data/houses/sold").with_id("sold")
    trainers = {
        name: Trainer(
            examples=sold.outputs["examples"], run_fn=f"modules.houses.prices.train_{name}"
        ).with_id(name)
        for name in MODELS
    }
    comparison = FunctionStep("modules.houses.comparing.judge", {"first": FIRST, "second": SECOND})
    inferrer = GraphInferrer(
        source=new,
        models={name: trainer.outputs["model"] for name, trainer in trainers.items()},
        graph=InferenceGraph(
            key="house",
            steps=(*_estimates(share), Step("comparison", MODELS, function=comparison)),
            sinks=(SinkSpec(path=results, format="csv", columns=COMPARISON),),
        ),
    )
    scoreboard = Scoreboard(inferrer.outputs["inference_result"], MODELS)
    return Pipeline(
        "ab_comparison", components=[sold, *trainers.values(), inferrer, scoreboard], enable_cache=True
    )


def _estimates(share: int | None) -> tuple[Step, ...]:
    """Returns the steps of the models: both on all rows, or each on the rows that a split sends its way."""
    models = {
        name: ModelStep(
            name, outputs={"prediction": "estimate"}, postprocess="modules.houses.comparing.rounded"
        )
        for name in MODELS
    }
    if share is None:
        return tuple(Step(name, model=model) for name, model in models.items())
    split = Step("split", split=SplitStep({FIRST: share, SECOND: 100 - share}))
    return (split, *(Step(name, (f"split.{name}",), model=model) for name, model in models.items()))
