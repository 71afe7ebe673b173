# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from light.component import Number

from penstock.artifacts.standard import Model
from penstock.errors import PipelineError
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.system_nodes import Resolver
from penstock.ir.document import from_json, to_json
from penstock.ir.model import ChannelIR


def test_another_pipelines_history_goes_through_the_ir() -> None:
    theirs = Channel(Model, pipeline="taxi", node="Trainer")
    resolver = Resolver(LatestArtifactStrategy, model=theirs, own=Channel(Model))
    ir = compile_pipeline(Pipeline("p", components=[resolver]))
    again = from_json(to_json(ir))
    assert again == ir
    inputs = again.node("Resolver").inputs
    assert inputs["model"].channels == (ChannelIR("Model", pipeline="taxi", node="Trainer"),)
    assert inputs["own"].channels == (ChannelIR("Model"),)


def test_a_channel_says_where_it_comes_from() -> None:
    assert repr(Channel(Model)) == "Channel(Model from history)"
    assert repr(Channel(Model, pipeline="taxi")) == "Channel(Model from history of taxi)"
    assert repr(Channel(Model, pipeline="taxi", node="T")) == "Channel(Model from history of taxi.T)"
    assert repr(Number().outputs["number"]) == "Channel(Integer from Number.number)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pipeline": ""}, "a channel's pipeline is not the name of one"),
        ({"pipeline": 3}, "a channel's pipeline is not the name of one.*got: 3"),
        ({"node": "Trainer"}, "a channel names a node but no pipeline"),
        ({"pipeline": "taxi", "producer": Number()}, "from a node of this pipeline, or from another"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        Channel(Model, **arguments)
