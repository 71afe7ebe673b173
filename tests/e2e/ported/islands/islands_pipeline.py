# SPDX-License-Identifier: Apache-2.0
"""A model for each island, the best of them pushed by a sub-pipeline, and a word at the end; in TFX's spelling."""

import json
import os
import shutil
from typing import List

from penstock import v1 as tfx
from penstock.dsl.control_flow.for_each import ForEach
from penstock.orchestration import pipeline as pipeline_lib
from penstock.types import channel_utils
from penstock.v1.dsl.components import InputArtifact, OutputArtifact, OutputDict, Parameter
from penstock.v1.types import standard_artifacts

PIPELINE_NAME = "islands"
ROOT = os.environ["ISLANDS_ROOT"]
ISLANDS = ["Biscoe", "Dream", "Torgersen"]


@tfx.dsl.components.component
def CountLeaves(model: InputArtifact[standard_artifacts.Model]) -> OutputDict(leaves=int):
    import joblib

    tree = joblib.load(os.path.join(model.uri, "Format-Serving", "model.joblib"))
    return {"leaves": int(tree.get_n_leaves())}


@tfx.dsl.components.component
def ChooseBest(
    models: InputArtifact[List[standard_artifacts.Model]],
    leaves: InputArtifact[List[standard_artifacts.Integer]],
    best: OutputArtifact[standard_artifacts.Model],
) -> OutputDict(most=int):
    # The bushiest tree wins: this is about pipelines, not about penguins.
    sizes = [one.value for one in leaves]
    place = sizes.index(max(sizes))
    shutil.copytree(models[place].uri, best.uri, dirs_exist_ok=True)
    best.set_int_custom_property("place", place)
    return {"most": sizes[place]}


@tfx.dsl.components.component
def Check(leaves: Parameter[int], at_most: Parameter[int]):
    if leaves > at_most:
        raise ValueError(f"{leaves} leaves are more than {at_most}")


@tfx.orchestration.experimental.exit_handler
def Tell(final_status: Parameter[str], path: Parameter[str]):
    with open(path, "a") as file:
        file.write(json.dumps(json.loads(final_status)) + "\n")


def create_publishing(model, serving_model_dir):
    inputs = pipeline_lib.PipelineInputs({"model": model})
    pusher = tfx.components.Pusher(
        model=inputs["model"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_model_dir)
        ),
    )
    return tfx.dsl.Pipeline(
        pipeline_name="publishing",
        components=[pusher],
        inputs=inputs,
        outputs={"pushed": pusher.outputs["pushed_model"]},
    )


def _create_pipeline():
    islands = {
        name: tfx.components.CsvExampleGen(input_base=os.path.join(ROOT, "data", name)).with_id(name)
        for name in ISLANDS
    }

    with ForEach(channel_utils.union([gen.outputs["examples"] for gen in islands.values()])) as examples:
        trainer = tfx.components.Trainer(
            module_file=os.path.join(os.path.dirname(os.path.abspath(__file__)), "islands_trainer.py"),
            examples=examples,
            train_args=tfx.proto.TrainArgs(),
            eval_args=tfx.proto.EvalArgs(),
            custom_config={"max_depth": 4},
        )
        count_leaves = CountLeaves(model=trainer.outputs["model"])

    choose_best = ChooseBest(models=trainer.outputs["model"], leaves=count_leaves.outputs["leaves"])
    check = Check(
        leaves=choose_best.outputs["most"].future()[0].value,
        at_most=tfx.dsl.experimental.RuntimeParameter(name="at_most", ptype=int, default=100),
    )
    publishing = create_publishing(choose_best.outputs["best"], os.path.join(ROOT, "serving_model"))
    publishing.add_upstream_node(check)

    return tfx.dsl.Pipeline(
        pipeline_name=PIPELINE_NAME,
        pipeline_root=os.path.join(ROOT, "pipelines"),
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            os.path.join(ROOT, "metadata.db")
        ),
        components=[*islands.values(), trainer, count_leaves, choose_best, check, publishing],
        enable_cache=True,
    )


if __name__ == "__main__":
    runner = tfx.orchestration.LocalDagRunner()
    runner.set_exit_handler(
        Tell(
            final_status=tfx.orchestration.experimental.FinalStatusStr(),
            path=os.path.join(ROOT, "told.jsonl"),
        )
    )
    runner.run(_create_pipeline())
