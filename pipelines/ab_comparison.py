# SPDX-License-Identifier: Apache-2.0
"""Two models side by side on the same houses: which one is nearer to what they sold for?

A linear model and boosted trees learn prices from last year's sales. Then both are tried on the houses of the month
after, and the comparison is written out, a row a house::

    penstock run pipelines/ab_comparison.py                       # both models estimate every house
    penstock run pipelines/ab_comparison.py --param share=30      # 30 % of the houses go to the linear model only
    head .penstock/results/ab_comparison/*.csv

With ``share``, each house goes one way, chosen by a hash of its key: the same house always goes the same way, whatever
the order of the rows, the files and the machine. That is how one lets a new model have a part of the customers.

What there is to see in it:

- A graph of models is a few named steps. A step that comes ``from`` several others sees each row once, with the columns
  of all of them: here the estimates of both models, prefixed with the names of their steps.
- A step can be a function of the project's: rows in, columns to add out, as Arrow record batches.
- ``configs/inference/ab_comparison.yaml`` is the same graph without the training.
"""

from __future__ import annotations

from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import FunctionStep, InferenceGraph, ModelStep, SinkSpec, SplitStep, Step

MODELS = ("linear", "boosted")
ESTIMATE = {"prediction": "estimate"}


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
    inferrer = GraphInferrer(
        source=new,
        models={name: trainer.outputs["model"] for name, trainer in trainers.items()},
        graph=InferenceGraph(
            key="house",
            steps=_both_on_all() if share is None else _each_on_a_part(share),
            sinks=(SinkSpec(path=results, format="csv"),),
        ),
    )
    return Pipeline("ab_comparison", components=[sold, *trainers.values(), inferrer], enable_cache=True)


def _both_on_all() -> tuple[Step, ...]:
    first, second = MODELS
    return (
        Step(first, model=ModelStep(first, outputs=ESTIMATE)),
        Step(second, model=ModelStep(second, outputs=ESTIMATE)),
        Step("comparison", MODELS, function=_function("judge")),
    )


def _each_on_a_part(share: int) -> tuple[Step, ...]:
    first, second = MODELS
    return (
        Step("split", split=SplitStep({first: share, second: 100 - share})),
        Step(first, (f"split.{first}",), model=ModelStep(first, outputs=ESTIMATE)),
        Step(second, (f"split.{second}",), model=ModelStep(second, outputs=ESTIMATE)),
        Step("comparison", MODELS, function=_function("collect")),
    )


def _function(name: str) -> FunctionStep:
    first, second = MODELS
    return FunctionStep(f"modules.houses.comparing.{name}", {"first": first, "second": second})
