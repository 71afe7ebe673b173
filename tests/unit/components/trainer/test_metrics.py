# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import math
from types import SimpleNamespace

import numpy as np
import pytest

from penstock.components.trainer.metrics import final_metrics


@pytest.mark.parametrize(
    ("returned", "metrics"),
    [
        (None, {}),
        ({}, {}),
        ({"loss": 0.5, "steps": 10}, {"loss": 0.5, "steps": 10.0}),
        (
            {"auc": np.float32(0.5), "count": np.int64(3), "one": np.array(2.0)},
            {"auc": 0.5, "count": 3.0, "one": 2.0},
        ),
        (
            SimpleNamespace(history={"loss": [0.9, 0.5], "val_loss": [0.8, 0.6]}),
            {"loss": 0.5, "val_loss": 0.6},
        ),
        (SimpleNamespace(history={"loss": []}), {}),
    ],
)
def test_what_run_fn_may_return(returned: object, metrics: dict[str, float]) -> None:
    found = final_metrics(returned)
    assert found == metrics
    assert all(type(value) is float for value in found.values())


def test_what_is_not_a_number_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = final_metrics({"loss": 0.5, "name": "model", "all": np.zeros(3)})
    assert found == {"loss": 0.5}
    assert "not numbers: name, all" in caplog.text


def test_something_else_is_said_to_be_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert final_metrics(object()) == {}
    assert "run_fn returned object, which is not recorded" in caplog.text


def test_a_loss_that_is_lost_is_recorded_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = final_metrics({"loss": math.nan, "auc": 0.5})
    assert math.isnan(found["loss"])
    assert "did not converge: loss is nan" in caplog.text
