# SPDX-License-Identifier: Apache-2.0
"""Columns as far as they are known before rows are read, and those that a model takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from penstock.inference.spec import SOURCE, ModelStep
from penstock.models.signature import ModelInfo, Signature, TensorSpec

Kind = Literal["int", "float", "bytes"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        added_by: Step that has added it.
        kind: Its kind of value; ``None`` where that is not known.
        is_list: Whether it has lists of values; ``None`` where that is not known.
        dtype: NumPy's name of its type, or ``string``; empty where it is not known.
        readable: Where values are text or JSON of a file: kinds of number as which one of the first ones can be read;
            ``None`` where that is not known.
    """

    added_by: str = SOURCE
    kind: Kind | None = None
    is_list: bool | None = None
    dtype: str = ""
    readable: tuple[Kind, ...] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the rows at a step.

    Attributes:
        known: Those that are known, in order.
        more: Whether there may be others: a function adds what it likes.
    """

    known: Mapping[str, Column] = field(default_factory=dict)
    more: bool = False

    def lacks(self, name: str) -> bool:
        """Says whether there is certainly no such column."""
        return name not in self.known and not self.more


UNKNOWN = Columns(more=True)
"""Of what nothing is known."""


def outputs_of(work: ModelStep, signature: Signature | None) -> dict[str, Column] | None:
    """Returns the columns that a model's step adds; ``None`` where that is not known."""
    kinds = {spec.name: spec for spec in signature.outputs} if signature is not None else {}
    if work.outputs:
        return {name: _column(kinds.get(output)) for output, name in work.outputs.items()}
    return {name: _column(spec) for name, spec in kinds.items()} or None


def _column(spec: TensorSpec | None) -> Column:
    if spec is None:
        return Column()
    kind: Kind = (
        "bytes"
        if spec.dtype == "string"
        else "float"
        if spec.dtype.startswith(("float", "bfloat"))
        else "int"
    )
    return Column(kind=kind, is_list=holds_lists(spec), dtype=spec.dtype)


def kind_of_dtype(dtype: str) -> Kind | None:
    """Returns the kind that an input of some type is read as; ``None`` where it takes text and numbers alike."""
    if dtype == "string":
        return "bytes"
    if dtype.startswith(("float", "bfloat", "double", "complex")):
        return "float"
    return "int" if dtype.startswith(("int", "uint", "bool")) else None


def holds_lists(spec: TensorSpec) -> bool | None:
    """Says whether an output becomes a column of lists, which it does beyond one value a row; ``None``: not known."""
    return None if spec.shape is None else len(spec.shape) > 1 and spec.shape[1:] != (1,)


def takes_examples(signature: Signature, info: ModelInfo) -> bool:
    """Says whether a SavedModel takes serialized tf.Examples where no column is named after its one input of text."""
    return info.flavor in ("tensorflow", "keras") and [spec.dtype for spec in signature.inputs] == ["string"]


def is_taken(kind: Kind, dtype: str) -> bool:
    """Says whether an input of some type takes values of a kind; numbers must not lose what they mean."""
    if kind == "bytes" or dtype == "string":
        return kind == "bytes" and dtype in ("string", "object")
    return kind == "int" or dtype.startswith(("float", "bfloat", "double", "complex"))
