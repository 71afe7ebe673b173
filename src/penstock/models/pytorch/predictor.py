# SPDX-License-Identifier: Apache-2.0
"""Predicts with a module: columns into tensors, a call without gradients, tensors into columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from penstock.errors import DataError
from penstock.models.feeding import NAMED, Arrays, Feeds
from penstock.models.of_one_signature import OneSignature
from penstock.models.outputs import DEFAULT_OUTPUT, as_array, columns_of_rows, numbered
from penstock.models.refusal import first_line
from penstock.models.signature import Signature

if TYPE_CHECKING:
    import pyarrow as pa


class ModulePredictor(OneSignature):
    """A module in evaluation mode.

    Args:
        module: The module, on its device.
        signature: What it takes and gives; without outputs where they are not known.
        way: How it is called, see ``penstock.models.feeding``.
        device: Where it is.
        size_bytes: Bytes of its parameters and buffers.
    """

    def __init__(self, module: Any, signature: Signature, way: str, device: str, size_bytes: int) -> None:
        super().__init__(signature, str(torch.device(device)), size_bytes)
        self._module = module
        self._feeds = Feeds(signature.inputs, way)

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        return self.call(self._feeds.arrays(batch), batch.num_rows)

    def call(self, arrays: Arrays, rows: int) -> Mapping[str, Any]:
        """Calls the module with arrays as :class:`Feeds` makes them."""
        with torch.inference_mode():
            try:
                given = self._called(arrays)
            except Exception as error:
                raise DataError(
                    f"the module {_name(self._module)} refused the rows",
                    expected=", ".join(map(str, self._signature.inputs)),
                    got=f"{type(error).__name__}: {first_line(error)}",
                    hint="compare the columns, their order and shapes with those of the training",
                ) from error
            return named_outputs(given, [spec.name for spec in self._signature.outputs], rows)

    def _called(self, arrays: Arrays) -> Any:
        if isinstance(arrays, np.ndarray):
            return self._module(self._tensor(arrays))
        tensors = {name: self._tensor(array) for name, array in arrays.items()}
        return self._module(**tensors) if self._feeds.way == NAMED else self._module(*tensors.values())

    def _tensor(self, array: np.ndarray[Any, Any]) -> Any:
        if not array.flags.writeable:  # a column of the batch itself, which a module may not write into
            array = array.copy()
        return torch.from_numpy(array).to(self._device)


def named_outputs(given: Any, names: Sequence[str], rows: int) -> dict[str, Any]:
    """Returns what a module gives as arrays by name.

    Args:
        given: A tensor; a mapping of tensors; a tuple of tensors; or a list with a mapping or value per row.
        names: Names of the outputs as far as they are known: for tensors without names, in order.
        rows: Rows that every tensor must have.

    Raises:
        DataError: It is something else, or has another number of rows.
    """
    if isinstance(given, list) and len(given) == rows and not _are_tensors(given, rows):
        return columns_of_rows(given)
    if isinstance(given, Mapping):
        parts = dict(given)
    elif hasattr(given, "_asdict"):
        parts = given._asdict()
    elif isinstance(given, (tuple, list)):
        own = names if len(names) == len(given) else numbered(len(given))
        parts = dict(zip(own, given, strict=True))
    else:
        parts = {names[0] if len(names) == 1 else DEFAULT_OUTPUT: given}
    arrays = {str(name): as_array(part) for name, part in parts.items()}
    found = {name: array for name, array in arrays.items() if array is not None}
    if not found:
        raise DataError(
            "the module gives no tensor",
            expected="a tensor, a mapping or tuple of tensors, or a list with an entry per row",
            got=type(given).__name__,
        )
    for name, array in found.items():
        if array.shape[:1] != (rows,):
            raise DataError(
                f"output {name!r} of the module has not a row per row",
                input=name,
                expected=f"{rows} rows",
                got=f"shape {list(array.shape)}",
            )
    return found


def _are_tensors(values: Sequence[Any], rows: int) -> bool:
    arrays = [as_array(value) for value in values]
    return all(array is not None and array.shape[:1] == (rows,) for array in arrays)


def _name(module: Any) -> str:
    return str(getattr(module, "original_name", type(module).__name__))
