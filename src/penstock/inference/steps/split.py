# SPDX-License-Identifier: Apache-2.0
"""The step that shares rows out among ways by a hash of their key: ``penstock-split-1``.

A row's way depends on the text of its key, the salt and the shares alone: not on the order of rows, on files, batches,
workers, or on whether the key is stored as a number or as text. It never changes; what would change it gets another
name.

* The text of a key: an integer's decimal digits, text and bytes as they are, ``true`` or ``false``, a float's
  shortest form as Python writes it, anything else's JSON; a missing key is the empty text.
* Its number: ``penstock-mix64`` (see ``penstock.examples.hashing``) of the salt, a zero byte and the text; of the text
  alone where there is no salt.
* That number modulo the sum of all shares falls into one of the shares, laid one after another in their order.
"""

from __future__ import annotations

import json
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError, did_you_mean
from penstock.examples.hashing import Hashes, hash_feature
from penstock.inference.flow import Stage
from penstock.inference.spec import SplitStep, Step
from penstock.inference.steps.base import RowStep, StepContext, StepResult


class SplitAtWork:
    """Finds each row's way.

    Args:
        name: Name of the step.
        spec: Ways, shares and salt.
        by: Column that is hashed.
    """

    stage: Stage = "function"

    def __init__(self, name: str, spec: SplitStep, by: str) -> None:
        self._name = name
        self._shares = dict(spec.shares)
        self._salt = spec.salt
        self._by = by

    def setup(self) -> None:
        """Has nothing to load."""

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Returns which rows go which way."""
        ends = list(accumulate(self._shares.values()))
        numbers = key_hashes(self._key(batch), self._salt) % np.uint64(ends[-1])
        chosen = np.searchsorted(np.array(ends, dtype=np.uint64), numbers, side="right")
        return StepResult(ways={way: chosen == index for index, way in enumerate(self._shares)})

    def close(self) -> None:
        """Has nothing to give back."""

    def _key(self, batch: pa.RecordBatch) -> pa.Array:
        index = batch.schema.get_field_index(self._by)
        if index < 0:
            raise DataError(
                f"split {self._name!r} goes by column {self._by!r}, which its rows do not have",
                input=self._by,
                hint=did_you_mean(self._by, batch.schema.names),
            )
        return batch.column(index)


def key_hashes(keys: pa.Array, salt: str = "") -> Hashes:
    """Returns the number of each key, as this module's docstring says."""
    texts = key_texts(keys)
    if salt:
        prefix, between = (pa.scalar(part, pa.large_binary()) for part in (salt.encode() + b"\0", b""))
        texts = pc.binary_join_element_wise(prefix, texts, between)
    return hash_feature(texts)


def key_texts(keys: pa.Array) -> pa.Array:
    """Returns the text of each key, as bytes."""
    types = pa.types
    if types.is_dictionary(keys.type):
        keys = keys.dictionary_decode()
    kind = keys.type
    if types.is_null(kind):
        return pa.array([b""] * len(keys), pa.binary())
    if (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
    ):
        texts = keys
    elif types.is_integer(kind) or types.is_boolean(kind):
        texts = pc.cast(keys, pa.string())
    elif types.is_floating(kind):
        texts = pa.array([None if value is None else repr(value) for value in keys.to_pylist()], pa.string())
    else:
        texts = pa.array([_json(value) for value in keys.to_pylist()], pa.string())
    return pc.fill_null(pc.cast(texts, pa.large_binary()), b"")


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, default=str, sort_keys=True)


def make(step: Step, context: StepContext) -> RowStep:
    """Returns what does the work of a split's step."""
    assert step.split is not None
    by = step.split.by or context.key
    assert by is not None, "a split without a column is refused before"
    return SplitAtWork(step.name, step.split, by)
