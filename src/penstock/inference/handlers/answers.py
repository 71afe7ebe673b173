# SPDX-License-Identifier: Apache-2.0
"""The results of handlers as columns."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from penstock.inference.failures import BrokenContractError
from penstock.inference.handlers.known import Answer
from penstock.models.outputs import DEFAULT_OUTPUT, as_array, columns_of_rows


def values_of(results: Sequence[Any], keys: Sequence[Any] | None, count: int, handler: str) -> list[Any]:
    """Returns the inference of each element, in the order of the elements.

    Args:
        results: What the handler has returned: ``PredictionResult``s, or values of whatever kind; with keys, pairs.
        keys: The elements' keys, where the handler takes keyed elements. It may return them in another order.
        count: Number of elements.
        handler: Its name.

    Raises:
        BrokenContractError: There is not one result for each element.
    """
    if len(results) != count:
        raise BrokenContractError(
            f"{handler} has not returned a result for each element",
            expected=f"{count} results",
            got=f"{len(results)}",
            hint="set max_batch_size: 1 in its arguments, if one call can have one result only",
        )
    if keys is None:
        return [_inference(result) for result in results]
    waiting: dict[Any, deque[int]] = defaultdict(deque)
    for position, key in enumerate(keys):
        waiting[key].append(position)
    values: list[Any] = [None] * count
    for result in results:
        if not isinstance(result, tuple) or len(result) != 2 or not waiting.get(result[0]):
            raise BrokenContractError(
                f"{handler} has returned a result whose key no element has", got=repr(result)[:200]
            )
        values[waiting[result[0]].popleft()] = _inference(result[1])
    return values


def _inference(result: Any) -> Any:
    return result.inference if hasattr(result, "inference") and hasattr(result, "example") else result


def columns_of(values: Sequence[Any], kind: Answer) -> Mapping[str, Any]:
    """Returns a value per row as columns."""
    if kind == "gemini":
        return {"text": pa.array([value.text for value in values], pa.string())}
    if kind in ("completion", "chat"):
        choices = [value.choices[0] for value in values]
        texts = [choice.text if kind == "completion" else choice.message.content for choice in choices]
        reasons = [choice.finish_reason for choice in choices]
        return {"text": pa.array(texts, pa.string()), "finish_reason": pa.array(reasons, pa.string())}
    return columns_of_rows(values)


def columns_of_batch(value: Any, rows: int, handler: str) -> Mapping[str, Any]:
    """Returns what a handler of whole batches gives for one: a batch, arrays by name, one array, or a value per row.

    Raises:
        BrokenContractError: It is something else, or has another number of rows.
    """
    columns = _of_batch(value)
    if columns is None or any(len(column) != rows for column in columns.values()):
        raise BrokenContractError(
            f"{handler} has not returned a row for each row of the batch",
            expected=f"a record batch, arrays by name, an array or a list, of {rows} rows",
            got=type(value).__name__
            if columns is None
            else ", ".join(f"{name}: {len(column)}" for name, column in columns.items()),
        )
    return columns


def _of_batch(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, (pa.RecordBatch, pa.Table)):
        return dict(zip(value.schema.names, value.columns, strict=True))
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "columns"):
        return _of_batch(pa.Table.from_pandas(value, preserve_index=False))
    if isinstance(value, Mapping):
        arrays = {str(name): as_array(part) for name, part in value.items()}
        return {name: array if array is not None else pa.array(value[name]) for name, array in arrays.items()}
    array = as_array(value)
    if array is not None:
        return {DEFAULT_OUTPUT: array} if array.ndim else None
    return columns_of_rows(value) if isinstance(value, (list, tuple)) else None
