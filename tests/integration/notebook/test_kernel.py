# SPDX-License-Identifier: Apache-2.0
"""A notebook in a kernel: what cells show, how failures are told, functions defined in cells, and its export."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebooks import SUPPORT, Shown, execute, notebook_of

from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

CELLS = {
    "context": """
from light.component import Add, Number
import penstock as tfx
from penstock.orchestration.experimental.interactive.interactive_context import InteractiveContext
context = InteractiveContext(pipeline_name="book", pipeline_root="root")
""",
    "too early": "add = Add([(one := Number(1)).outputs['number']])\ncontext.run(add)",
    "run": "context.run(one)",
    "add": "context.run(add)",
    "component": "add",
    "channel": "add.outputs['total']",
    "artifact": "add.outputs['total'].get()[0]",
    "show": "context.show(add)\ncontext.show(one.outputs['number'])",
    "anything": "context.show(3)",
    "slow": "slow = Number(2, seconds=1.5).with_id('slow')\ncontext.run(slow)",
    "failure": "context.run(Number(3, behaviour='raise').with_id('bad'))",
    "function": """
Scale = 10

def scaled(number: int) -> int:
    return number * Scale

@tfx.dsl.components.component
def Multiply(
    factor: tfx.dsl.components.Parameter[int],
    number: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Integer],
) -> tfx.dsl.components.OutputDict(product=int):
    print("multiplying in a worker")
    return {"product": scaled(int(number.value)) * factor}

product = Multiply(factor=3, number=add.outputs["total"])
context.run(product)
""",
    "value": "product.outputs['product'].get()[0].value",
    "changed": """
@tfx.dsl.components.component
def Multiply(
    factor: tfx.dsl.components.Parameter[int],
    number: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Integer],
) -> tfx.dsl.components.OutputDict(product=int):
    return {"product": scaled(int(number.value)) * factor + 1}

product = Multiply(factor=3, number=add.outputs["total"])
context.run(product)
""",
    "new value": "product.outputs['product'].get()[0].value",
    "skipped": "%%skip_for_export\nleft_out = 'really'\nleft_out",
    "magic": "%load_ext penstock.orchestration.experimental.interactive.notebook_extensions.skip",
    "pid": "%%skip_for_export\nimport os\nos.getpid()",
}
EXPORT = "context.export_to_pipeline('book.ipynb', 'book.py', 'local')"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("book")


@pytest.fixture(scope="module")
def cells(folder: Path) -> dict[str, Shown]:
    book = notebook_of(*(cell.strip("\n") for cell in CELLS.values()), EXPORT)
    # What a person would write; the cells that fail on purpose are left out of it.
    kept = [
        cell for name, cell in CELLS.items() if name not in ("too early", "anything", "failure", "changed")
    ]
    kept.insert(1, "one = Number(1)\nadd = Add([one.outputs['number']])")
    nbformat.write(notebook_of(*kept), folder / "book.ipynb")
    return dict(zip([*CELLS, "export"], execute(book, folder, allow_errors=True), strict=True))


def test_a_result_is_the_value_of_its_cell(cells: dict[str, Shown]) -> None:
    assert re.fullmatch(
        r"Number ran · \d\.\d s · 1 row · execution 1 = 1 "
        r"makes number Integer 1 \S+/root/Number/number/1/value log making 1",
        cells["run"].words,
    )
    assert cells["add"].words.startswith("Add ran")


def test_what_must_be_run_first_is_named_as_the_notebook_names_it(cells: dict[str, Shown]) -> None:
    assert "Add: it waits for Number, which has not been run yet" in cells["too early"].error
    assert "context.run(one) first" in cells["too early"].error


def test_components_channels_and_artifacts_show_themselves(cells: dict[str, Shown]) -> None:
    assert cells["component"].words.startswith("Add (Add) takes numbers Channel(Integer from Number.number)")
    assert cells["channel"].words.startswith("Channel of Integer total of Add Integer 2")
    assert cells["artifact"].words.startswith("Integer 2")
    assert "value 1" in cells["artifact"].words


def test_pages_stand_in_frames_of_their_own(cells: dict[str, Shown]) -> None:
    first, second = cells["show"].pages
    assert "Integer 2" in first
    assert "Integer 1" in second
    outside = re.sub(r'srcdoc="[^"]*"', "", cells["show"].markup)
    assert " id=" not in outside
    assert " class=" not in outside
    assert "<style" not in outside
    for page in (first, second):
        assert not re.search(r'(src|href)="|https?://|@import|url\(', page)


def test_anything_else_is_shown_as_ipython_shows_it(cells: dict[str, Shown]) -> None:
    assert cells["anything"].text == "3"


def test_what_an_executor_prints_is_shown_while_it_works_and_then_kept_in_the_result(
    cells: dict[str, Shown],
) -> None:
    assert cells["slow"].words.endswith("log making 2")
    assert cells["slow"].words.count("making 2") == 1


def test_a_failure_is_told_by_the_users_code_and_what_to_do(cells: dict[str, Shown]) -> None:
    error = cells["failure"].error
    assert "_misbehave(parameters)" in error
    assert "error: bad: NumberExecutor.execute raised ValueError: the number is cursed" in error
    assert "log: " in error
    assert "src/penstock" not in error


def test_a_function_defined_in_a_cell_is_a_component(cells: dict[str, Shown]) -> None:
    assert cells["function"].error == ""
    assert "Multiply ran" in cells["function"].words
    assert "multiplying in a worker" in cells["function"].words
    assert cells["value"].text == "30"


def test_a_function_that_was_changed_runs_again(cells: dict[str, Shown]) -> None:
    assert "Multiply ran" in cells["changed"].words
    assert cells["new value"].text == "31"


def test_the_magic_runs_its_cell(cells: dict[str, Shown]) -> None:
    assert cells["skipped"].text == "'really'"
    assert cells["magic"].error == ""


def test_the_store_knows_the_run(cells: dict[str, Shown], folder: Path) -> None:
    config = sqlite_metadata_connection_config(str(folder / "root" / "metadata.sqlite"))
    with MetadataStore.open(config, read_only=True) as store:
        (run,) = store.list_runs("book")
    assert run.run_id == "notebook-book"


def test_nothing_is_left_running_when_the_kernel_has_ended(cells: dict[str, Shown]) -> None:
    kernel = int(cells["pid"].text)
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    left = [line for line in listed.splitlines() if f'"client_pid": {kernel}' in line]
    assert left == []


def test_the_exported_file_is_a_pipeline_that_runs(cells: dict[str, Shown], folder: Path) -> None:
    assert cells["export"].error == ""
    text = (folder / "book.py").read_text()
    assert "left_out" not in text
    assert "components=[one, add, slow, product]" in text
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")]),
    }

    def start(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    start("book.py")
    out = start("-m", "penstock", "run", "book.py")
    assert re.search(r"^Number +cached", out, re.MULTILINE)
    assert re.search(r"^Multiply +ran .*product=30", out, re.MULTILINE)
