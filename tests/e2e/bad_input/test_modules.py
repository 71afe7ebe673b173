# SPDX-License-Identifier: Apache-2.0
"""Modules that fail in every way, side by side in one run: each is one node's failure, told in the user's terms."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from projects import Ended, Project
from rows_project import COUNT_ROWS, make_project

PIPELINE = """
from penstock.components import CsvExampleGen, Trainer
from penstock.dsl import Pipeline


def create_pipeline(modules: list[str]) -> Pipeline:
    examples = CsvExampleGen(input_base="data")
    trainers = [
        Trainer(examples=examples.outputs["examples"], module_file=f"modules/{name}.py").with_id(name)
        for name in modules
    ]
    for trainer in trainers:
        if trainer.id == "takes_too_long":
            trainer.with_timeout(1.5)
    return Pipeline("trainers", components=[examples, *trainers], enable_cache=True)
"""


@dataclass(frozen=True)
class Bad:
    """A module, and the error that it gets.

    Attributes:
        source: The module; ``None`` leaves no file.
        message: Pattern of the error's message, after the node.
        lines: Texts in the lines below it, by label.
        traceback: The lines of the traceback without the code; none where nothing was raised.
    """

    source: str | None
    message: str
    lines: dict[str, str] = field(default_factory=dict)
    traceback: tuple[str, ...] = ()


CASES = {
    "is_missing": Bad(
        None,
        "module file modules/is_missing.py does not exist",
        {
            "expected": "a Python file at {root}/modules/is_missing.py",
            "got": "no such file",
            "what to do": "did you mean ",
        },
    ),
    "is_no_python": Bad(
        "def run_fn(fn_args)\n    pass\n",
        r"importing is_no_python.py failed: {root}/modules/is_no_python.py:1 is not valid Python: .*",
        {"got": "def run_fn(fn_args)", "what to do": "correct the syntax and run again"},
    ),
    "is_binary": Bad(
        "x = '\0'\n",
        r"importing is_binary.py failed: {root}/modules/is_binary.py is not valid Python: source code .*",
        {"what to do": "correct the syntax and run again"},
    ),
    "raises_when_imported": Bad(
        "LICENCE = {}['key']\n",
        "importing raises_when_imported.py raised KeyError: 'key'",
        {"input": "{root}/modules/raises_when_imported.py"},
        ("raises_when_imported.py:1 <module>",),
    ),
    "imports_what_is_not_there": Bad(
        "import no_such_library\n",
        "importing imports_what_is_not_there.py failed: No module named 'no_such_library'",
        {"what to do": "anything else must be installed"},
        ("imports_what_is_not_there.py:1 <module>",),
    ),
    "has_no_run_fn": Bad(
        "def runfn(fn_args):\n    pass\n",
        r"{root}/modules/has_no_run_fn.py defines no function run_fn\(\)",
        {"expected": "def run_fn(...)", "got": "no such name", "what to do": "did you mean 'runfn'?"},
    ),
    "has_another_run_fn": Bad(
        "run_fn = 'train'\n",
        r"{root}/modules/has_another_run_fn.py defines no function run_fn\(\)",
        {"got": "run_fn = 'train'", "what to do": "define run_fn in that file"},
    ),
    "takes_no_arguments": Bad(
        "def run_fn():\n    pass\n",
        r"run_fn raised TypeError: run_fn\(\) takes 0 positional arguments but 1 was given",
        {"input": "{root}/modules/takes_no_arguments.py"},
    ),
    "raises": Bad(
        "def rate(settings):\n    return settings['rate']\n\n\ndef run_fn(fn_args):\n    rate({'rat': 1})\n",
        "run_fn raised KeyError: 'rate'",
        {"input": "{root}/modules/raises.py", "log": "/raises.log"},
        ("raises.py:6 run_fn", "raises.py:2 rate"),
    ),
    "asks_for_an_unknown_feature": Bad(
        "def run_fn(fn_args):\n    {'n': 1}['labell']\n",
        "run_fn raised KeyError: 'labell'",
        {"what to do": "the examples have no feature 'labell': did you mean 'label'?"},
        ("asks_for_an_unknown_feature.py:2 run_fn",),
    ),
    "saves_nothing": Bad(
        "def run_fn(fn_args):\n    return {'loss': 0.5}\n",
        "run_fn saved no model",
        {
            "expected": "files in fn_args.serving_model_dir",
            "got": "no such folder",
            "what to do": "end run_fn with penstock.models.save(model, fn_args.serving_model_dir)",
        },
    ),
    "kills_its_process": Bad(
        """
        import os, signal
        from pathlib import Path

        def run_fn(fn_args):
            Path(fn_args.serving_model_dir).mkdir()
            Path(fn_args.serving_model_dir, "half").write_text("a model")
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        "its process was ended by SIGKILL; SIGKILL from the system mostly means that memory ran out",
        {"got": "its memory had reached ", "what to do": "/kills_its_process.log"},
    ),
    "crashes": Bad(
        "import ctypes\n\n\ndef run_fn(fn_args):\n    ctypes.string_at(0)\n",
        "its process was ended by SIGSEGV",
        {"what to do": "/crashes.log"},
    ),
    "leaves": Bad(
        "import os\n\n\ndef run_fn(fn_args):\n    os._exit(0)\n",
        "its process ended by itself with exit code 0 before the work was done",
        {"what to do": "/leaves.log"},
    ),
    "calls_exit": Bad(
        "import sys\n\n\ndef run_fn(fn_args):\n    sys.exit(0)\n",
        "run_fn ended the process with exit code 0",
        {"what to do": "raise an exception instead of calling exit()"},
        ("calls_exit.py:5 run_fn",),
    ),
    "runs_out_of_memory": Bad(
        """
        import resource

        def run_fn(fn_args):
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            bytearray(1 << 31)
        """,
        "run_fn ran out of memory",
        {"what to do": "read the data in batches, or give the machine more memory"},
        ("runs_out_of_memory.py:6 run_fn",),
    ),
    "takes_too_long": Bad(
        """
        import subprocess, time
        from pathlib import Path

        def run_fn(fn_args):
            Path(fn_args.serving_model_dir).mkdir()
            Path(fn_args.serving_model_dir, "half").write_text("a model")
            subprocess.Popen(["sleep", "7654.321"])
            time.sleep(600)
        """,
        "it ran longer than its time-out of 1.5 seconds",
        {"what to do": "give it more with .with_timeout(seconds), or see "},
    ),
}
BESIDE = "is_good"
"""A module that is good throughout: what happens beside it is not its affair."""

