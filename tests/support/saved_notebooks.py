# SPDX-License-Identifier: Apache-2.0
"""Notebooks as files, and what an interactive context knows when one is exported."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from penstock.graph.node import BaseNode

IMPORTS = (
    "from light.component import Number\n"
    "from penstock.orchestration.experimental.interactive.interactive_context import InteractiveContext\n"
    "context = InteractiveContext()"
)


def notebook(*cells: str | dict[str, Any]) -> str:
    listed = [
        cell if isinstance(cell, dict) else {"cell_type": "code", "metadata": {}, "source": cell}
        for cell in (IMPORTS, *cells)
    ]
    Path("book.ipynb").write_text(json.dumps({"cells": listed, "nbformat": 4}))
    return "book.ipynb"


def context(*components: BaseNode, **more: Any) -> Any:
    known = {"pipeline_name": "book", "pipeline_root": "/r", "is_temporary": True, "beam_pipeline_args": []}
    return SimpleNamespace(**{**known, **more}, components=lambda: list(components))
