# SPDX-License-Identifier: Apache-2.0
"""What of a notebook cannot become a pipeline file is refused, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from light.component import Number
from saved_notebooks import context, notebook

from penstock.errors import UsageError, UserCodeError
from penstock.notebook.export import export_notebook


def test_an_unknown_runner_is_refused() -> None:
    with pytest.raises(UsageError, match="'airflo' is not known; expected: 'local' or 'beam'"):
        export_notebook(context(), notebook(), "out.py", "airflo")


def test_a_notebook_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    notebook()
    with pytest.raises(UsageError, match="no notebook bok.ipynb.*did you mean 'book.ipynb'"):
        export_notebook(context(), "bok.ipynb", "out.py", "local")


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    Path("a.ipynb").write_text("[]")
    with pytest.raises(UsageError, match="is no notebook"):
        export_notebook(context(), "a.ipynb", "out.py", "local")


def test_nothing_run_is_nothing_to_export() -> None:
    with pytest.raises(UsageError, match="nothing to export.*run the components"):
        export_notebook(context(), notebook(), "out.py", "local")


def test_a_component_without_a_variable_is_refused() -> None:
    with pytest.raises(UsageError, match=r"component lonely is held by no variable.*x = Number\(…\)"):
        export_notebook(context(Number(1).with_id("lonely")), notebook(), "out.py", "local")


def test_a_component_made_of_what_the_context_gave_is_refused(one: Number) -> None:
    path = notebook("first = Number(2)\nresult = context.run(first)\none = Number(result.outputs['number'])")
    with pytest.raises(UsageError, match="one is made of what the interactive context gave"):
        export_notebook(context(one), path, "out.py", "local")


def test_two_statements_on_a_line_are_refused_rather_than_lost(one: Number) -> None:
    with pytest.raises(UsageError, match="shares its line"):
        export_notebook(context(one), notebook("one = Number(1); context.run(one)"), "out.py", "local")


def test_code_that_is_not_python_is_refused_with_the_line(one: Number) -> None:
    with pytest.raises(UserCodeError, match="not valid Python.*one = = 1.*skip_for_export"):
        export_notebook(context(one), notebook("one = = 1"), "out.py", "local")
    assert not Path("out.py").exists()
