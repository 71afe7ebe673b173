# SPDX-License-Identifier: Apache-2.0
"""Small tables that models are trained on, and models that are saved and loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from penstock.models import LoadOptions, load, save

TRUSTED = LoadOptions(trusted=True)
NAMES = ["a", "b", "c"]
ROWS = 40


def numbers() -> pd.DataFrame:
    """Returns a table of three columns of float32."""
    random = np.random.default_rng(5)
    return pd.DataFrame(random.normal(size=(ROWS, 3)).astype(np.float32), columns=NAMES)


def mixed() -> pd.DataFrame:
    """Returns a table with text, and holes in both text and numbers."""
    table = numbers()
    colours = pd.Series(["red", "blue", None, "green"] * (ROWS // 4), dtype=object)
    return table.assign(colour=colours, a=table["a"].mask(table["a"] > 1))


def batch_of(frame: pd.DataFrame) -> pa.RecordBatch:
    """Returns a table as a record batch in the table layout, holes as nulls."""
    columns = [pa.array(frame[name], from_pandas=True) for name in frame.columns]
    return pa.RecordBatch.from_arrays(columns, list(frame.columns))


def saved(model: Any, folder: Path, **arguments: Any) -> Any:
    """Saves a model and returns it loaded."""
    save(model, folder, **arguments)
    return load(str(folder), options=TRUSTED)