INDENT = re.compile(r"^ {8}", re.MULTILINE)


@dataclass(frozen=True)
class Story:
    """A good run, one in which the modules are bad, and one in which they are mended."""

    project: Project
    good: Ended
    bad: Ended
    mended: Ended


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    project = make_project(tmp_path_factory.mktemp("modules") / "project")
    project.write("pipelines/trainers.py", PIPELINE)
    run = ("run", "pipelines/trainers.py", "--param", f"modules={','.join([*CASES, BESIDE])}")
    _write_modules(project, dict.fromkeys([*CASES, BESIDE], COUNT_ROWS))
    good = project.cli(*run, "--in-process")
    _write_modules(project, {name: bad.source for name, bad in CASES.items()})
    with project.nothing_lost("trainers", *CASES):
        bad = project.process(*run)
    _write_modules(project, dict.fromkeys(CASES, f"# mended\n{COUNT_ROWS}"))
    return Story(project, good, bad, project.cli(*run, "--in-process"))


def _write_modules(project: Project, sources: dict[str, str | None]) -> None:
    for name, source in sources.items():
        if source is None:
            (project.root / f"modules/{name}.py").unlink()
        else:
            project.write(f"modules/{name}.py", INDENT.sub("", source))


@pytest.mark.parametrize("name", CASES)
def test_a_module_that_fails(story: Story, name: str) -> None:
    bad, root = CASES[name], story.project.root
    blocks = {block.message.partition(": ")[0]: block for block in story.bad.blocks}
    block = blocks[name]
    assert re.fullmatch(f"{name}: {bad.message.replace('{root}', re.escape(str(root)))}", block.message), (
        block
    )
    for label, text in bad.lines.items():
        assert text.replace("{root}", str(root)) in block[label], block
    assert _traceback(story.bad.err, name) == bad.traceback


def _traceback(err: str, name: str) -> tuple[str, ...]:
    """Returns the places in the traceback above a node's error."""
    text = next(part for part in err.split("\n\n") if f"error: {name}: " in part)
    if "Traceback" not in text:
        return ()
    places = re.findall(r'^  File ".*/(.+)", line (\d+), in (.+)$', text, re.MULTILINE)
    return tuple(f"{file}:{line} {function}" for file, line, function in places)


def test_each_failure_is_one_nodes_own(story: Story) -> None:
    assert (story.good.code, story.bad.code, story.mended.code) == (0, 1, 0), story.mended.err
    assert story.bad.states() == {
        "CsvExampleGen": "cached",
        **dict.fromkeys(CASES, "failed"),
        BESIDE: "cached",
    }
    assert len(story.bad.blocks) == len(CASES)
    assert "src/penstock/" not in story.bad.err


def test_mended_modules_run_again(story: Story) -> None:
    assert story.mended.states() == {
        "CsvExampleGen": "cached",
        **dict.fromkeys(CASES, "ran"),
        BESIDE: "cached",
    }


def test_what_a_module_started_ends_with_it(story: Story) -> None:
    assert "takes_too_long: " in story.bad.err
    deadline = time.monotonic() + 10
    while _living("sleep 7654.321"):
        assert time.monotonic() < deadline, "a process that a module started is still there"
        time.sleep(0.05)


def _living(command: str) -> list[str]:
    """Returns the processes with that command line; ended ones that nobody has taken away have none any more."""
    wanted = command.encode().replace(b" ", b"\0") + b"\0"
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes() == wanted:
                found.append(file.parent.name)
    return found
