# SPDX-License-Identifier: Apache-2.0
"""The schema that results will have, as far as it is known before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from penstock.inference.column_flow import Column, Columns, in_results
from penstock.inference.spec import SOURCE, InferenceGraph


@dataclass(frozen=True, slots=True)
class ExpectedSchema:
    """What is known of the columns of results.

    Attributes:
        schema: The columns whose type is known.
        others: Names of those whose type is not.
        more: Whether functions may add others.
    """

    schema: pa.Schema
    others: tuple[str, ...]
    more: bool


def expected_schema(columns: Columns, graph: InferenceGraph, source: pa.Schema) -> ExpectedSchema:
    """Returns what the results of a step will hold.

    Args:
        columns: The columns at the step.
        graph: The graph.
        source: Schema of the source.
    """
    found = in_results(columns, graph)
    types = {name: _type(name, column, source) for name, column in found.known.items()}
    schema = pa.schema([pa.field(name, type_) for name, type_ in types.items() if type_ is not None])
    return ExpectedSchema(schema, tuple(name for name, type_ in types.items() if type_ is None), found.more)


def _type(name: str, column: Column, source: pa.Schema) -> pa.DataType | None:
    if column.added_by == SOURCE:
        index = source.get_field_index(name)
        return source.field(index).type if index >= 0 else None
    if not column.dtype or column.is_list is None:
        return None
    try:
        value = pa.string() if column.dtype in ("string", "object") else pa.type_for_alias(column.dtype)
    except ValueError:
        return None
    return pa.list_(value) if column.is_list else value
