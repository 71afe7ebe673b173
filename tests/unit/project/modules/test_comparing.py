# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pyarrow as pa

from modules.houses.comparing import judge, rounded


def test_the_nearer_estimate_wins() -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "price": [100.0, 200.0, 300.0],
            "a_estimate": [110.0, 199.0, 310.0],
            "b_estimate": [95.0, 210.0, 290.0],
        }
    )
    assert judge(batch, "a", "b").to_pydict() == {
        "a_error": [10.0, -1.0, 10.0],
        "b_error": [-5.0, 10.0, -10.0],
        "difference": [-15.0, 11.0, -20.0],
        "winner": ["b", "a", "tie"],
    }


def test_a_house_that_one_model_has_seen_has_its_error_alone() -> None:
    batch = pa.RecordBatch.from_pydict(
        {"price": [100, 200], "a_estimate": [110.0, None], "b_estimate": [None, 190.0]}
    )
    assert judge(batch, "a", "b").to_pydict() == {
        "a_error": [10.0, None],
        "b_error": [None, -10.0],
        "difference": [None, None],
        "winner": [None, None],
    }


def test_estimates_are_rounded() -> None:
    batch = pa.RecordBatch.from_pydict({"estimate": [451.2345, None]})
    assert rounded(batch).to_pydict() == {"estimate": [451.2, None]}
