# SPDX-License-Identifier: Apache-2.0
"""Whatever models answer becomes columns."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.models.outputs import as_array, columns_of_rows


class FakeTensor:
    """Has what PyTorch's tensors have and NumPy's arrays have not."""

    def __init__(self, values: Any, dtype: str = "torch.float32") -> None:
        self._values, self.dtype = np.asarray(values), dtype

    def detach(self) -> FakeTensor:
        return self

    def cpu(self) -> FakeTensor:
        return self

    def float(self) -> FakeTensor:
        return FakeTensor(self._values.astype(np.float32))

    def numpy(self) -> np.ndarray[Any, Any]:
        if self.dtype == "torch.bfloat16":
            raise TypeError("NumPy has no such type")
        return self._values


@dataclass
class Answer:
    label: str
    score: float


Pair = namedtuple("Pair", "label score")


class Document:
    def model_dump(self) -> dict[str, Any]:
        return {"label": "cat", "score": 0.5}


def listed(columns: Any) -> dict[str, Any]:
    return {
        name: values.to_pylist() if isinstance(values, pa.Array) else values.tolist()
        for name, values in columns.items()
    }


def test_tensors_of_one_shape_become_one_array() -> None:
    columns = columns_of_rows([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    assert columns["output"].shape == (2, 2)
    columns = columns_of_rows([FakeTensor(1), FakeTensor(2, "torch.bfloat16")])
    assert columns["output"].tolist() == [1, 2]
    assert columns_of_rows([np.float32(1), np.float32(2)])["output"].dtype == np.float32
    assert as_array("text") is None


def test_lists_of_one_value_stay_lists_where_other_rows_may_have_more() -> None:
    scores = columns_of_rows(
        [{"score": np.array([0.5], np.float32)}, {"score": np.array([0.75], np.float32)}]
    )["score"]
    assert (scores.type, scores.to_pylist()) == (pa.list_(pa.float32()), [[0.5], [0.75]])
    assert columns_of_rows([np.array([0.5]), np.array([0.75])])["output"].shape == (2, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], {"output": [1, 2]}),
        (["a", None], {"output": ["a", None]}),
        ([[1], [1, 2]], {"output": [[1], [1, 2]]}),
        ([np.array([1]), np.array([1, 2])], {"output": [[1], [1, 2]]}),
        ([{"a": 1}, {"a": 2, "b": "x"}], {"a": [1, 2], "b": [None, "x"]}),
        ([{"a": 1}, None], {"a": [1, None]}),
        ([[np.array(1.0), np.array([1, 2])]], {"output_0": [1.0], "output_1": [[1, 2]]}),
        ([[np.array([1.0, 2.0])]], {"output": [[1.0, 2.0]]}),
        (
            [{"boxes": [{"at": np.array([1, 2]), "label": "cat"}]}],
            {"boxes": [[{"at": [1, 2], "label": "cat"}]]},
        ),
        ([], {"output": []}),
    ],
)
def test_values_of_many_kinds(values: list[Any], expected: dict[str, Any]) -> None:
    assert listed(columns_of_rows(values)) == expected


@pytest.mark.parametrize(
    "value", [Answer("cat", 0.5), Pair("cat", 0.5), Document(), {"label": "cat", "score": 0.5}]
)
def test_whatever_has_named_fields_gives_a_column_for_each(value: Any) -> None:
    assert listed(columns_of_rows([value])) == {"label": ["cat"], "score": [0.5]}


def test_rows_that_do_not_go_together() -> None:
    with pytest.raises(DataError, match="names the values of some rows and not of others.*dict, int"):
        columns_of_rows([{"a": 1}, 2])
    with pytest.raises(DataError, match="output 'a' have no common type"):
        columns_of_rows([{"a": "text"}, {"a": 2}])
