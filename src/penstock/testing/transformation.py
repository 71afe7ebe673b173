# SPDX-License-Identifier: Apache-2.0
"""Runs a ``preprocessing_fn`` on a table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from penstock.testing import functions
from penstock.testing.place import new_folder, prepare_libraries, prepare_tracing
from penstock.testing.tables import Table, to_arrow, to_columns, write_examples

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.components.transform.application import TransformFunction
    from penstock.components.transform.features import GraphInputs


class TransformedTable(Mapping[str, list[Any]]):
    """What a ``preprocessing_fn`` made of a table: a mapping of columns, each a list with an element per row.

    An element is a list itself where the function made a sparse or ragged feature, or one of several values.

    Attributes:
        table: The columns as a table of pyarrow.
        graph_dir: Folder of the transform graph, as ``tft.TFTransformOutput`` and ``fn_args.transform_output`` have it.
    """

    def __init__(
        self, table: pa.Table, graph_dir: str, inputs: GraphInputs, function: TransformFunction
    ) -> None:
        self.table = table
        self.graph_dir = graph_dir
        self._inputs = inputs
        self._function = function

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.table.column_names:
            raise KeyError(name)
        column: list[Any] = self.table.column(name).to_pylist()
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.column_names)

    def __len__(self) -> int:
        return len(self.table.column_names)

    def __repr__(self) -> str:
        return f"TransformedTable({self.table.num_rows} rows: {', '.join(self)})"

    def apply(self, table: Table) -> TransformedTable:
        """Returns other rows, transformed by what was found out about the first ones, as they are when serving."""
        batch = self._function(self._inputs.layout(to_arrow(table)))
        return TransformedTable(to_columns(batch), self.graph_dir, self._inputs, self._function)


def transform_table(
    preprocessing_fn: functions.Function,
    table: Table,
    *,
    schema: Any = None,
    custom_config: Mapping[str, Any] | None = None,
) -> TransformedTable:
    """Analyses a table with a ``preprocessing_fn`` and returns the table transformed.

    Args:
        preprocessing_fn: The function, or the path of the module file that defines it.
        table: The rows.
        schema: A schema protobuf; inferred from the table as SchemaGen does, without shapes, where it is not given.
        custom_config: For a function that takes it.

    Raises:
        UserCodeError: The function raised, or returned something else than tensors with a row for each row.
        DataError: The table is none, or does not fit the schema.
    """
    prepare_libraries()
    from penstock.components.transform.analysis import AnalysisRequest, Dataset, analyze
    from penstock.components.transform.application import TransformFunction
    from penstock.components.transform.features import graph_inputs
    from penstock.components.transform.graph_files import complete_graph
    from penstock.components.transform.user_functions import PreprocessingFn
    from penstock.examples.reader import ExamplesReader
    from penstock.testing.schemas import inferred_schema

    folder = new_folder("transform")
    graph_dir, temp_dir = os.path.join(folder, "graph"), os.path.join(folder, "tmp")
    os.mkdir(temp_dir)
    write_examples(folder, {"table": table})
    inputs = graph_inputs(schema if schema is not None else inferred_schema(table))
    prepare_tracing()
    with functions.opened("preprocessing_fn", preprocessing_fn) as function:
        configured = functions.with_config(function, custom_config)
        request = AnalysisRequest(
            preprocessing_fn=PreprocessingFn(configured, "preprocessing_fn"),
            inputs=inputs,
            datasets=[Dataset("table", ExamplesReader(os.path.join(folder, "Split-table")))],
            graph_dir=graph_dir,
            cache_dir=None,
            temp_dir=temp_dir,
        )
        analyze(request, "preprocessing_fn")
    complete_graph(graph_dir, inputs.schema, temp_dir)
    transform = TransformFunction(graph_dir, inputs.adapter_config)
    return TransformedTable(
        to_columns(transform(inputs.layout(to_arrow(table)))), graph_dir, inputs, transform
    )
