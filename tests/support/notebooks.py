# SPDX-License-Identifier: Apache-2.0
"""Notebooks in tests: written, executed in a kernel of their own, and what their cells have shown."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

SUPPORT = Path(__file__).parent
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Shown:
    """What one cell has shown.

    Attributes:
        text: What was printed, and the values' text.
        markup: Its HTML, one output after another.
        error: Its traceback, without colours.
    """

    text: str
    markup: str
    error: str

    @property
    def words(self) -> str:
        """The text of the HTML outside of frames."""
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.markup))).strip()

    @property
    def pages(self) -> list[str]:
        """The pages in its frames."""
        return [html.unescape(page) for page in re.findall(r'<iframe srcdoc="([^"]*)"', self.markup)]


def execute(notebook: Any, folder: Path, *, allow_errors: bool = False) -> list[Shown]:
    """Executes a notebook in a folder and returns what its code cells have shown; the notebook keeps it, too."""
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        allow_errors=allow_errors,
    )
    path = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    client.execute(env={**os.environ, "PYTHONPATH": path})
    return [_shown(cell) for cell in notebook.cells if cell.cell_type == "code"]


def notebook_of(*cells: str) -> Any:
    """Returns a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def _shown(cell: Any) -> Shown:
    text, markup, error = [], [], []
    for output in cell.outputs:
        if output.output_type == "stream":
            text.append(output.text)
        elif output.output_type == "error":
            error.append(_COLOURS.sub("", "\n".join(output.traceback)))
        else:
            text.append(output.data.get("text/plain", ""))
            markup.append(output.data.get("text/html", ""))
    return Shown("\n".join(text), "\n".join(markup), "\n".join(error))
