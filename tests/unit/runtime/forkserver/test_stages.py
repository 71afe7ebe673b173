# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.runtime.forkserver.stages import plan_stages, stage_for

STAGES = ((), ("numpy",), ("torch", "tqdm"))


def test_each_stage_imports_what_the_ones_before_have_not() -> None:
    assert plan_stages([(), ("numpy",), ("numpy",), ("torch", "numpy", "tqdm", "torch"), ()]) == STAGES


def test_where_nothing_is_required_there_is_one_light_stage() -> None:
    assert plan_stages([]) == plan_stages([(), ()]) == ((),)


@pytest.mark.parametrize(
    ("modules", "index"), [((), 0), (("numpy",), 1), (("tqdm", "numpy"), 2), (("torch", "never seen"), 2)]
)
def test_a_task_goes_to_the_first_stage_that_has_all_it_needs(modules: tuple[str, ...], index: int) -> None:
    assert stage_for(STAGES, modules) == index
