# SPDX-License-Identifier: Apache-2.0
"""What cannot be run in a notebook is refused before anything runs."""

from __future__ import annotations

import pytest
from light.component import Add, Number

from penstock.errors import PipelineError
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.notebook.neighbourhood import neighbourhood


def test_a_class_is_refused_with_how_to_make_a_component() -> None:
    with pytest.raises(PipelineError, match=r"not its class; got: Number; what to do: Number\(…\)"):
        neighbourhood(Number)  # type: ignore[arg-type]


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(PipelineError, match="only a component can be run.*got: 3"):
        neighbourhood(3)  # type: ignore[arg-type]


def test_a_pipeline_is_refused_with_what_to_do() -> None:
    with pytest.raises(PipelineError, match="inner is a pipeline.*one by one.*LocalDagRunner"):
        neighbourhood(Pipeline("inner", components=[Number(1)]))


def test_a_component_inside_of_a_sub_pipeline_is_refused() -> None:
    inputs = PipelineInputs({"number": Number(1).outputs["number"]})
    with pytest.raises(PipelineError, match="Add: a notebook runs components that stand in no sub-pipeline"):
        neighbourhood(Add([inputs["number"]]))


def test_a_component_after_a_sub_pipeline_is_refused() -> None:
    inside = Number(1)
    inner = Pipeline("inner", components=[inside], outputs={"number": inside.outputs["number"]})
    with pytest.raises(PipelineError, match="stand in no sub-pipeline"):
        neighbourhood(Add([inner.outputs["number"]]))
