# SPDX-License-Identifier: Apache-2.0
"""An observer for runs without the command line: it writes to the logger ``penstock``."""

from __future__ import annotations

import logging

from penstock.runtime.items import instance_name
from penstock.runtime.run import NodeResult

LOGGER = logging.getLogger("penstock")
"""``logging.basicConfig(level=logging.INFO)`` shows the nodes of a run that a program starts."""


class Logged:
    """Logs when a node starts to work and how it ends; failures as errors."""

    def node_warned(self, node_id: str, warning: str) -> None:
        """Logs a warning."""
        LOGGER.warning("%s: %s", node_id, warning)

    def node_started(self, node_id: str, item: str = "") -> None:
        """Says nothing: most nodes that the cache answers end within milliseconds."""

    def node_executing(self, node_id: str, item: str = "") -> None:
        """Logs that the node works."""
        LOGGER.info("%s is running", instance_name(node_id, item))

    def node_progress(self, node_id: str, rows: int | None, item: str = "") -> None:
        """Logs how many rows it has handled, for whoever looks that closely."""
        LOGGER.debug("%s has handled %s rows", instance_name(node_id, item), rows)

    def node_finished(self, result: NodeResult) -> None:
        """Logs how the node has ended, with the traceback of the user's code where that raised."""
        level = logging.ERROR if result.state == "failed" else logging.INFO
        ended = f"{result.name}: {result.state}, {result.seconds:.1f} s"
        told = "; ".join(filter(None, (ended, result.summary, result.reason)))
        trace = "" if result.items else result.traceback.rstrip()  # each item has told its own
        LOGGER.log(level, "%s", "\n".join(filter(None, (told, trace))))
