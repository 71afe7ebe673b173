# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import pytest

from penstock.beam.arguments import (
    asks_for_workers,
    is_in_process,
    number_of_workers,
    runner_name,
    without_runner,
    without_workers,
)
from penstock.errors import ParameterError


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--runner=FlinkRunner"], "FlinkRunner"),
        (["--runner", "SparkRunner", "--x=1"], "SparkRunner"),
        (["--runner=A", "--runner=B"], "B"),
        (["--runner"], None),
        (["--direct_num_workers=0"], None),
    ],
)
def test_the_last_runner_named_counts(arguments: list[str], expected: str | None) -> None:
    assert runner_name(arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--direct_running_mode=multi_processing", "--direct_num_workers=0"],
        ["--runner=DirectRunner"],
        ["--runner=directrunner"],
        ["--runner", "FnApiRunner"],
        ["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"],
    ],
)
def test_no_runner_and_beams_direct_runner_mean_this_process(arguments: list[str]) -> None:
    assert is_in_process(arguments)


@pytest.mark.parametrize(
    "name",
    [
        "DataflowRunner",
        "FlinkRunner",
        "PortableRunner",
        "BundleBasedDirectRunner",
        "a.b.dask_runner.DaskRunner",
    ],
)
def test_any_other_runner_is_somewhere_else(name: str) -> None:
    assert not is_in_process([f"--runner={name}"])


def test_only_the_runner_is_taken_out() -> None:
    arguments = ["--project=p", "--runner", "DirectRunner", "--x", "1", "--runner=FnApiRunner"]
    assert without_runner(arguments) == ["--project=p", "--x", "1"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], False),
        (["--direct_running_mode=in_memory", "--direct_num_workers=1"], False),
        (["--direct_running_mode=multi_processing"], True),
        (["--direct_num_workers=0"], True),
        (["--direct_num_workers", "4"], True),
        (["--direct_num_workers=4", "--direct_num_workers=1"], False),
    ],
)
def test_workers_are_asked_for_by_mode_or_number(arguments: list[str], expected: bool) -> None:
    assert asks_for_workers(arguments) is expected


def test_only_what_asks_for_workers_is_taken_out() -> None:
    arguments = ["--direct_running_mode=multi_processing", "--x=1", "--direct_num_workers", "0"]
    assert without_workers(arguments) == ["--x=1"]


def test_how_many_processes_the_arguments_ask_for() -> None:
    assert number_of_workers([]) == 1
    assert number_of_workers(["--direct_num_workers=3"]) == 3
    assert number_of_workers(["--direct_num_workers", "3", "--direct_num_workers=2"]) == 2
    assert number_of_workers(["--direct_num_workers=0"]) == len(os.sched_getaffinity(0))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ParameterError, match="direct_num_workers"):
        number_of_workers(["--direct_num_workers=many"])
