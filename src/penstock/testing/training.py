# SPDX-License-Identifier: Apache-2.0
"""Runs a ``run_fn`` on tables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from penstock.components.trainer.executor import call_run_fn, saved_model
from penstock.components.trainer.fn_args import FnArgs
from penstock.components.trainer.metrics import final_metrics
from penstock.errors import DataError
from penstock.models.signature import ModelInfo
from penstock.testing import functions
from penstock.testing.place import new_folder, prepare_libraries, prepare_tracing
from penstock.testing.tables import Table, to_arrow, write_examples
from penstock.testing.transformation import TransformedTable, transform_table


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a ``run_fn`` made.

    Attributes:
        metrics: The final metrics that it returned.
        info: Flavor and signatures of what it saved; ``None`` where that is of no known flavor.
        serving_dir: Folder that it saved the model into.
        model_run_dir: Folder for its logs.
        transformed: The training table after ``preprocessing_fn``, where one was given.
    """

    metrics: Mapping[str, float]
    info: ModelInfo | None
    serving_dir: str
    model_run_dir: str
    transformed: TransformedTable | None

    def predict(self, table: Table, signature_name: str | None = None) -> Mapping[str, Any]:
        """Returns what the saved model says about raw rows: a NumPy array per output, a row for each row.

        Args:
            table: The rows.
            signature_name: The signature to call, ``serving_default`` where none is given.

        Raises:
            DataError: The model is of no flavor that can be loaded, or the rows lack something that it takes.
        """
        from penstock import models
        from penstock.examples.layout import to_example_layout

        if self.info is None:
            raise DataError(
                "the model is of no known flavor", expected="files of a framework that is known here"
            )
        predictor = models.load(
            self.serving_dir,
            self.info.flavor,
            signature_name=signature_name,
            options=models.LoadOptions(trusted=True),
        )
        return predictor.predict(to_example_layout(to_arrow(table)))


def train_on_tables(
    run_fn: functions.Function,
    train: Table,
    eval: Table | None = None,
    *,
    preprocessing_fn: functions.Function | None = None,
    train_steps: int | None = 1,
    eval_steps: int | None = 1,
    schema: Any = None,
    custom_config: Mapping[str, Any] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    base_model: str | None = None,
    examples_format: Literal["parquet", "tfrecord"] = "parquet",
) -> TrainedModel:
    """Trains with a ``run_fn`` on a table and returns what it saved, ready to predict.

    Args:
        run_fn: The function, or the path of the module file that defines it.
        train: The rows to train on; raw ones where ``preprocessing_fn`` is given.
        eval: The rows to evaluate on; those to train on where they are not given.
        preprocessing_fn: Makes the transform graph, and what ``run_fn`` reads of the rows.
        train_steps: ``fn_args.train_steps``; ``None`` leaves it to ``run_fn``.
        eval_steps: ``fn_args.eval_steps``, likewise.
        schema: A schema protobuf of the raw rows; inferred with ``preprocessing_fn``, and left out without.
        custom_config: For both functions, where they take it.
        hyperparameters: ``fn_args.hyperparameters``.
        base_model: ``fn_args.base_model``.
        examples_format: Format in which ``run_fn`` finds the rows.

    Raises:
        UserCodeError: A function raised, or ``run_fn`` saved no model.
    """
    prepare_libraries()
    tables: dict[str, Table] = {"train": train, "eval": train if eval is None else eval}
    transformed = None
    if preprocessing_fn is not None:
        transformed = transform_table(preprocessing_fn, train, schema=schema, custom_config=custom_config)
        tables = {"train": transformed.table, "eval": transformed.apply(tables["eval"]).table}
    arguments = _arguments(tables, examples_format)
    arguments.transform_output = arguments.transform_graph_path = (
        transformed.graph_dir if transformed else None
    )
    if schema is not None or transformed is not None:
        arguments.schema_path = arguments.schema_file = _schema_file(schema, train)
    arguments.train_steps, arguments.eval_steps = train_steps, eval_steps
    arguments.custom_config = None if custom_config is None else dict(custom_config)
    arguments.hyperparameters = None if hyperparameters is None else dict(hyperparameters)
    arguments.base_model = base_model
    prepare_tracing()
    with functions.opened("run_fn", run_fn) as function:
        metrics = final_metrics(call_run_fn(function, arguments, "run_fn"))
    info = saved_model(arguments.serving_model_dir)
    return TrainedModel(metrics, info, arguments.serving_model_dir, arguments.model_run_dir, transformed)


def _arguments(tables: Mapping[str, Table], examples_format: Literal["parquet", "tfrecord"]) -> FnArgs:
    """Returns arguments with the tables on disk; the folder of the model is for ``run_fn`` to make."""
    from penstock.examples.accessor import data_accessor

    folder = new_folder("training")
    write_examples(folder, tables, examples_format)

    def made(name: str) -> str:
        path = os.path.join(folder, name)
        os.mkdir(path)
        return path

    return FnArgs(
        working_dir=made("working"),
        train_files=[os.path.join(folder, "Split-train", "*")],
        eval_files=[os.path.join(folder, "Split-eval", "*")],
        data_accessor=data_accessor(),
        serving_model_dir=os.path.join(folder, "Format-Serving"),
        eval_model_dir=os.path.join(folder, "Format-TFMA"),
        model_run_dir=made("logs"),
    )


def _schema_file(schema: Any, table: Table) -> str:
    """Returns a file with the schema of the raw rows."""
    from penstock.statistics.files import SCHEMA_FILE, write_schema
    from penstock.testing.schemas import inferred_schema

    folder = new_folder("schema")
    write_schema(folder, schema if schema is not None else inferred_schema(table))
    return os.path.join(folder, SCHEMA_FILE)
