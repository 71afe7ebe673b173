# SPDX-License-Identifier: Apache-2.0
"""Shows artifacts in a notebook, as pages that need nothing from elsewhere; outside of one, as text."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from penstock.artifacts.artifact import Artifact
from penstock.errors import PenstockError, UsageError
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.notebook import ipython
from penstock.notebook.cards import artifacts_along
from penstock.notebook.neighbourhood import call_of
from penstock.notebook.result import ExecutionResult
from penstock.notebook.run import NotebookRun
from penstock.ui.artifact_page import artifact_text
from penstock.ui.html import render
from penstock.ui.html.frame import framed
from penstock.ui.html.markup import Html, el

_NOTE = (
    "note: pages are drawn in IPython; here artifacts are told as text "
    "(penstock show ARTIFACT --html FILE draws one into a file)\n"
)


def show(run: NotebookRun, item: object) -> None:
    """Shows what a thing holds; anything that holds no artifacts as IPython shows it.

    Raises:
        PipelineError: Its component has not been run.
        UsageError: It is nothing that can be shown, and IPython is not there.
    """
    artifacts = _artifacts(run, item)
    if artifacts is None and not ipython.is_there():
        raise UsageError(
            "this cannot be shown",
            expected="a channel, an artifact, a component or its result",
            got=repr(item),
        )
    if artifacts is None:
        ipython.display_object(item)
    elif ipython.is_there():
        for markup in [_page(artifact) for artifact in artifacts] or [_nothing(item)]:
            ipython.display_html(markup)
    else:
        told = [artifact_text(artifact, None) for artifact in artifacts] or ["nothing was put out"]
        sys.stdout.write("\n".join(told) + "\n" + _NOTE)


def _artifacts(run: NotebookRun, item: object) -> list[Artifact] | None:
    if isinstance(item, Artifact):
        return [item]
    if isinstance(item, Channel):
        return _along(run, item)
    if isinstance(item, ExecutionResult):
        item = item.component
    if isinstance(item, BaseNode):
        return [artifact for channel in item.outputs.values() for artifact in _along(run, channel)]
    if isinstance(item, Iterable) and not isinstance(item, str):
        found = list(item)
        if found and all(isinstance(one, Artifact) for one in found):
            return found
    return None


def _along(run: NotebookRun, channel: Channel) -> list[Artifact]:
    artifacts = artifacts_along(channel)
    producer = channel.producer
    if artifacts is None and producer is not None:
        if not run.artifacts_of_store(producer):
            raise UsageError(f"{producer.id} has put nothing out yet", hint=f"{call_of(producer)} first")
        artifacts = channel.get()
    return list(artifacts or ())


def _page(artifact: Artifact) -> Html:
    title = f"{artifact.type_name} {artifact.id}"
    try:
        content: Html = framed(render(artifact), title)
    except PenstockError as error:  # one page that cannot be drawn must not keep the others from being shown
        content = el("div", f"{title} cannot be drawn: {error}", style="color:#a32424")
    return el("div", content, style="margin:4px 0 14px")


def _nothing(item: object) -> Html:
    return el("div", f"{item!r}: nothing was put out")
