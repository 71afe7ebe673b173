# SPDX-License-Identifier: Apache-2.0
"""What of a notebook becomes a pipeline file."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from light.component import Number
from saved_notebooks import context, notebook

from penstock.notebook.export import export_notebook


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
