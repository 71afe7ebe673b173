# SPDX-License-Identifier: Apache-2.0
"""What is different here from TFX, name by name, and what is not to be had.

Keys are dotted paths without ``tfx`` and ``v1``; the key of a module stands for all its names, and an older path of a
public name for that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ArgumentNote:
    """What is to be said of an argument, field or member.

    Attributes:
        text: How it differs, or what to use instead.
        kind: Whether code that gives it must be changed.
        by_name: Whether all is well where it is given by its name.
    """

    text: str
    kind: Literal["change", "differs"] = "change"
    by_name: bool = False


_VERTEX = "Penstock starts no jobs on Vertex AI or AI Platform"
_KUBEFLOW = "The runner for Kubeflow is not built yet: run with LocalDagRunner or `penstock run`."

_DRIFT = "Not built yet; components/drift_gate in Penstock's repository is a component that gates on drift, to copy."

REFUSED: Mapping[str, str] = {
    "components.DistributionValidator": _DRIFT,
    "components.distribution_validator.component": _DRIFT,
    "components.ExampleDiff": "Not built yet: compare the two artifacts in a component of your own.",
    "components.InfraValidator": (
        "Not built yet: leave it out, and Pusher's infra_blessing too. Evaluator loads the model that it blesses."
    ),
    "components.Tuner": (
        "Not built yet: search in a component of your own, or import a file of hyperparameters with Importer."
    ),
    "extensions.google_cloud_ai_platform.BulkInferrer": (
        f"{_VERTEX}: use components.BulkInferrer, with the model itself or a handler that calls the endpoint."
    ),
    "extensions.google_cloud_ai_platform.Pusher": (
        f"{_VERTEX}: push to a gs:// folder with components.Pusher (`pip install 'penstock[gcs]'`), deploy from there."
    ),
    "extensions.google_cloud_ai_platform.Trainer": (
        f"{_VERTEX}: use components.Trainer with the same module, on a machine that has the accelerators."
    ),
    "extensions.google_cloud_ai_platform.Tuner": f"{_VERTEX}: search in a component of your own.",
    "extensions.google_cloud_big_query.Pusher": (
        "Penstock makes no models in BigQuery ML: push to a gs:// folder with components.Pusher, and CREATE MODEL from "
        "there."
    ),
    "orchestration.airflow.airflow_dag_runner": (
        "The runner for Airflow is not built yet: have a task call `penstock run FILE`, or one task a node "
        "`penstock run-node`."
    ),
    "orchestration.experimental.KubeflowV2DagRunner": _KUBEFLOW,
    "orchestration.experimental.KubeflowV2DagRunnerConfig": _KUBEFLOW,
}
"""Names that can be imported; making one raises an error that says this."""

_OWN_EXECUTOR = "Penstock's executors are made otherwise: write a component with an executor of its own."

ABSENT: Mapping[str, str] = {
    "components.ModelValidator": "Evaluator does its work, also in TFX.",
    "components.common_nodes.importer_node": "TFX 1.0 has removed it: use dsl.Importer.",
    "components.common_nodes.resolver_node": "TFX 1.0 has removed it: use dsl.Resolver.",
    "components.example_gen.csv_example_gen.executor": _OWN_EXECUTOR,
    "components.example_gen.import_example_gen.executor": _OWN_EXECUTOR,
    "components.experimental.data_view.binder_component": "There are no DataViews: write an ExampleGen that parses.",
    "components.experimental.data_view.provider_component": "There are no DataViews: write an ExampleGen that parses.",
    "components.model_validator.component": "Evaluator does its work, also in TFX.",
    "components.util.tfxio_utils": (
        "Examples are read as Arrow batches: penstock.data in components, fn_args.data_accessor in modules."
    ),
    "dsl.components.common.manual_node": "No runner waits for people; run in two parts, with from and to nodes.",
    "extensions.google_cloud_ai_platform.pusher.executor": f"{_VERTEX}.",
    "extensions.google_cloud_ai_platform.trainer.executor.GenericExecutor": f"{_VERTEX}.",
    "extensions.google_cloud_big_query.pusher.executor.Executor": "Penstock makes no models in BigQuery ML.",
    "orchestration.kubeflow.kubeflow_dag_runner": (
        "TFX 1.16 has removed its runner for Kubeflow 1: run with LocalDagRunner or `penstock run`."
    ),
    "orchestration.metadata.Metadata": (
        "Open the store with ml_metadata's MetadataStore; `penstock runs`, `show` and `lineage` read it too."
    ),
    "types.standard_artifacts.Config": "No component makes it.",
    "types.standard_artifacts.DataView": "There are no DataViews.",
    "types.standard_artifacts.ExampleValidationMetrics": "No component makes it.",
    "utils.dsl_utils": "TFX 1.0 has removed it: give the folder itself, input_base='…'.",
}
"""Names that cannot be imported, and what to use instead."""

_EXAMPLES = (
    "Writes Parquet unless Pipeline(examples_format='tfrecord') is set; splits by another hash unless "
    "split_algorithm='tfx-sha256' is given."
)

DIFFERS: Mapping[str, str] = {
    "components.BulkInferrer": (
        "Is skipped, with the reason, where the model is not blessed. Rows that fail go to the output dead_letters; "
        "predictions of models that are no SavedModels are Parquet."
    ),
    "components.CsvExampleGen": _EXAMPLES,
    "components.Evaluator": (
        "An unchanged rerun is cached, where TFX evaluates the model against itself. Metrics compiled into a Keras "
        "model are not added: name them in eval_config."
    ),
    "components.ImportExampleGen": _EXAMPLES,
    "components.Pusher": (
        "Is skipped, with the reason, where the model is not blessed; there is then no PushedModel with pushed=0."
    ),
    "components.Transform": "Writes Parquet unless Pipeline(examples_format='tfrecord') is set.",
    "components.FileBasedExampleGen": _EXAMPLES,
    "components.example_gen.component.FileBasedExampleGen": _EXAMPLES,
    "components.example_gen.component.QueryBasedExampleGen": (
        "Reads any database, which url names, on the machine that runs the node; a custom executor reads on Beam's "
        f"workers. Is run again each time, unless fingerprint_query is given. {_EXAMPLES}"
    ),
    "dsl.Cond": "A node that is left out is recorded as skipped, and those that need it are skipped with the reason.",
    "dsl.ExecutionMode": "Pipeline takes SYNC alone.",
    "dsl.Pipeline": (
        "With enable_cache, results are reused by the content of data and code; TFX goes by the times of files, Beam "
        "arguments and class paths."
    ),
    "dsl.Resolver": (
        "A node that needs what the Resolver did not find fails, and the run with it: exit code 1, and run() raises."
    ),
    "dsl.experimental.SpanRangeStrategy": (
        "Takes the newest artifact of each span, not all of them; a span of a static range that is missing is an error."
    ),
    "dsl.io.fileio.stat": "Of files that are not local it tells the size, and whether it is a folder.",
    "dsl.standard_annotations": "Are names, not classes.",
    "extensions.google_cloud_big_query.BigQueryExampleGen": (
        "Reads on the machine that runs the node, not on Beam's workers. Is run again each time, unless "
        f"fingerprint_query is given. {_EXAMPLES}"
    ),
    "orchestration.LocalDagRunner": (
        "Runs independent nodes side by side, each in a process of its own; run() raises where a node fails. "
        "LocalDagRunner(in_process=True) runs one after the other in this process."
    ),
    "orchestration.beam.beam_dag_runner.BeamDagRunner": "run() raises where a node fails.",
    "orchestration.metadata.mysql_metadata_connection_config": (
        "Needs penstock[mysql]. No compiled pipeline holds the password: give password='${NAME}' for what an "
        "environment variable holds. The host localhost is reached by TCP."
    ),
    "types.BaseBeamComponent": "Is BaseComponent: every component can use Beam.",
    "types.BaseChannel": "Is Channel.",
}
"""Names that work and are not quite the same, and how."""

_NOT_MADE_BY_USERS = ArgumentNote("TFX sets it by itself; nobody gives it.")

_NOT_ON_CHANNELS = ArgumentNote(
    "Not taken: filter_property_equal and its like choose artifacts by properties."
)
_BY_NAME = ArgumentNote("Is taken by its name alone.", by_name=True)

ARGUMENTS: Mapping[str, Mapping[str, ArgumentNote]] = {
    "components.Evaluator": {
        "fairness_indicator_thresholds": ArgumentNote("Refused: name the fairness metrics in eval_config."),
        "feature_slicing_spec": ArgumentNote("Refused: eval_config has the slices (slicing_specs)."),
    },
    "dsl.Artifact": {"mlmd_artifact_type": _NOT_MADE_BY_USERS},
    "dsl.Channel": {
        "additional_custom_properties": _NOT_ON_CHANNELS,
        "additional_properties": _NOT_ON_CHANNELS,
        "artifacts": ArgumentNote("Not taken: channel_utils.as_channel makes a channel of artifacts."),
        "output_key": _BY_NAME,
        "producer_component_id": _BY_NAME,
    },
    "dsl.Pipeline": {"dsl_context_registry": _NOT_MADE_BY_USERS},
    "dsl.placeholder.placeholder.ProtoSerializationFormat": {
        "INLINE_FILE_TEXT_FORMAT": ArgumentNote("Not there: use TEXT_FORMAT.")
    },
    "types.BaseChannel": {"is_optional": _NOT_MADE_BY_USERS},
    "components.trainer.executor.GenericExecutor": {"context": _NOT_MADE_BY_USERS},
}
"""Arguments, fields and members of a name that are not taken, or are taken otherwise."""
