# SPDX-License-Identifier: Apache-2.0
"""What of a notebook becomes a pipeline file, and what is refused."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from light.component import Number

from penstock.errors import UsageError, UserCodeError
from penstock.graph.node import BaseNode
from penstock.notebook.export import export_notebook

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


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Number:
    made = Number(1)
    monkeypatch.setattr(sys.modules["__main__"], "one", made, raising=False)
    return made


def exported(given: Any, path: str, runner: str = "local") -> str:
    export_notebook(given, path, "out.py", runner)
    text = Path("out.py").read_text()
    ast.parse(text)
    return text


def test_what_uses_the_context_is_left_out_and_the_rest_stays_as_it_is(one: Number) -> None:
    path = notebook(
        "one = Number(1)  # the first", "context.run(one)\nshown = context.show(one)\nprint(shown)"
    )
    text = exported(context(one), path)
    assert "one = Number(1)  # the first\n" in text
    assert "InteractiveContext()" not in text
    assert "context" not in text.replace("InteractiveContext.export", "")
    assert "shown" not in text
    assert "made" not in text
    assert "components=[one]," in text
    assert "pipeline_name='book'," in text
    assert "pipeline_root" not in text  # a temporary one is of no use later
    assert "LocalDagRunner().run(create_pipeline())" in text


def test_cells_and_lines_that_only_a_notebook_knows_are_left_out(one: Number) -> None:
    tagged = {"cell_type": "code", "metadata": {"tags": ["skip_for_export"]}, "source": ["tagged = 1"]}
    text = exported(
        context(one),
        notebook(
            "%%skip_for_export\nskipped = 1",
            "%%writefile module.py\nwritten = 1",
            "%%bash\nnot python",
            {"cell_type": "markdown", "metadata": {}, "source": "# not code either"},
            tagged,
            "%%time\none = Number(1)\n%matplotlib inline\n!pip install x\nkept = 5",
        ),
    )
    assert "kept = 5" in text
    assert "one = Number(1)" in text
    for gone in ("skipped", "written", "not python", "not code", "tagged", "matplotlib", "pip install"):
        assert gone not in text


def test_variables_that_tfx_exports_by_name_are_used(one: Number) -> None:
    path = notebook("_pipeline_name = 'mine'\n_pipeline_root = '/x'\none = Number(1)\ncomponents = [one]")
    text = exported(context(), path, "beam")
    assert "pipeline_name=_pipeline_name," in text
    assert "pipeline_root=_pipeline_root," in text
    assert "components=components," in text
    assert "BeamDagRunner().run(" in text


def test_a_root_and_beam_arguments_of_the_context_are_kept(one: Number) -> None:
    given = context(one, is_temporary=False, beam_pipeline_args=["--direct_num_workers=2"])
    text = exported(given, notebook("one = Number(1)"))
    assert "pipeline_root='/r'," in text
    assert "beam_pipeline_args=['--direct_num_workers=2']," in text


# ----------------------------------------------------------------------------------------------------------- bad input


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
