# SPDX-License-Identifier: Apache-2.0
"""Find the shapes in pictures: segmentation, with labels, scores and boxes as nested rows. Needs PyTorch and pillow.

A small network learns from pictures that are drawn for it what belongs to a circle, a square or a triangle. Then the
files of ``data/shapes/pictures`` are matched, read, decoded and segmented; of each picture come the things found in it,
and a copy with their boxes::

    penstock run pipelines/image_segmentation.py
    python -c "import pandas; print(pandas.read_parquet('.penstock/results/image_segmentation').predictions[0])"

The predictions go on to wherever ``sink`` says, with the same columns: ``file``, a text, and ``predictions``, a list of
records of ``label``, ``score`` and ``box`` (left, top, right, bottom, in pixels)::

    --param sink=parquet                                   # files, the default
    --param sink=sqlite:///.penstock/results/shapes.db     # a database; nested values are JSON there
    --param sink=bigquery:my-project:pictures.shapes       # BigQuery: a REPEATED RECORD
    --param sink=bigquery:my-project:pictures.shapes --param dry_run=true     # only shows the table's schema

Where torchvision is installed, its Mask R-CNN looks at photographs of your own, for people, dogs, cups …::

    --param network=mask_rcnn --param pictures=photos/*.jpg     # downloads the weights: or --param weights=FILE

What there is to see in it:

- A ``source`` of format ``files`` makes a row of every file that a pattern matches, with its bytes.
- ``preprocess`` makes of a row what the network takes, and a file that is no picture goes to the dead letters alone;
  ``postprocess`` makes rows of what it gives.
- A component of the project's own, ``components/picture_folder``, takes up where the inference ends.
"""

from __future__ import annotations

from typing import Literal

from components.picture_folder.component import PictureFolder
from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import (
    FunctionStep,
    InferenceGraph,
    ModelSettings,
    ModelStep,
    SinkSpec,
    SourceSpec,
    Step,
)

PREDICTIONS = ("file", "predictions")
BIGQUERY = "bigquery:"
MODULES = {
    "shapes": ("modules.shapes.trainer", "modules.shapes.pictures"),
    "mask_rcnn": ("modules.shapes.mask_rcnn", "modules.shapes.mask_rcnn"),
}
"""Module that trains a network, and the one that speaks its language."""


def create_pipeline(
    pictures: str = "data/shapes/pictures/*.png",
    network: Literal["shapes", "mask_rcnn"] = "shapes",
    epochs: int = 20,
    weights: str | None = None,
    sink: str = "parquet",
    dry_run: bool = False,
    results: str = ".penstock/results/image_segmentation",
    max_failed_fraction: float = 0.5,
) -> Pipeline:
    """Returns the pipeline.

    Args:
        pictures: Pattern of picture files.
        network: The small one that learns shapes here, or torchvision's Mask R-CNN as it is.
        epochs: How often the network sees each drawing that it learns from.
        weights: File with the state dict of Mask R-CNN, relative to the project's root.
        sink: Where predictions go besides the artifact: ``parquet``, the URL of a database, or
            ``bigquery:project:dataset.table``.
        dry_run: For BigQuery, shows the schema of the table and writes nothing.
        results: Folder for Parquet files.
        max_failed_fraction: Share of the files that may be no pictures, 0 to 1.
    """
    drawings = CsvExampleGen(input_base="data/shapes/known").with_id("drawings")
    module, functions = MODULES[network]
    trainer = Trainer(
        examples=drawings.outputs["examples"],
        run_fn=f"{module}.run_fn",
        custom_config={"epochs": epochs, "weights": weights},
    )
    inferrer = GraphInferrer(
        source=SourceSpec(pictures, format="files"),
        models={"network": trainer.outputs["model"]},
        graph=InferenceGraph(
            key="file",
            carry=(),
            models={"network": ModelSettings(batch_rows=16)},
            steps=(
                Step(
                    "segmentation",
                    model=ModelStep(
                        "network",
                        preprocess=f"{functions}.pixels",
                        postprocess=f"{functions}.instances",
                    ),
                ),
                Step(
                    "annotation",
                    ("segmentation",),
                    function=FunctionStep("modules.shapes.pictures.annotated"),
                ),
            ),
            sinks=(_sink(sink, results, dry_run),),
            max_failed_fraction=max_failed_fraction,
            source_rows=64,
        ),
    )
    annotated = PictureFolder(inference_result=inferrer.outputs["inference_result"])
    return Pipeline(
        "image_segmentation", components=[drawings, trainer, inferrer, annotated], enable_cache=True
    )


def _sink(sink: str, results: str, dry_run: bool) -> SinkSpec:
    if sink == "parquet":
        return SinkSpec(path=results, columns=PREDICTIONS)
    if sink.startswith(BIGQUERY):
        options = {"dry_run": True} if dry_run else {}
        return SinkSpec(bigquery=sink.removeprefix(BIGQUERY), columns=PREDICTIONS, options=options)
    return SinkSpec(url=sink, table="shapes", columns=PREDICTIONS)
