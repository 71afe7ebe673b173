# SPDX-License-Identifier: Apache-2.0
"""Pipeline files, graphs and parameters that are wrong: refused before anything is run or recorded."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field

import pytest
from projects import Project
from rows_project import ROWS

HEAD = """
from penstock import proto
from penstock.components import CsvExampleGen, Evaluator, Pusher, SchemaGen, StatisticsGen, Trainer
from penstock.dsl import Channel, Pipeline, Resolver
from penstock.types.standard_artifacts import Examples, Model


def create_pipeline():
    examples = CsvExampleGen(input_base="data")
    statistics = StatisticsGen(examples=examples.outputs["examples"])
"""
LINE = HEAD.count("\n") + 1
"""The line on which what a case adds begins."""


@dataclass(frozen=True)
class Bad:
    """The end of a ``create_pipeline``, and the error that it gets."""

    name: str
    end: str
    message: str
    lines: dict[str, str] = field(default_factory=dict)
    code: int = 1


GRAPHS = [
    Bad(
        "a channel of the wrong type",
        'return Pipeline("p", components=[examples, SchemaGen(statistics=examples.outputs["examples"])])',
        "SchemaGen: input 'statistics' has the wrong type",
        {
            "expected": "a channel of ExampleStatistics",
            "got": "Channel(Examples from CsvExampleGen.examples)",
            "at": f":{LINE}",
        },
    ),
    Bad(
        "a component in place of a channel",
        'return Pipeline("p", components=[examples, StatisticsGen(examples=examples)])',
        "StatisticsGen: input 'examples' is not a channel",
        {"expected": "another component's outputs['…']", "at": f":{LINE}"},
    ),
    Bad(
        "an output that does not exist",
        'return Pipeline("p", components=[examples, StatisticsGen(examples=examples.outputs["exmples"])])',
        "CsvExampleGen has no output 'exmples'",
        {"what to do": "did you mean 'examples'?", "at": f":{LINE}"},
    ),
    Bad(
        "a cycle",
        """examples.add_upstream_node(statistics)
    return Pipeline("p", components=[examples, statistics])""",
        "the nodes form a cycle: CsvExampleGen -> StatisticsGen -> CsvExampleGen",
        {"what to do": "take one of these edges out", "at": f":{LINE + 1}"},
    ),
    Bad(
        "a node that waits for itself",
        """examples.add_upstream_node(examples)
    return Pipeline("p", components=[examples])""",
        "the nodes form a cycle: CsvExampleGen -> CsvExampleGen",
    ),
    Bad(
        "two nodes of one id",
        'return Pipeline("p", components=[examples, CsvExampleGen(input_base="data")])',
        "two nodes of pipeline p have the id 'CsvExampleGen'",
        {"what to do": ".with_id('CsvExampleGen_2')", "at": f":{LINE}"},
    ),
    Bad(
        "a producer that is not in the pipeline",
        'return Pipeline("p", components=[statistics])',
        "StatisticsGen: input 'examples' comes from CsvExampleGen, which is not in pipeline p",
        {"what to do": "add CsvExampleGen to components=[…]"},
    ),
    Bad(
        "no node at all",
        'return Pipeline("p", components=[])',
        "pipeline p has no nodes",
        {"what to do": "pass them as components=[…]"},
    ),
    Bad(
        "a component's argument that does not exist",
        'return Pipeline("p", components=[CsvExampleGen(input_bas="data")])',
        "CsvExampleGen has no argument 'input_bas'",
        {"what to do": "did you mean 'input_base'?", "at": f":{LINE}"},
    ),
    Bad(
        "a parameter of the wrong type",
        'return Pipeline("p", components=[CsvExampleGen(input_base=3)])',
        "CsvExampleGen: input_base has the wrong type",
        {"expected": "str", "got": "3 (int)", "at": f":{LINE}"},
    ),
    Bad(
        "a field of a parameter that does not exist",
        """trainer = Trainer(examples=examples.outputs["examples"], module_file="m.py", train_args={"num_step": 3})
    return Pipeline("p", components=[examples, trainer])""",
        "Trainer: train_args has no field 'num_step'",
        {"what to do": "did you mean 'num_steps'?", "at": f":{LINE}"},
    ),
    Bad(
        "a required input that is missing",
        'return Pipeline("p", components=[examples, Trainer(module_file="m.py")])',
        "Trainer: input 'examples' is missing",
        {"expected": "a channel of Examples", "at": f":{LINE}"},
    ),
    Bad(
        "a pipeline's name that leads out of the root",
        'return Pipeline("../../p", components=[examples])',
        "the pipeline's name is not usable",
        {"got": "'../../p'"},
    ),
    Bad(
        "a node's id that leads out of the root",
        'return Pipeline("p", components=[examples.with_id("../../e")])',
        "a node id is not usable",
        {"got": "'../../e'", "at": f":{LINE}"},
    ),
    Bad(
        "a PostgreSQL store",
        """from penstock.metadata.config import ConnectionConfig
    config = ConnectionConfig("postgresql", host="h", database="d")
    return Pipeline("p", components=[examples], metadata_connection_config=config)""",
        "PostgreSQL is refused as a metadata store: in the ml-metadata library every string with a backslash breaks "
        "out of its SQL literal (stored SQL injection), strings end at 2.7 KB and integers at 32 bits",
        {"what to do": "use SQLite, or MySQL/MariaDB"},
    ),
    Bad(
        "nothing returned",
        "Pipeline('p', components=[examples])",
        "create_pipeline of {file} returned no pipeline",
        {"expected": "a Pipeline", "got": "None (NoneType)", "what to do": "is a return statement missing?"},
    ),
    Bad(
        "an exception",
        "{}['data']",
        "create_pipeline raised KeyError: 'data'",
        {"input": "{file}"},
    ),
]


@pytest.mark.parametrize("bad", GRAPHS, ids=lambda bad: bad.name)
def test_a_graph_that_is_wrong(ran: Project, bad: Bad) -> None:
    file = ran.write("pipelines/wrong.py", f"{HEAD}    {bad.end}\n")
    with ran.nothing_lost("rows"), ran.nothing_lost("p"):
        ended = ran.cli("run", "pipelines/wrong.py", "--in-process")
    assert ended.code == 1
    assert ended.error.message == bad.message.replace("{file}", str(file)), ended.err
    for label, text in bad.lines.items():
        assert text.replace("{file}", str(file)) in ended.error[label], ended.err
    assert not ran.pipeline_root("p").exists()


FILES = [
    Bad(
        "no such file",
        "",
        "there is no pipeline file pipelines/wrong.py",
        {"what to do": "did you mean 'rows.py'?"},
        2,
    ),
    Bad(
        "neither create_pipeline nor a runner's call",
        "x = 1\n",
        "{file} is not a pipeline file",
        {
            "expected": "def create_pipeline(...) -> Pipeline, or one call of a runner's run(pipeline)",
            "got": "no call of a runner",
        },
    ),
    Bad(
        "a syntax error",
        "def create_pipeline()\n    pass\n",
        "reading wrong.py failed: {file}:1 is not valid Python: ",
        {"got": "def create_pipeline()", "what to do": "correct the syntax and run again"},
    ),
    Bad(
        "no Python at all",
        "\0\1\2",
        "wrong.py is no pipeline file",
        {"expected": "a Python file", "got": "no text"},
        code=2,
    ),
    Bad(
        "an exit while it is imported",
        f"import sys\nsys.exit(0)\n{ROWS}",
        "importing wrong.py ended the process with exit code 0",
        {"input": "{file}", "what to do": "raise an exception instead of calling exit()"},
    ),
    Bad(
        "an import that fails",
        f"import no_such_library\n{ROWS}",
        "importing wrong.py failed: No module named 'no_such_library'",
        {"input": "{file}", "what to do": "anything else must be installed"},
    ),
]


@pytest.mark.parametrize("bad", FILES, ids=lambda bad: bad.name)
def test_a_file_that_is_no_pipeline(ran: Project, bad: Bad) -> None:
    file = ran.root / "pipelines/wrong.py"
    file.unlink(missing_ok=True)
    # Bytecode is known by the second and size of its source: cases of one size would be taken for each other.
    shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)
    if bad.end:
        file.write_text(bad.end)
    with ran.nothing_lost("rows"):
        ended = ran.cli("run", "pipelines/wrong.py", "--in-process")
    assert ended.code == bad.code
    assert ended.error.message.startswith(bad.message.replace("{file}", str(file))), ended.err
    for label, text in bad.lines.items():
        assert text.replace("{file}", str(file)) in ended.error[label], ended.err


def test_a_file_that_prints_leaves_json_readable(ran: Project) -> None:
    chatty = ROWS.replace("    examples =", "    print('and from create_pipeline')\n    examples =", 1)
    ran.write("pipelines/chatty.py", f"print('hello from the file')\n{chatty}")
    ended = ran.cli("run", "pipelines/chatty.py", "--in-process", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["state"] == "COMPLETE"
    assert "hello from the file\nand from create_pipeline\n" in ended.err
    compiled = ran.cli("compile", "pipelines/chatty.py")
    assert json.loads(compiled.out)["name"] == "rows"


@pytest.mark.parametrize(
    ("arguments", "message", "lines"),
    [
        (
            ["--param", "modul=x.py"],
            "--param: pipeline rows has no parameter 'modul'",
            {"what to do": "did you mean 'module'?"},
        ),
        (
            ["--param", "seconds=soon"],
            "--param: parameter 'seconds' has the wrong type",
            {"expected": "float", "got": "'soon'"},
        ),
        (["--param", "seconds"], "--param is not understood", {"expected": "NAME=VALUE"}),
        (
            ["--param", "seconds=-1"],
            "Trainer: a time-out must be positive",
            {"expected": "a number of seconds", "got": "-1.0"},
        ),
        (["--run-id", "a/b"], "the run id is not usable", {"got": "'a/b'"}),
        (["--run-id", "../../a"], "the run id is not usable", {}),
        (["--run-id", "a\nb"], "the run id is not usable", {"expected": "that can be printed"}),
        (["--run-id", "a" * 300], "the run id is not usable", {"expected": "up to 200"}),
        (
            ["--resume", "never"],
            "there is no run 'never' to resume in sqlite:///{root}/.penstock/metadata.db",
            {},
        ),
        (["--metadata", "postgresql://h/d"], "PostgreSQL is refused as a metadata store: ", {}),
    ],
)
def test_a_call_that_is_wrong(
    ran: Project, arguments: list[str], message: str, lines: dict[str, str]
) -> None:
    with ran.nothing_lost("rows"):
        ended = ran.cli("run", "pipelines/rows.py", "--in-process", *arguments)
    assert ended.code == (1 if "refused" in message or "time-out" in message else 2)
    assert ended.error.message.startswith(message.replace("{root}", str(ran.root))), ended.err
    for label, text in lines.items():
        assert text in ended.error[label], ended.err


@pytest.mark.parametrize(
    ("text", "message", "lines"),
    [
        ("parameters: [a\n", "{config}:2: this is not YAML", {}),
        ("parameters: {modul: x}\n", "{config}:1: pipeline rows has no parameter 'modul'", {"what to do": "'module'"}),
        ("max_worker: 3\n", "{config}:1: 'max_worker' is not a setting", {"what to do": "did you mean 'max_workers'?"}),
        ("max_workers: many\n", "{config}:1: max_workers has the wrong value", {"expected": "a whole number"}),
        ("runner: spark\n", "{config}:1: runner has the wrong value", {"expected": "'local' or 'beam'"}),
        ("- a\n- b\n", "{config}:1: a configuration must be a mapping", {"expected": "key: value"}),
        ("\n\nrunner: local\nrunner: beam\n", "{config}:4: 'runner' is written twice", {}),
        ("parameters:\n  seconds: soon\n", "{config}:2: seconds has the wrong type", {"expected": "float"}),
    ],
)  # fmt: skip
def test_a_configuration_that_is_wrong(ran: Project, text: str, message: str, lines: dict[str, str]) -> None:
    config = ran.write("configs/local/rows.yaml", text)
    with ran.nothing_lost("rows"):
        ended = ran.cli("run", "pipelines/rows.py", "--in-process", "--config", config)
    assert ended.code == 2
    assert ended.error.message == message.replace("{config}", str(config)), ended.err
    for label, said in lines.items():
        assert said in ended.error[label], ended.err


def test_resuming_a_run_of_another_pipeline_says_whose_it_is(ran: Project) -> None:
    assert ran.cli("run", "pipelines/rows.py", "--in-process", "--run-id", "mine").code == 0
    ran.write("pipelines/other.py", ROWS.replace('Pipeline("rows"', 'Pipeline("other"'))
    ended = ran.cli("run", "pipelines/other.py", "--in-process", "--resume", "mine")
    assert ended.code == 2
    assert ended.error.message == "pipeline other has no run 'mine' to resume"
    assert ended.error["got"] == "a run of pipeline rows"
    assert not ran.pipeline_root("other").exists()
    again = ran.cli("run", "pipelines/rows.py", "--in-process", "--run-id", "mine")
    assert again.code == 2
    assert again.error.message == "run 'mine' exists already"
    assert "--resume mine" in again.error["what to do"]
