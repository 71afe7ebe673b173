# SPDX-License-Identifier: Apache-2.0
"""A program that takes docker's command line and runs the "container" as a process of this machine."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = """#!{python}
import json, os, signal, sys
from pathlib import Path

home = Path({home!r})
command, *args = sys.argv[1:]
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")

if command == "info":
    state = json.loads((home / "state").read_text())
    if state["refusal"]:
        sys.exit(state["refusal"])
    print(json.dumps(state["info"]))
elif command == "image":
    print("sha256:" + args[-1])
elif command == "rm":
    running = home / args[-1]
    if running.exists():
        os.kill(int(running.read_text()), signal.SIGKILL)
        running.unlink()
elif command == "run":
    options = []
    while args[0].startswith("--"):
        options.append(args.pop(0))
    named = dict(option[2:].partition("=")[::2] for option in options)
    image, *args = args
    if image == "missing":
        print("Unable to find image 'missing:latest' locally")
        sys.exit(125)
    if "entrypoint" in named:
        args.insert(0, named["entrypoint"])
    for option in options:
        if option.startswith("--env="):
            name, _, value = option[len("--env="):].partition("=")
            os.environ[name] = value
    (home / named["name"]).write_text(str(os.getpid()))
    os.execvp(args[0], args)
"""


@dataclass(frozen=True)
class FakeEngine:
    """Where the program is, and what it was called with.

    Attributes:
        home: Folder of the program.
        name: Name of the program.
    """

    home: Path
    name: str

    def calls(self, command: str) -> list[list[str]]:
        """Returns the arguments of the calls of one command, in their order."""
        text = (self.home / "calls").read_text() if (self.home / "calls").exists() else ""
        calls: list[list[str]] = [json.loads(line) for line in text.splitlines()]
        return [args for first, *args in calls if first == command]

    def options(self) -> dict[str, list[str]]:
        """Returns the options of the last ``run``, by name."""
        found: dict[str, list[str]] = {}
        for option in self.calls("run")[-1]:
            if not option.startswith("--"):
                break
            name, _, value = option.partition("=")
            found.setdefault(name, []).append(value)
        return found

    def running(self) -> list[str]:
        """Returns the names of the containers that have been started and not been removed."""
        known = {f"{self.name}", "calls", "state"}
        return sorted(path.name for path in self.home.iterdir() if path.name not in known)

    def set_state(self, *, refusal: str = "", info: Any = None) -> None:
        """Sets what ``info`` says, or with which message it refuses."""
        (self.home / "state").write_text(json.dumps({"refusal": refusal, "info": info or {}}))


def install(home: Path, monkeypatch: pytest.MonkeyPatch, name: str = "docker") -> FakeEngine:
    """Puts the program first on the search path."""
    home.mkdir(parents=True)
    program = home / name
    program.write_text(_PROGRAM.format(python=sys.executable, home=str(home)))
    program.chmod(0o755)
    engine = FakeEngine(home, name)
    engine.set_state()
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    return engine
