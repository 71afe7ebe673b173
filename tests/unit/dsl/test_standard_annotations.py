# SPDX-License-Identifier: Apache-2.0
"""Annotations of artifacts and of work are taken where TFX takes them."""

from __future__ import annotations

import pytest

import penstock as tfx
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.dsl import standard_annotations as kinds
from penstock.errors import PipelineError
from penstock.types import system_artifacts, system_executions


class Table(tfx.dsl.Artifact):
    TYPE_NAME = "Table"
    TYPE_ANNOTATION = tfx.dsl.standard_annotations.Dataset


class Count(ValueArtifact):
    TYPE_NAME = "Count"


@tfx.dsl.components.component(component_annotation=kinds.Train)
def learn(table: tfx.dsl.components.InputArtifact[Table]) -> None:
    """Learns."""


def test_they_are_names_and_the_older_paths_have_the_same() -> None:
    assert kinds.Dataset == system_artifacts.Dataset == "Dataset"
    assert kinds.Train == system_executions.Train == "Train"
    assert Table.TYPE_ANNOTATION == "Dataset"
    assert Count.annotate_as(kinds.Metrics).TYPE_ANNOTATION == "Metrics"


def test_a_function_component_takes_one_for_work() -> None:
    node = learn(table=tfx.testing.Channel(Table))
    assert node.BASE_TYPE == "Train"
    with pytest.raises(PipelineError, match="component_annotation is not a kind of work"):
        tfx.dsl.components.component(component_annotation=kinds.Metrics)(learn_nothing)


def learn_nothing() -> None:
    """Learns nothing."""


def test_a_channel_for_tests_is_equal_by_its_type() -> None:
    first, second = tfx.testing.Channel(Table), tfx.testing.Channel(artifact_type=Table, artifact_ids=[1])
    assert first == second
    assert first != tfx.testing.Channel(Count)
    assert first != tfx.dsl.Channel(Table)
    assert len({first, second}) == 1
    assert second.artifact_ids == (1,)
