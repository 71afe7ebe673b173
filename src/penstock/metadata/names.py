# SPDX-License-Identifier: Apache-2.0
"""The names that stand in a metadata store: TFX's own, so that each can read what the other wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

ExecutionBaseType = Literal["Train", "Transform", "Process", "Evaluate", "Deploy"]
ContextType = Literal["pipeline", "pipeline_run", "node", "execution_cache"]

PIPELINE: ContextType = "pipeline"
PIPELINE_RUN: ContextType = "pipeline_run"
NODE: ContextType = "node"
EXECUTION_CACHE: ContextType = "execution_cache"
CONTEXT_TYPES: tuple[ContextType, ...] = (PIPELINE, PIPELINE_RUN, NODE, EXECUTION_CACHE)

RESOLVER = "tfx.dsl.components.common.resolver.Resolver"
IMPORTER = "tfx.dsl.components.common.importer.Importer"

STANDARD_EXECUTION_TYPES: Mapping[str, str] = {
    "BulkInferrer": "tfx.components.bulk_inferrer.component.BulkInferrer",
    "CsvExampleGen": "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen",
    "DistributionValidator": "tfx.components.distribution_validator.component.DistributionValidator",
    "Evaluator": "tfx.components.evaluator.component.Evaluator",
    "ExampleDiff": "tfx.components.example_diff.component.ExampleDiff",
    "ExampleValidator": "tfx.components.example_validator.component.ExampleValidator",
    "ImportExampleGen": "tfx.components.example_gen.import_example_gen.component.ImportExampleGen",
    "ImportSchemaGen": "tfx.components.schema_gen.import_schema_gen.component.ImportSchemaGen",
    "Importer": IMPORTER,
    "InfraValidator": "tfx.components.infra_validator.component.InfraValidator",
    "Pusher": "tfx.components.pusher.component.Pusher",
    "Resolver": RESOLVER,
    "SchemaGen": "tfx.components.schema_gen.component.SchemaGen",
    "StatisticsGen": "tfx.components.statistics_gen.component.StatisticsGen",
    "Trainer": "tfx.components.trainer.component.Trainer",
    "Transform": "tfx.components.transform.component.Transform",
    "Tuner": "tfx.components.tuner.component.Tuner",
}
"""TFX's literal execution type of each standard component and system node, by class name."""

STANDARD_BASE_TYPES: Mapping[str, ExecutionBaseType] = {
    STANDARD_EXECUTION_TYPES["Evaluator"]: "Evaluate",
    STANDARD_EXECUTION_TYPES["ExampleDiff"]: "Process",
    STANDARD_EXECUTION_TYPES["Pusher"]: "Deploy",
    STANDARD_EXECUTION_TYPES["SchemaGen"]: "Process",
    STANDARD_EXECUTION_TYPES["StatisticsGen"]: "Process",
    STANDARD_EXECUTION_TYPES["Trainer"]: "Train",
    STANDARD_EXECUTION_TYPES["Transform"]: "Transform",
}
"""Base types of the execution types that TFX annotates. A base type can be added later but never changed, and TFX
fails on another one; the types that are not listed therefore have none."""

SCHEMA_PREFIX = "__schema__"
SCHEMA_SUFFIX = "__"
VALUE_KEY = "__value__"
"""Key under which TFX puts a JSON value that is not an object into a struct."""

IMPORT_OUTPUT_KEY = "result"
"""Output key of TFX's Importer."""

RESERVED_PREFIX = "__penstock_"
"""Start of the names of the custom properties that this package keeps for itself."""

ORIGIN = RESERVED_PREFIX + "origin__"
"""On an execution: JSON with pipeline, run, node and cache key. The same stands in its contexts, whose look-up by
execution reads every association in the store (1.4 ms at 10,000 executions, and growing)."""

OWNER = RESERVED_PREFIX + "owner__"
"""On an execution: JSON with the process that runs it."""

PRODUCER = RESERVED_PREFIX + "producer__"
"""On an artifact: id of the execution that made it. The events say the same, but only together with those of all its
consumers (63 ms for a schema with 10,000 of them)."""

RUN_PIPELINE = RESERVED_PREFIX + "pipeline__"
"""On a run's context: name of its pipeline, which is also its parent context."""

EXACT_PREFIX = RESERVED_PREFIX + "exact_"
"""Start of the custom property with the exact value of a declared property that the library stores rounded."""

OPEN_RUNS = RESERVED_PREFIX + "open_runs__"
"""On a pipeline's context: JSON list of the ids of its runs that have not ended, so that these are found at once."""

RUN_STATE = "state"
"""Property of a run: RUNNING, COMPLETE, FAILED or CANCELED."""

RUNNING = "RUNNING"
"""The state of a run that has not ended."""


def node_context(pipeline: str, node_id: str) -> str:
    """Returns the name of a node's context."""
    return f"{pipeline}.{node_id}"


def schema_key(key: str) -> str:
    """Returns the property that says how TFX encoded the execution property ``key``."""
    return f"{SCHEMA_PREFIX}{key}{SCHEMA_SUFFIX}"
