# SPDX-License-Identifier: Apache-2.0
"""Which columns a model is given, and under which names its answers become columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from penstock.errors import did_you_mean
from penstock.inference.failures import UnfitInputError
from penstock.inference.flow import make_batch
from penstock.inference.spec import ModelStep
from penstock.models import TensorSpec


class Feeding:
    """What goes into a model and what comes out of it.

    Args:
        step: Says which columns are which inputs and outputs.
        inputs: What the model takes, empty where that is not known.
        left_out: Columns that a model of unknown inputs is not given.
        component: Node that the work is for.
    """

    def __init__(
        self,
        step: ModelStep,
        inputs: Sequence[TensorSpec],
        left_out: Sequence[str],
        component: str | None = None,
    ) -> None:
        self._step = step
        self._inputs = inputs
        self._left_out = left_out
        self._component = component
        self._wanted = {spec.name: step.inputs.get(spec.name, spec.name) for spec in inputs}

    def fed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the columns that the model takes, under its own names; all where it does not say.

        Raises:
            UnfitInputError: One is missing, or text where the model takes numbers.
        """
        names = batch.schema.names
        for name, column in self._step.inputs.items():
            if column not in names:
                raise self._missing(f"input {name!r}", column, names)
        absent = [spec for spec in self._inputs if self._wanted[spec.name] not in names]
        if absent and not self._takes_examples():
            raise self._missing(str(absent[0]), self._wanted[absent[0].name], names)
        if self._wanted and not absent:
            self._check_kinds(batch.schema)
            return select_columns(batch, self._wanted)
        kept = {name: name for name in names if name not in self._left_out}
        return select_columns(batch, {**kept, **self._step.inputs})

    def named(self, answers: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the outputs that the step asks for, under its names.

        Raises:
            UnfitInputError: The model has no such output.
        """
        chosen = self._step.outputs
        for name in chosen:
            if name not in answers.schema.names:
                raise UnfitInputError(
                    f"model {self._step.model!r} has no output {name!r}",
                    component=self._component,
                    input=name,
                    hint=did_you_mean(name, answers.schema.names),
                )
        if not chosen:
            return answers
        return select_columns(answers, {column: name for name, column in chosen.items()})

    def _takes_examples(self) -> bool:
        """Says whether the model's one input may be serialized examples, which are made of all columns."""
        return len(self._inputs) == 1 and self._inputs[0].dtype == "string"

    def _check_kinds(self, schema: pa.Schema) -> None:
        for spec in self._inputs:
            column = schema.field(self._wanted[spec.name])
            if spec.dtype != "string" and _is_text(column.type):
                raise UnfitInputError(
                    f"model {self._step.model!r} takes {spec}, and column {column.name!r} is text",
                    component=self._component,
                    input=column.name,
                    expected=spec.dtype,
                    got=str(column.type),
                    hint="convert it in a preprocess function, or take another column",
                )

    def _missing(self, taker: str, column: str, names: Sequence[str]) -> UnfitInputError:
        return UnfitInputError(
            f"model {self._step.model!r} takes {taker}, and the rows have no column {column!r}",
            component=self._component,
            input=column,
            hint=did_you_mean(column, names),
        )


def select_columns(batch: pa.RecordBatch, wanted: Mapping[str, str]) -> pa.RecordBatch:
    """Returns some columns under new names.

    Args:
        batch: Has the columns.
        wanted: Column by its new name.
    """
    columns = [batch.column(batch.schema.get_field_index(column)) for column in wanted.values()]
    return make_batch(list(wanted), columns, batch.num_rows)


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))
