# SPDX-License-Identifier: Apache-2.0
"""Small pieces of HTML by which results, components, channels and artifacts show themselves in a notebook.

They take font and colours from the notebook around them, and bring neither ids nor style sheets that could clash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PenstockError
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.placeholder import known_later
from penstock.messages.codec import to_jsonable
from penstock.runtime.results import NodeResult
from penstock.ui.artifact_page import properties_of, shown
from penstock.ui.html.markup import Html, el, join
from penstock.ui.tables import count, duration

_STATES = {"ran": "#17694a", "cached": "#1f5fbf", "skipped": "#855400"}
_CARD = "border-left:3px solid {colour};padding:2px 0 2px 12px;margin:4px 0;line-height:1.5"
_CELL = "text-align:left;vertical-align:top;padding:1px 14px 1px 0"
_QUIET = "#8888"


def artifact_card(artifact: Artifact) -> Html:
    """Returns what a notebook shows of an artifact."""
    known = [(name, shown(value)) for name, value in properties_of(artifact)]
    head = el(
        "div", el("b", f"{artifact.type_name} {artifact.id or ''}".strip()), " ", el("code", artifact.uri)
    )
    return _card(_QUIET, head, _details(f"{len(known)} properties", _rows(known)) if known else None)


def channel_card(channel: Channel) -> Html:
    """Returns what a notebook shows of a channel: its artifacts, where it has some."""
    producer = channel.producer_component_id
    origin = f" {channel.output_key or ''} of {producer}" if producer else " of the history"
    head = el("div", el("b", f"Channel of {channel.type_name}"), origin)
    artifacts = artifacts_along(channel)
    if artifacts is None:
        return _card(_QUIET, head, el("div", "nothing has been run for it yet"))
    return _card(_QUIET, head, *(artifact_card(artifact) for artifact in artifacts))


def component_card(component: BaseNode) -> Html:
    """Returns what a notebook shows of a component: what it takes, its parameters and what it makes."""
    inputs = [(key, ", ".join(map(repr, channels))) for key, channels in component.inputs.items()]
    parameters = [(name, _spelled(value)) for name, value in component.parameter_values().items()]
    return _card(
        _QUIET,
        el("div", el("b", component.id), f" ({type(component).__name__})"),
        _titled("takes", _rows(inputs)) if inputs else None,
        _titled("parameters", _rows(parameters)) if parameters else None,
        _outputs(component),
    )


def result_card(component: BaseNode, ended: NodeResult, log: str) -> Html:
    """Returns what a notebook shows of a component's run.

    Args:
        component: The component.
        ended: How it ended.
        log: The last lines that its executor has printed.
    """
    facts = [duration(ended.seconds)]
    if ended.rows is not None:
        facts.append(f"{count(ended.rows)} row{'' if ended.rows == 1 else 's'}")
    if ended.execution_id is not None:
        facts.append(f"execution {ended.execution_id}")
    colour = _STATES.get(ended.state, _QUIET)
    state = el("span", ended.state, style=f"color:{colour};font-weight:600")
    return _card(
        colour,
        el("div", el("b", component.id), " ", state, f" · {' · '.join(facts)}"),
        *(el("div", text) for text in (ended.summary, ended.reason) if text),
        *(el("div", f"warning: {text}") for text in ended.warnings),
        _outputs(component),
        _details("log", el("pre", log, style="max-height:240px;overflow:auto;margin:4px 0")) if log else None,
    )


def artifacts_along(channel: Channel) -> Sequence[Artifact] | None:
    """Returns the artifacts of a channel, ``None`` where nothing has been run for it in this process."""
    try:
        return channel.get()
    except PenstockError:
        return None


def _outputs(component: BaseNode) -> Html | None:
    made = [(key, _made(channel)) for key, channel in component.outputs.items()]
    return _titled("makes", _rows(made)) if made else None


def _made(channel: Channel) -> Html:
    artifacts = artifacts_along(channel)
    if not artifacts:
        return join([channel.type_name, el("i", " none" if artifacts is not None else " not yet")])
    told = (join([f"{a.type_name} {a.id} ", el("code", a.uri)]) for a in artifacts)
    return join(told, el("br"))


def _spelled(value: Any) -> str:
    if known_later(value):
        return repr(value)
    return shown(to_jsonable(value))


def _card(colour: str, *children: Html | None) -> Html:
    return el("div", *children, style=_CARD.format(colour=colour))


def _titled(title: str, content: Html) -> Html:
    return el("div", el("i", title), content)


def _details(title: str, content: Html) -> Html:
    return el("details", el("summary", title, style="cursor:pointer"), content)


def _rows(pairs: Sequence[tuple[str, str]]) -> Html:
    rows = (
        el("tr", el("td", name, style=_CELL), el("td", value, style=_CELL), style="background:none")
        for name, value in pairs
    )
    return el("table", el("tbody", *rows), style="border-collapse:collapse;margin:0 0 0 12px")
