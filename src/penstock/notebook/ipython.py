# SPDX-License-Identifier: Apache-2.0
"""What IPython offers where a notebook, or its console, is there. Nothing here imports it where it is not."""

from __future__ import annotations

import sys
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.notebook import cards

SKIP_MAGIC = "skip_for_export"
"""Cell magic: the cell is run, and left out of what ``export_to_pipeline`` writes."""


def shell() -> Any:
    """Returns IPython's shell, ``None`` outside of it."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def is_there() -> bool:
    """Says whether this process is a notebook's kernel or IPython's console."""
    return shell() is not None


def display_html(markup: str) -> None:
    """Shows HTML below the cell that runs."""
    from IPython.display import HTML, display

    display(HTML(markup))


def display_object(value: Any) -> None:
    """Shows any object below the cell that runs, as IPython shows it."""
    from IPython.display import display

    display(value)


def register() -> None:
    """Has artifacts, channels and components show themselves as HTML, and defines the magic; outside, does nothing."""
    ipython = shell()
    if ipython is None:
        return
    html = ipython.display_formatter.formatters["text/html"]
    html.for_type(Artifact, cards.artifact_card)
    html.for_type(Channel, cards.channel_card)
    html.for_type(BaseNode, cards.component_card)

    def skip_for_export(_: str, cell: str) -> None:
        ipython.run_cell(cell).raise_error()

    ipython.register_magic_function(skip_for_export, "cell", SKIP_MAGIC)
