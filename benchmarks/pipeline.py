# SPDX-License-Identifier: Apache-2.0
"""The taxi pipeline as a process: ``python benchmarks/pipeline.py [--data FOLDER] [--train-steps 1000] [--runs 3]``.

Cold and cached, on LocalDagRunner and on BeamDagRunner, in turns so that a machine that slows down slows all of them.
Prints medians, and what the nodes of a cold run took.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def main() -> None:
    """Runs the benchmark and prints its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data/taxi", help="folder of CSV files, or of span-… folders")
    parser.add_argument("--train-steps", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    nodes: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.runs):
        for runner in ("local", "beam"):
            with tempfile.TemporaryDirectory() as folder:
                command = command_of(Path(folder), runner, arguments.data, arguments.train_steps)
                seconds[f"{runner}, cold"].append(timed(command))
                if runner == "local":
                    for name, taken in node_seconds(Path(folder)).items():
                        nodes[name].append(taken)
                seconds[f"{runner}, all cached"].append(timed(command))
    print(f"taxi pipeline on {arguments.data}, {arguments.train_steps} steps, median of {arguments.runs}")
    for label, taken_all in sorted(seconds.items()):
        print(f"{label:22} {statistics.median(taken_all):8.2f} s   {spread(taken_all)}")
    print("\nnodes of a cold run, waiting for their libraries included (LocalDagRunner)")
    for name, taken_all in nodes.items():
        print(f"{name:22} {statistics.median(taken_all):8.2f} s   {spread(taken_all)}")


def command_of(folder: Path, runner: str, data: str, train_steps: int) -> list[str]:
    """Returns the command line of one run."""
    return [
        sys.executable, "-m", "penstock", "run", "pipelines/taxi.py", "--runner", runner,
        "--pipeline-root", str(folder / "root"), "--metadata", str(folder / "metadata.db"),
        "--param", f"data_root={Path(data).resolve()}", "--param", f"train_steps={train_steps}",
        "--param", f"serving_dir={folder / 'serving'}",
    ]  # fmt: skip


def timed(command: list[str]) -> float:
    """Runs a command and returns how long the process took."""
    start = time.perf_counter()
    done = subprocess.run(
        command, check=False, cwd=PROJECT, capture_output=True, text=True, env=environment()
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


def environment() -> dict[str, str]:
    """Returns this process's environment with byte code allowed, as an installed package has it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def node_seconds(folder: Path) -> dict[str, float]:
    """Returns what each node of the latest run took."""
    command = [sys.executable, "-m", "penstock", "runs", "--metadata", str(folder / "metadata.db"), "--json"]
    runs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT).stdout)
    shown = [*command[:3], "show", runs[0]["run_id"], *command[4:]]
    run = json.loads(subprocess.run(shown, capture_output=True, text=True, check=True, cwd=PROJECT).stdout)
    return {node["node_id"]: node["seconds"] for node in run["nodes"]}


def spread(values: list[float]) -> str:
    """Returns the smallest and the largest value as text."""
    return f"({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
