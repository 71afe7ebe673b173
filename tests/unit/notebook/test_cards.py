# SPDX-License-Identifier: Apache-2.0
"""How components, channels, artifacts and failures show themselves."""

from __future__ import annotations

import html
import pickle
import re

from light.component import Add, Number

from penstock.artifacts.standard import Integer
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.notebook.cards import artifact_card, channel_card, component_card, result_card
from penstock.notebook.failure import ComponentFailedError
from penstock.runtime.run import NodeResult


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup))).strip()


def test_an_artifact_shows_its_place_and_properties_escaped() -> None:
    artifact = Integer("/p/<b>", id=4, custom_properties={"value": 3, "__inner__": 1, "note": "<i>"})
    card = artifact_card(artifact)
    assert text_of(card) == "Integer 4 /p/<b> 2 properties note <i> value 3"
    assert "<i>" not in card
    assert "id=" not in card
    assert "class=" not in card


def test_a_channel_shows_what_it_carries() -> None:
    channel = Number(1).outputs["number"]
    assert text_of(channel_card(channel)).endswith("nothing has been run for it yet")
    channel.set_artifacts([Integer("/p", id=4)])
    assert text_of(channel_card(channel)) == "Channel of Integer number of Number Integer 4 /p"


def test_a_component_shows_inputs_parameters_and_outputs() -> None:
    add = Add([Number(1).outputs["number"]])
    assert text_of(component_card(add)) == (
        "Add (Add) takes numbers Channel(Integer from Number.number) makes total Integer not yet"
    )
    number = Number(RuntimeParameter("n", int, 3), folder="<f>")
    assert "value RuntimeParameter('n', int, default=3)" in text_of(component_card(number))
    assert "folder <f>" in text_of(component_card(number))


def test_a_result_shows_state_facts_reason_warnings_and_log() -> None:
    number = Number(1)
    number.outputs["number"].set_artifacts([Integer("/p", id=4)])
    ended = NodeResult("Number", "cached", "same as execution 3", 7, 1.25, 1200, "= 1", warnings=("odd",))
    assert text_of(result_card(number, ended, "a line & another")) == (
        "Number cached · 1.2 s · 1,200 rows · execution 7 = 1 same as execution 3 warning: odd "
        "makes number Integer 4 /p log a line & another"
    )


def test_a_failure_is_told_with_the_users_traceback_and_without_penstocks() -> None:
    result = NodeResult(
        "x", "failed", "x: it raised; expected: 1; what to do: mend it", traceback="Traceback …\nboom"
    )
    error = ComponentFailedError(result, "/logs/x.log")
    assert str(error) == "x failed: it raised; what to do: see its log /logs/x.log"
    assert error._render_traceback_() == [
        "Traceback …",
        "boom",
        "error: x: it raised",
        "  expected: 1",
        "  what to do: mend it",
        "  log: /logs/x.log",
    ]
    assert pickle.loads(pickle.dumps(error)).told() == error.told()
