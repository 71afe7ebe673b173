# SPDX-License-Identifier: Apache-2.0
"""Runs BulkInferrer's roles on a saved model, with a stand-in for what its driver reads of a metadata store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from component_runs import Ran, run_component

from penstock import files
from penstock.artifacts.standard import Examples, Model
from penstock.components.bulk_inferrer.component import BulkInferrer
from penstock.examples.tfrecord import read_records


@dataclass
class _Execution:
    run_id: str = "training"


@dataclass
class _Graph:
    executions: Mapping[int, _Execution] = field(default_factory=lambda: {5: _Execution()})
    artifacts: Mapping[int, Any] = field(default_factory=dict)


class TrainedHere:
    """A store in which one training has made every model."""

    def lineage(self, artifact_id: int, direction: str, *, max_hops: int) -> _Graph:
        return _Graph()

    def executions_of_node(self, pipeline: str, node_id: str, limit: int) -> list[Any]:
        return []


def model_in(folder: Path) -> Model:
    """Returns a Model artifact whose servable model is to be saved, or was, in the folder's ``Format-Serving``."""
    model = Model(str(folder), id=14, custom_properties={"content_digest": "0123456789abcdef"})
    files.makedirs(model.serving_uri)
    return model


def infer(folder: Path, examples: Examples, model: Model, **parameters: Any) -> Ran:
    """Runs BulkInferrer's driver, executor and publisher."""
    left_out = "inference_result" if parameters.get("output_example_spec") else "output_examples"
    return run_component(
        BulkInferrer, folder, inputs={"examples": examples, "model": model}, omit=[left_out],
        store=TrainedHere(), **parameters,
    )  # fmt: skip


def prediction_logs(uri: str) -> list[bytes]:
    """Returns the records of all PredictionLog files in a folder."""
    found = [entry.uri for entry in files.walk(uri) if entry.name.startswith("prediction_logs-")]
    return [record for shard in sorted(found) for batch in read_records(shard, 1000) for record in batch]
