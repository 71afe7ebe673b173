# SPDX-License-Identifier: Apache-2.0
"""A user's project in a folder of its own, the command line in it, and what it has published."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kills import Place, check_nothing_left_over

from penstock import files
from penstock.cli.main import main
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

SUPPORT = Path(__file__).parent
SECONDS = 120
_LABELS = ("input", "at", "expected", "got", "what to do", "log")


@dataclass(frozen=True, slots=True)
class Block:
    """One error as a user reads it.

    Attributes:
        message: What follows ``error:``.
        lines: The lines below it by their label.
    """

    message: str
    lines: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, label: str) -> str:
        return self.lines.get(label, "")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def blocks(self) -> list[Block]:
        """The errors on standard error."""
        blocks: list[Block] = []
        for line in self.err.splitlines():
            if line.startswith("error: "):
                blocks.append(Block(line.removeprefix("error: "), {}))
            elif blocks and (found := re.match(rf"  ({'|'.join(_LABELS)}): (.*)", line)):
                assert isinstance(blocks[-1].lines, dict)
                blocks[-1].lines[found[1]] = found[2]
        return blocks

    @property
    def error(self) -> Block:
        """The one error, told as errors are: no frame of Penstock's own, nothing said twice."""
        (block,) = self.blocks
        assert "src/penstock/" not in self.err
        assert "failed unexpectedly" not in self.err
        return block

    def states(self) -> dict[str, str]:
        """Returns the nodes' states in the table at the end of a run."""
        *_, table = re.split(r"^node .*\n", self.out, flags=re.MULTILINE)
        rows = re.findall(
            r"^(\S+) +(ran|cached|skipped|failed|cancelled|not run)(?: |$)", table.partition("\n\n")[0], re.M
        )
        return dict(rows)


class Project:
    """A user's project, all of whose things are below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.write("pyproject.toml", "")

    @property
    def metadata(self) -> Path:
        return self.root / ".penstock" / "metadata.db"

    def pipeline_root(self, pipeline: str) -> Path:
        return self.root / ".penstock" / "pipelines" / pipeline

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def fill(self, folder: str, contents: Mapping[str, str | bytes]) -> None:
        """Makes a folder hold these files and nothing else."""
        files.remove_tree(str(self.root / folder))
        (self.root / folder).mkdir(parents=True)
        for name, content in contents.items():
            self.write(f"{folder}/{name}", content)

    # ------------------------------------------------------------------------------------------------------ commands

    def cli(self, *arguments: object) -> Ended:
        """Calls the command line in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            _own_imports(self.root),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main([str(argument) for argument in arguments])
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, out.getvalue(), err.getvalue())

    def start(
        self, *arguments: object, prefix: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[str]:
        """Starts the command line as a process of its own."""
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", "penstock", *map(str, arguments)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(SUPPORT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def process(self, *arguments: object, prefix: Sequence[str] = (), **environment: str) -> Ended:
        """Runs the command line as a process of its own."""
        process = self.start(*arguments, prefix=prefix, **environment)
        return end_of(process)

    # ------------------------------------------------------------------------------------------------- what is there

    @contextlib.contextmanager
    def store(self) -> Iterator[MetadataStore]:
        with MetadataStore.open(sqlite_metadata_connection_config(str(self.metadata))) as store:
            yield store

    def published(self, pipeline: str) -> dict[str, str]:
        """Returns the digest of every published artifact by node and URI; all of them must be there."""
        if not self.metadata.exists():
            return {}
        found = {}
        with self.store() as store:
            for run in store.list_runs(pipeline):
                for execution in store.executions_of_run(pipeline, run.run_id):
                    outputs = store.outputs_of(execution.id)
                    assert execution.state in ("COMPLETE", "CACHED") or not outputs
                    for artifact in (a for group in outputs.values() for a in group):
                        assert artifact.state == "LIVE"
                        found[f"{execution.node_id} {artifact.uri}"] = files.digest(artifact.uri)
        return found

    def check_tidy(self, pipeline: str) -> None:
        """Checks that every run has ended and that no folder stands in the root which nothing published."""
        check_nothing_left_over(Place(pipeline, self.pipeline_root(pipeline), self.metadata))

    @contextlib.contextmanager
    def nothing_lost(self, pipeline: str, *failing: str) -> Iterator[None]:
        """Checks that all that was published is there after too, that these nodes add nothing, and that all is tidy."""
        before = self.published(pipeline)
        yield
        after = self.published(pipeline)
        assert {key: after.get(key) for key in before} == before
        added = {key.partition(" ")[0] for key in after.keys() - before.keys()}
        assert not added & set(failing), added
        self.check_tidy(pipeline)


def end_of(process: subprocess.Popen[str], seconds: float = SECONDS) -> Ended:
    """Waits for a process."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return Ended(process.returncode, out, err)


@contextlib.contextmanager
def _own_imports(root: Path) -> Iterator[None]:
    """Works in a project's folder, and forgets at the end what was imported from it and where that was looked for."""
    modules = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(sys, "path", [*sys.path])
        patch.setenv("PYTHONPATH", str(SUPPORT))
        patch.delenv("PENSTOCK_DEBUG", raising=False)
        try:
            yield
        finally:
            # First all, then delete: a folder that is a package finds its path through its parent.
            for name in [name for name in set(sys.modules) - modules if _is_below(root, name)]:
                del sys.modules[name]


def _is_below(root: Path, module: str) -> bool:
    places = [getattr(sys.modules[module], "__file__", None) or ""]
    places += [str(path) for path in getattr(sys.modules[module], "__path__", ())]
    return any(place.startswith(str(root)) for place in places)
