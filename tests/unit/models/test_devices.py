# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging

import pytest

from penstock.errors import ParameterError
from penstock.models.devices import choose_device

GPUS = ("cuda:0", "cuda:1")


@pytest.mark.parametrize(
    ("wanted", "gpus", "chosen"),
    [
        ("auto", (), "cpu"),
        ("auto", GPUS, "cuda:0"),
        ("cpu", GPUS, "cpu"),
        ("gpu", GPUS, "cuda:0"),
        ("cuda:1", GPUS, "cuda:1"),
    ],
)
def test_a_model_runs_where_it_is_asked_to(wanted: str, gpus: tuple[str, ...], chosen: str) -> None:
    assert choose_device(wanted, gpus, library="X") == chosen


def test_a_gpu_is_told_and_so_is_its_lack(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        choose_device("auto", GPUS, library="X")
        assert choose_device("gpu", (), library="Y") == "cpu"
    assert "X runs on cuda:0" in caplog.text
    assert "Y finds no GPU that it can use here: the model runs on the CPU" in caplog.text


@pytest.mark.parametrize("wanted", ["cuda:2", "tpu", ""])
def test_a_device_that_is_not_there_is_named(wanted: str) -> None:
    with pytest.raises(ParameterError, match=f"no device '{wanted}'.*auto, cpu, gpu, cuda:0, cuda:1"):
        choose_device(wanted, GPUS, library="X")
