# SPDX-License-Identifier: Apache-2.0
"""Components that are defined in a program or a notebook run in workers, in other processes, and in Beam's workers."""

from __future__ import annotations

import json
import linecache
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import PenstockError, PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.ir.document import to_json
from penstock.ir.model import PipelineIR

pytestmark = pytest.mark.integration

HELPER = "def doubled(n):\n    return 2 * n\n"

PROGRAM = """
import enum
import os
import sys
from pathlib import Path
from typing import List, Optional

import penstock as tfx
from penstock.dsl.components import InputArtifact, OutputArtifact, OutputDict, component
from project_helper import doubled

Parameter = tfx.dsl.components.Parameter
LIMIT = 3
WEIGHTS = {"a": [1.5, None]}


class Size(enum.Enum):
    SMALL = 1


class Numbers(tfx.types.Artifact):
    TYPE_NAME = "ProgramNumbers"


def limited(n):
    return min(n, LIMIT)


@component
def make(numbers: OutputArtifact[Numbers], n: Parameter[int], size: Parameter[str] = Size.SMALL.name) -> OutputDict(
    total=int, weights=dict
):
    Path(numbers.uri, "n").write_text(str(limited(n)))
    return {"total": doubled(limited(n)), "weights": WEIGHTS}


@component
def use(numbers: InputArtifact[Numbers], total: int, weights: dict):
    if os.environ.get("FAIL"):
        raise ValueError(f"{total} is wrong")
    print("used", Path(numbers.uri, "n").read_text(), total, weights)


def create():
    made = make(n=7)
    used = use(**{key: channel for key, channel in made.outputs.items()})
    return tfx.dsl.Pipeline("carried", components=[made, used], enable_cache=True)


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner().run(create())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "project_helper.py").write_text(HELPER)
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def ran(project: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    """Runs Python as a process of its own, and returns what it has said."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def logs(project: Path) -> str:
    return "\n".join(path.read_text() for path in sorted((project / ".penstock").rglob("*.log")))


def test_a_program_runs_its_own_components(project: Path) -> None:
    ran(project, "program.py")
    assert "used 3 6 {'a': [1.5, None]}" in logs(project)
    assert "cached" in ran(project, "-m", "penstock", "run", "program.py")


def test_what_fails_is_shown_where_the_user_wrote_it(project: Path) -> None:
    said = ran(project, "program.py", code=1, FAIL="1")
    line = PROGRAM.splitlines().index('        raise ValueError(f"{total} is wrong")') + 1
    assert f'File "{project}/program.py", line {line}, in use\n    raise ValueError' in said
    assert "use() raised ValueError: 6 is wrong" in said


def test_the_cache_knows_the_code_that_is_carried_and_what_it_imports(project: Path) -> None:
    ran(project, "program.py")
    (project / "program.py").write_text("# moved down a line\n" + PROGRAM + "\nUNUSED = 3\n")
    assert ran(project, "-m", "penstock", "run", "program.py").count("cached") >= 2
    (project / "program.py").write_text(PROGRAM.replace("LIMIT = 3", "LIMIT = 4"))
    states = ran(project, "-m", "penstock", "run", "program.py")
    assert "cached" not in states.partition("make")[2].splitlines()[0]
    (project / "project_helper.py").write_text(HELPER.replace("2 *", "3 *"))
    ran(project, "-m", "penstock", "run", "program.py")
    assert "used 4 12" in logs(project)


def test_a_compiled_program_runs_where_its_file_is_not(project: Path, tmp_path_factory: Any) -> None:
    ran(project, "-m", "penstock", "compile", "program.py", "--output", "ir.json")
    (project / "program.py").unlink()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for node in ("make", "use"):
        ran(
            elsewhere,
            "-m",
            "penstock",
            "run-node",
            "--ir",
            f"{project}/ir.json",
            "--node",
            node,
            "--run-id",
            "r",
        )
    assert "used 3 6" in logs(project)
    said = ran(
        elsewhere, "-m", "penstock", "run-node", "--ir", f"{project}/ir.json", "--node", "use", "--run-id", "r2",
        code=1,
    )  # fmt: skip
    assert "make has not run in run r2" in said


