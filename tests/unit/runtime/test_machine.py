# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.ir.model import NodeIR, PipelineIR, ResourcesIR
from penstock.runtime.machine import memory_gib, shortages


def pipeline(resources: ResourcesIR | None) -> PipelineIR:
    node = NodeIR(id="Trainer", kind="component", type="t", component="", resources=resources)
    return PipelineIR(name="p", root="/r", metadata={}, project_root="/p", nodes=(node,))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (None, None),
        (ResourcesIR(cpus=500.0), None),
        (ResourcesIR(memory_gib=8.0, accelerators=2), None),
        (ResourcesIR(memory_gib=9.5), "it asks for 9.5 GiB of memory, of which this machine has 8.0"),
        (
            ResourcesIR(memory_gib=64, accelerators=3, accelerator_type="nvidia.com/gpu"),
            (
                "it asks for 64 GiB of memory, of which this machine has 8.0, "
                "and 3 accelerators (nvidia.com/gpu), of which this machine shows 2"
            ),
        ),
    ],
)
def test_what_this_machine_does_not_have_is_told(asked: ResourcesIR | None, told: str | None) -> None:
    assert shortages(pipeline(asked), lambda: 8.0, lambda: 2).get("Trainer") == told


def test_a_system_that_does_not_say_how_much_it_has_is_asked_for_anything() -> None:
    assert shortages(pipeline(ResourcesIR(memory_gib=1e6)), lambda: None, lambda: 0) == {}


def test_the_memory_of_this_machine_is_known() -> None:
    found = memory_gib()
    assert found is not None
    assert 0.1 < found < 100_000
