# SPDX-License-Identifier: Apache-2.0
"""The step that makes one answer out of several models'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from penstock.inference.failures import BrokenContractError
from penstock.inference.flow import Stage
from penstock.inference.spec import Step, VoteStep
from penstock.inference.steps.base import RowStep, StepContext, StepResult
from penstock.inference.ways import Origin

Floats = npt.NDArray[np.float64]
_ALIKE = 1e-9


class VoteAtWork:
    """Counts, or averages, the answers of the steps that it comes from. A step without an answer does not count.

    Args:
        name: Name of the step.
        sources: Steps whose answers count, in their order.
        spec: Which column, and how.
        component: Node that the work is for.
    """

    stage: Stage = "function"

    def __init__(
        self, name: str, sources: Sequence[str], spec: VoteStep, component: str | None = None
    ) -> None:
        self._name = name
        self._sources = tuple(sources)
        self._spec = spec
        self._component = component
        self._weights = [float(spec.weights.get(source, 1)) for source in self._sources]

    def setup(self) -> None:
        """Has nothing to load."""

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Returns the column of the result; null where no step has an answer."""
        answers = self._answers(batch)
        if self._spec.method == "majority":
            result = _majority(self._of_one_type(answers), self._weights)
        else:
            result = self._mean(answers)
        return StepResult(columns=pa.RecordBatch.from_arrays([result], [self._spec.output]))

    def close(self) -> None:
        """Has nothing to give back."""

    def _answers(self, batch: pa.RecordBatch) -> list[pa.Array]:
        return [_answer(batch, source, self._spec.column) for source in self._sources]

    def _of_one_type(self, answers: Sequence[pa.Array]) -> list[pa.Array]:
        types = list(dict.fromkeys(answer.type for answer in answers if not pa.types.is_null(answer.type)))
        wanted = types[0] if types else pa.null()
        if len(types) > 1:
            wanted = _common_type(types)
        if wanted is None or pa.types.is_nested(wanted):
            raise self._broken("numbers, text or truth values, the same of every step", types)
        return [pc.cast(answer, wanted) for answer in answers]

    def _mean(self, answers: Sequence[pa.Array]) -> pa.Array:
        types = [answer.type for answer in answers]
        if any(pa.types.is_nested(type_) for type_ in types):
            return self._mean_of_lists(answers)
        if not all(map(_is_number, types)):
            raise self._broken("numbers, or lists of numbers", types)
        values = np.stack([_floats(answer) for answer in answers])
        valid = np.stack([_valid(answer) for answer in answers])
        mean, known = _weighted_mean(values, valid, self._weights)
        return pa.array(mean, mask=~known)

    def _mean_of_lists(self, answers: Sequence[pa.Array]) -> pa.Array:
        """Averages value by value: of probabilities, for instance. Lists of a row must be of one length."""
        rows: list[list[float] | None] = []
        for row in zip(*(answer.to_pylist() for answer in answers), strict=True):
            there = [(w, v) for w, v in zip(self._weights, row, strict=True) if v is not None and w > 0]
            if len({len(values) for _, values in there}) > 1:
                lengths = ", ".join(str(len(values)) for _, values in there)
                raise ValueError(
                    f"the answers to vote {self._name!r} are lists of different lengths: {lengths}"
                )
            total = sum(weight for weight, _ in there)
            rows.append(
                [sum(w * v[i] for w, v in there) / total for i in range(len(there[0][1]))] if there else None
            )
        return pa.array(rows, pa.list_(pa.float64()))

    def _broken(self, expected: str, types: Sequence[pa.DataType]) -> BrokenContractError:
        return BrokenContractError(
            f"vote {self._name!r} cannot join the answers in column {self._spec.column!r} by {self._spec.method}",
            component=self._component,
            expected=expected,
            got=", ".join(map(str, types)),
        )


def _answer(batch: pa.RecordBatch, source: str, column: str) -> pa.Array:
    """Returns a step's column: prefixed, or unprefixed where it is common to several; nulls where it is missing."""
    for name in (f"{Origin.parse(source).label}_{column}", column):
        index = batch.schema.get_field_index(name)
        if index >= 0:
            return batch.column(index)
    return pa.nulls(batch.num_rows)


def _is_number(type_: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(type_) or types.is_floating(type_) or types.is_boolean(type_) or types.is_null(type_)
    )


def _common_type(types: Sequence[pa.DataType]) -> pa.DataType | None:
    if all(map(_is_number, types)):
        return pa.int64() if not any(map(pa.types.is_floating, types)) else pa.float64()
    text = (pa.types.is_string, pa.types.is_large_string)
    blob = (pa.types.is_binary, pa.types.is_large_binary)
    if all(any(check(type_) for check in text) for type_ in types):
        return pa.string()
    if all(any(check(type_) for check in (*text, *blob)) for type_ in types):
        return pa.binary()
    return None


def _valid(answer: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(answer.is_valid().to_numpy(zero_copy_only=False))


def _floats(answer: pa.Array) -> Floats:
    known = pc.cast(pc.cast(answer, pa.int8()) if pa.types.is_boolean(answer.type) else answer, pa.float64())
    return np.asarray(pc.fill_null(known, 0.0).to_numpy(zero_copy_only=False))


def _weighted_mean(
    values: Floats, valid: npt.NDArray[np.bool_], weights: Sequence[float]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    shares = np.asarray(weights)[:, None] * valid
    total = shares.sum(axis=0)
    counted = np.where(shares > 0, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (shares * counted).sum(axis=0) / total, total > 0


def _majority(answers: Sequence[pa.Array], weights: Sequence[float]) -> pa.Array:
    """Returns the answer with the most weight in each row; of those with the same, that of the first step."""
    every = pa.concat_arrays(list(answers)).dictionary_encode()
    codes: Any = pc.fill_null(every.indices, -1).to_numpy(zero_copy_only=False)
    codes = codes.reshape(len(answers), -1)
    scores = np.stack(
        [
            sum(weight * (other == mine) for weight, other in zip(weights, codes, strict=True))
            for mine in codes
        ]
    )
    scores = np.where((codes >= 0) & (scores > 0), scores, -1.0)
    best = np.argmax(scores >= scores.max(axis=0, keepdims=True, initial=-1.0) - _ALIKE, axis=0)
    chosen = np.take_along_axis(codes, best[None, :], axis=0)[0]
    known = np.take_along_axis(scores, best[None, :], axis=0)[0] > 0
    return every.dictionary.take(pa.array(chosen, mask=~known))


def make(step: Step, context: StepContext) -> RowStep:
    """Returns what does the work of a vote's step."""
    assert step.vote is not None
    return VoteAtWork(step.name, step.sources, step.vote, context.component)
