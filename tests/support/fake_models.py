# SPDX-License-Identifier: Apache-2.0
"""Models that need no framework: a Beam handler that adds a number to a column, and fails where it is told to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.ml.inference.base import ModelHandler


class Loaded:
    """What is loaded; Beam needs something that can be referred to weakly."""


class Adding(ModelHandler[pa.RecordBatch, pa.RecordBatch, Loaded]):
    """Answers ``sum``: a column plus a number. A batch in which a value must not be fails as a whole.

    Args:
        add: What is added.
        column: To which column.
        refuses: Values that make a batch fail.
        slow: Values that make a batch take ten seconds.
        kills: Values that end the process.
        load_error: What loading raises.
        log: File that gets a line for each load, and one for each call.
    """

    def __init__(
        self,
        *,
        add: int = 1,
        column: str = "x",
        refuses: Sequence[float] = (),
        slow: Sequence[float] = (),
        kills: Sequence[float] = (),
        load_error: str = "",
        log: str = "",
    ) -> None:
        super().__init__()
        self._add, self._column = add, column
        self._refuses, self._slow, self._kills = set(refuses), set(slow), set(kills)
        self._load_error, self._log = load_error, log

    def load_model(self) -> Loaded:
        if self._load_error:
            raise ValueError(self._load_error)
        self._tell(f"load {os.getpid()}")
        return Loaded()

    def run_inference(
        self,
        batch: Sequence[pa.RecordBatch],
        model: Loaded,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[pa.RecordBatch]:
        (rows,) = batch
        column = rows.column(rows.schema.get_field_index(self._column))
        values = set(column.to_pylist())
        self._tell(f"call {rows.num_rows}")
        if None in values or values & self._refuses:
            raise ValueError(f"cannot add to {sorted(values & self._refuses) or 'nothing'}")
        if values & self._slow:
            time.sleep(10)
        if values & self._kills:
            os.kill(os.getpid(), signal.SIGKILL)
        return [pa.RecordBatch.from_arrays([pc.add(column, self._add)], ["sum"])]

    def _tell(self, line: str) -> None:
        if self._log:
            with Path(self._log).open("a") as file:
                file.write(line + "\n")