def test_compiling_twice_gives_the_same(project: Path) -> None:
    for name in ("a.json", "b.json"):
        ran(project, "-m", "penstock", "compile", "program.py", "--output", name)
    first, second = (json.loads((project / name).read_text()) for name in ("a.json", "b.json"))
    assert first["sources"] == second["sources"]
    assert len(first["sources"]) == 2
    assert all(name.startswith("penstock_main_") for name in first["sources"])


# -------------------------------------------------------------------------------------------------------- a notebook


class Notebook:
    """Runs cells as IPython does: each is compiled under a name of its own, whose source is kept for tracebacks."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        self.cells = 0

    def run(self, source: str) -> None:
        self.cells += 1
        source = textwrap.dedent(source).lstrip("\n")
        name = f"/tmp/ipykernel_{os.getpid()}/{id(self)}{self.cells}.py"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec", dont_inherit=True), self.namespace)

    def compile(self, project: Path) -> PipelineIR:
        return compile_pipeline(self.namespace["pipeline"], project_root=str(project))


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    before = dict(linecache.cache)
    yield Notebook()
    linecache.cache.clear()
    linecache.cache.update(before)


def run_all(ir: PipelineIR, project: Path, *, code: int = 0) -> str:
    """Runs a compiled pipeline in a process that knows nothing but the document."""
    (project / "ir.json").write_text(to_json(ir))
    program = (
        "import sys; from penstock.ir.document import from_json; from penstock.runners.local import LocalDagRunner; "
        "LocalDagRunner().run_ir(from_json(open('ir.json').read())).raise_for_failure()"
    )
    return ran(project, "-c", program, code=code)


def test_a_notebook_runs_its_own_components(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("""
        from __future__ import annotations
        import statistics
        from typing import TypedDict
        import penstock as tfx
        from penstock.dsl.components import component, Parameter
    """)
    notebook.run("def center(values):\n    return 0")
    notebook.run("def center(values):\n    return statistics.median(values)")
    notebook.run("""
        class Center(TypedDict):
            value: float

        @component
        def find(values: Parameter[list[float]]) -> Center:
            return {"value": center(values)}
    """)
    notebook.run(
        "node = find(values=[1.0, 2.0, 9.0])\npipeline = tfx.dsl.Pipeline('cells', components=[node])"
    )
    ir = notebook.compile(tmp_path)
    (source,) = ir.sources.values()
    assert "return 0" not in source
    assert "# --- <cell>, line 4\n@component\ndef find(" in source
    assert str(os.getpid()) not in source
    run_all(ir, tmp_path)
    (value,) = (tmp_path / ".penstock").rglob("value/*/value")
    assert value.read_text() == "2.0"


def test_of_two_cells_that_define_a_class_the_one_that_did_is_carried(
    notebook: Notebook, tmp_path: Path
) -> None:
    notebook.run(
        "import penstock as tfx\nfrom typing import TypedDict\nfrom penstock.dsl.components import component"
    )
    notebook.run("class Out(TypedDict):\n    number: int")
    first = notebook.namespace["Out"]
    notebook.run("class Out(TypedDict):\n    text: str")
    notebook.namespace["Out"] = first  # as if the first cell had been run again
    notebook.run(
        "@component\ndef f() -> Out:\n    return {'number': 3}\npipeline = tfx.dsl.Pipeline('p', components=[f()])"
    )
    (source,) = notebook.compile(tmp_path).sources.values()
    assert "number: int" in source
    assert "text: str" not in source


def test_a_cell_that_fails_is_shown(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("import penstock as tfx\nfrom penstock.dsl.components import component")
    notebook.run("@component\ndef fail():\n    wanted = {}\n    wanted['thing']")
    notebook.run("pipeline = tfx.dsl.Pipeline('cells', components=[fail()])")
    said = run_all(notebook.compile(tmp_path), tmp_path, code=1)
    assert "fail() raised KeyError: 'thing'" in said
    assert ", in fail\n    wanted['thing']" in logs(tmp_path)


def test_a_class_component_and_its_executor_are_carried(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("""
        from dataclasses import dataclass
        import penstock as tfx
        from penstock.authoring import BaseComponent, Executor
        from penstock.types.standard_artifacts import Integer

        @dataclass(frozen=True)
        class Outputs:
            number: Integer

        class OneExecutor(Executor):
            def execute(self, work):
                work.outputs.number.value = 1

        class One(BaseComponent):
            EXECUTOR = f"{__name__}:OneExecutor"
            Outputs = Outputs

        pipeline = tfx.dsl.Pipeline("cells", components=[One()])
    """)
    ir = notebook.compile(tmp_path)
    assert ir.nodes[0].type == "__main__.One"
    run_all(ir, tmp_path)
    assert [path.read_text() for path in (tmp_path / ".penstock").rglob("number/*/value")] == ["1"]


def test_beams_workers_run_a_notebooks_functions(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("""
        import apache_beam as beam
        import penstock as tfx
        from penstock.dsl.components import BeamComponentParameter, OutputArtifact, component
        from penstock.types.standard_artifacts import Examples

        FACTOR = 3

        def scaled(n):
            return n * FACTOR

        @component(use_beam=True)
        def scale(made: OutputArtifact[Examples], beam_pipeline: BeamComponentParameter[beam.Pipeline] = None):
            numbers = beam_pipeline | beam.Create([1, 2]) | beam.Map(scaled) | beam.Map(str)
            numbers | beam.io.WriteToText(made.uri + "/n", shard_name_template="")

        node = scale().with_beam_pipeline_args(["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
        pipeline = tfx.dsl.Pipeline("cells", components=[node])
    """)
    run_all(notebook.compile(tmp_path), tmp_path)
    (file,) = (tmp_path / ".penstock").rglob("made/*/n")
    assert sorted(file.read_text().split()) == ["3", "6"]


# ----------------------------------------------------------------------------------------------- what is not carried

CELL = """
    import io
    import threading
    import penstock as tfx
    from penstock.dsl.components import component, Parameter
"""


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("io.StringIO('text')", "_io.StringIO"),
        ("threading.Lock()", "_thread.lock"),
        ("Model().fit()", "__main__.Model"),
        ("[object()]", "list"),
    ],
)
def test_what_no_source_can_make_anew_is_refused(
    notebook: Notebook, tmp_path: Path, made: str, kind: str
) -> None:
    notebook.run(CELL)
    notebook.run("class Model:\n    def fit(self):\n        self.w = [1]\n        return self")
    notebook.run(f"resource = {made}\ndef helper():\n    return resource")
    notebook.run("@component\ndef f():\n    helper()\npipeline = tfx.dsl.Pipeline('p', components=[f()])")
    with pytest.raises(PipelineError) as refused:
        notebook.compile(tmp_path)
    assert "f: helper uses the global 'resource', which cannot be carried to another process" in str(
        refused.value
    )
    assert f"({kind})" in str(refused.value)
    assert "make resource inside of helper, or hand it over as a Parameter or an artifact" in str(
        refused.value
    )


def test_a_name_that_is_local_is_not_carried(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(CELL)
    notebook.run("resource = threading.Lock()")
    notebook.run(
        "@component\ndef f():\n    resource = 3\n    return None\npipeline = tfx.dsl.Pipeline('p', components=[f()])"
    )
    (source,) = notebook.compile(tmp_path).sources.values()
    assert "threading" not in source


def test_a_definition_without_source_is_refused(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(CELL)
    exec("@component\ndef f(): pass\npipeline = tfx.dsl.Pipeline('p', components=[f()])", notebook.namespace)
    with pytest.raises(
        PipelineError, match="f: the source of f is not to be had.*put it into a file and import it"
    ):
        notebook.compile(tmp_path)


def test_a_component_whose_name_was_taken_is_refused(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(CELL)
    notebook.run("@component\ndef f(): pass\npipeline = tfx.dsl.Pipeline('p', components=[f()])")
    notebook.run("f = 3")
    with pytest.raises(PenstockError, match="f is no longer what its name stands for in the program"):
        notebook.compile(tmp_path)
