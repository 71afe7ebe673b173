# SPDX-License-Identifier: Apache-2.0
"""The same history with resolver functions: a model of the last three spans, and one of each pair of spans."""

import os

import penstock as tfx
from penstock.dsl.control_flow.for_each import ForEach
from penstock.dsl.input_resolution.canned_resolver_functions import (
    rolling_range,
    sequential_rolling_range,
    shuffle,
)
from penstock.types.channel_utils import artifact_query

_HERE = os.path.dirname(os.path.abspath(__file__))


def _trainer(examples):
    return tfx.components.Trainer(
        module_file=os.path.join(_HERE, "window_trainer.py"),
        examples=examples,
        train_args=tfx.proto.TrainArgs(num_steps=1),
        eval_args=tfx.proto.EvalArgs(num_steps=1),
    )


def create_pipeline():
    all_examples = artifact_query(
        tfx.types.standard_artifacts.Examples, producer_component_id="CsvExampleGen", output_key="examples"
    )
    of_all = _trainer(rolling_range(all_examples, num_spans=3)).with_id("OfAll")
    of_four = _trainer(rolling_range(all_examples, num_spans=4)).with_id("OfFour")
    with ForEach(sequential_rolling_range(all_examples, num_spans=2)) as window:
        of_pair = _trainer(shuffle(window)).with_id("OfPair")
    return tfx.dsl.Pipeline(
        pipeline_name="rolling",
        pipeline_root=os.environ["PIPELINE_ROOT"],
        components=[of_all, of_four, of_pair],
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            os.environ["METADATA_PATH"]
        ),
    )


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner().run(create_pipeline())
