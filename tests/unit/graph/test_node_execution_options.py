# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from light.component import Number

from penstock.errors import ParameterError, PenstockError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node_execution_options import NodeExecutionOptions, TriggerStrategy
from penstock.graph.pipeline import Pipeline
from penstock.ir.model import NodeIR, ResourcesIR


def compiled(node: Number) -> NodeIR:
    return compile_pipeline(Pipeline("p", components=[node])).nodes[0]


def test_options_in_tfx_words_reach_the_ir() -> None:
    options = NodeExecutionOptions(
        trigger_strategy=TriggerStrategy.ALL_UPSTREAM_NODES_COMPLETED,
        success_optional=True,
        max_execution_retries=3,
        execution_timeout_sec=60,
    )
    node = compiled(Number().with_node_execution_options(options))
    assert (node.trigger, node.success_optional, node.max_retries, node.timeout_seconds) == (
        "all_ended",
        True,
        3,
        60.0,
    )


def test_what_the_options_leave_open_stays() -> None:
    node = compiled(
        Number().with_retries(2).with_timeout(5).with_node_execution_options(NodeExecutionOptions())
    )
    assert (node.max_retries, node.timeout_seconds, node.trigger) == (2, 5.0, "all_succeeded")


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"trigger_strategy": TriggerStrategy.LAZILY_ALL_UPSTREAM_NODES_SUCCEEDED}, "trigger strategy"),
        ({"trigger_strategy": "always"}, "trigger strategy"),
        ({"max_execution_retries": -1}, "max_execution_retries"),
        ({"execution_timeout_sec": 1.5}, "execution_timeout_sec"),
        ({"lifetime_start": "Trainer"}, "lifetime_start"),
        ({"reset_stateful_working_dir": False}, "stateful working folder"),
    ],
)
def test_what_is_not_to_be_had_is_refused(wrong: dict[str, Any], what: str) -> None:
    with pytest.raises(PenstockError, match=what):
        NodeExecutionOptions(**wrong)


def test_other_options_are_refused() -> None:
    with pytest.raises(
        ParameterError, match="Number: with_node_execution_options needs NodeExecutionOptions"
    ):
        Number().with_node_execution_options({"max_execution_retries": 1})  # type: ignore[arg-type]


def test_resources_reach_the_ir() -> None:
    node = compiled(Number().with_resources(cpus=2, memory_gib=1.5, accelerator_type="nvidia.com/gpu"))
    assert node.resources == ResourcesIR(2, 1.5, 1, "nvidia.com/gpu")


@pytest.mark.parametrize("wrong", [{"cpus": 0}, {"memory_gib": -1}, {"accelerators": True}, {"cpus": "2"}])
def test_resources_are_positive(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"{next(iter(wrong))} of with_resources must be positive"):
        Number().with_resources(**wrong)


@pytest.mark.parametrize("wrong", ["--runner=x", [3], 5])
def test_beam_arguments_are_a_list_of_texts(wrong: Any) -> None:
    with pytest.raises(PenstockError, match="beam_pipeline_args of Number"):
        Number().with_beam_pipeline_args(wrong)
