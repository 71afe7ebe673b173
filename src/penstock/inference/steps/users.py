# SPDX-License-Identifier: Apache-2.0
"""Calls a user's function on a batch, inside the boundary of user code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from penstock.inference.failures import BrokenContractError
from penstock.inference.steps.base import StepContext
from penstock.runtime.user_code import load_function, user_code

_shipping: list[bool] = []


@contextmanager
def shipping_functions() -> Iterator[None]:
    """Has functions pickled themselves inside the block, for workers that do not have the project's files."""
    _shipping.append(True)
    try:
        yield
    finally:
        _shipping.pop()


class UserFunction:
    """A function that is named by its dotted path; pickled by that, and loaded where it is called.

    Args:
        path: Dotted path.
        arguments: Keyword arguments of each call.
        context: The job around it.
    """

    def __init__(self, path: str, arguments: Mapping[str, Any], context: StepContext) -> None:
        self.path = path
        self._arguments = dict(arguments)
        self._context = context
        self._function: Callable[..., Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        if _shipping:
            self.load()
            return self.__dict__
        return {**self.__dict__, "_function": None}

    def load(self) -> None:
        """Loads the function; raises ``UserCodeError`` where it is not there or its module does not import."""
        self._function = load_function(
            self.path.rpartition(".")[2],
            module_file=None,
            function_path=self.path,
            project_root=self._context.project_root,
            component=self._context.component,
        )

    def __call__(self, batch: pa.RecordBatch) -> Any:
        """Calls it; what it raises becomes a ``UserCodeError``."""
        if self._function is None:
            self.load()
        assert self._function is not None
        with user_code(self._context.component, what=self.path):
            return self._function(batch, **self._arguments)

    def broken(self, message: str, expected: str, got: str, hint: str | None = None) -> BrokenContractError:
        """Returns the error of a function that does what no row can be blamed for."""
        return BrokenContractError(
            f"{self.path} {message}", component=self._context.component, expected=expected, got=got, hint=hint
        )


def as_batch(function: UserFunction, returned: Any, rows: int) -> pa.RecordBatch:
    """Returns what a function has returned as one record batch of as many rows as it was given.

    Raises:
        BrokenContractError: It is none, or has another number of rows, or two columns of a name.
    """
    if isinstance(returned, pa.Table):
        returned = _one_batch(returned)
    if not isinstance(returned, pa.RecordBatch):
        raise function.broken(
            "returned no record batch",
            "a pyarrow.RecordBatch with the columns to add",
            f"{type(returned).__module__}.{type(returned).__qualname__}",
            "is a return statement missing?"
            if returned is None
            else "pyarrow.RecordBatch.from_pydict({…}) makes one of columns",
        )
    if returned.num_columns and returned.num_rows != rows:
        raise function.broken(
            "returned another number of rows than it was given",
            f"{rows} rows, in the same order",
            f"{returned.num_rows}",
            "a step with `filter` leaves rows out",
        )
    if len(set(returned.schema.names)) < returned.num_columns:
        raise function.broken(
            "returned two columns of one name", "each name once", ", ".join(returned.schema.names)
        )
    return returned


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    columns = [
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)
