# SPDX-License-Identifier: Apache-2.0
"""Train a PyTorch model, then predict with it: the smallest pipeline with both. Needs PyTorch.

From ``data/numbers/known`` a network learns that y = 5x; BulkInferrer reads the numbers 20, 30, 40 … of
``data/numbers/asked`` and predicts 100.0, 150.0, 200.0 …::

    penstock run pipelines/five_times_table.py
    cat .penstock/results/five_times_table/*.jsonl

What there is to see in it:

- A ``run_fn`` gets its batches as tensors, and ends with ``penstock.models.save``: the state dict, and what the model
  takes and gives.
- The model comes from one kind of data and is used on another: two ExampleGens, one that shares its rows out among
  ``train`` and ``eval``, one that keeps them together and in order.
- ``inference_config`` says which column tells rows apart, what is done with the model's answers, and where else they
  go than into the artifact.
"""

from __future__ import annotations

from penstock import proto
from penstock.components import BulkInferrer, CsvExampleGen, Trainer
from penstock.dsl import Pipeline
from penstock.inference import InferenceConfig, SinkSpec

ALL_IN_ONE = proto.Output(
    split_config=proto.SplitConfig(splits=[proto.SplitConfig.Split(name="asked", hash_buckets=1)])
)
"""One split with all rows, in their order; left out, two would be made."""


def create_pipeline(
    asked: str = "data/numbers/asked", results: str = ".penstock/results/five_times_table"
) -> Pipeline:
    """Returns the pipeline.

    Args:
        asked: Folder of CSV files with a column ``x``.
        results: Folder that gets the answers as JSON Lines.
    """
    known = CsvExampleGen(input_base="data/numbers/known").with_id("known")
    trainer = Trainer(examples=known.outputs["examples"], module_file="modules/numbers/trainer.py")
    numbers = CsvExampleGen(input_base=asked, output_config=ALL_IN_ONE).with_id("asked")
    inferrer = BulkInferrer(
        examples=numbers.outputs["examples"],
        model=trainer.outputs["model"],
        inference_config=InferenceConfig(
            key="x",
            postprocess="modules.numbers.answers.rounded",
            sinks=(SinkSpec(path=results, format="json_lines", columns=("x", "five_times")),),
        ),
    )
    return Pipeline("five_times_table", components=[known, trainer, numbers, inferrer], enable_cache=True)
