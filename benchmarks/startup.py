# SPDX-License-Identifier: Apache-2.0
"""What it takes to start, and what a node costs: ``python benchmarks/startup.py [--runs 9] [--nodes 50]``.

Prints medians: importing Penstock and asking for help, each as a process beside one that does nothing; then what one
node without work costs in this process, in a worker, and from the cache.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "tests" / "support"


def main() -> None:
    """Runs the benchmark and prints its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--nodes", type=int, default=50)
    arguments = parser.parse_args()
    print(f"processes, median of {arguments.runs}, in seconds")
    commands = {
        "python -c pass": ["-c", "pass"],
        "import penstock": ["-c", "import penstock"],
        "penstock --help": ["-m", "penstock", "--help"],
    }
    taken: dict[str, list[float]] = {label: [] for label in commands}
    for _ in range(arguments.runs + 1):
        for label, command in commands.items():
            taken[label].append(timed([sys.executable, *command]))
    for label, seconds in taken.items():
        print(f"{label:22} {statistics.median(seconds[1:]):8.3f}")
    print(f"\none node without work, mean of {arguments.nodes} in a row, in milliseconds")
    with tempfile.TemporaryDirectory() as folder:
        for label, milliseconds in node_costs(Path(folder), arguments.nodes).items():
            print(f"{label:22} {milliseconds:8.1f}")


def timed(command: list[str]) -> float:
    """Runs a command and returns how long the process took."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def node_costs(folder: Path, count: int) -> dict[str, float]:
    """Runs a pipeline of nodes that write a number each, and returns milliseconds per node by kind of run."""
    sys.path.insert(0, str(SUPPORT))
    from light.component import Number

    from penstock.graph.compiler import compile_pipeline
    from penstock.graph.pipeline import Pipeline
    from penstock.metadata.config import sqlite_metadata_connection_config
    from penstock.runners.local import LocalDagRunner

    nodes = [Number(value).with_id(f"n{value}") for value in range(count)]
    config = sqlite_metadata_connection_config(str(folder / "metadata.db"))
    cached = compile_pipeline(
        Pipeline("startup", str(folder / "root"), config, nodes, enable_cache=True), project_root=str(SUPPORT)
    )
    uncached = dataclasses.replace(
        cached, nodes=tuple(dataclasses.replace(node, enable_cache=False) for node in cached.nodes)
    )
    costs = {}
    for label, runner, ir in (
        ("in a worker", LocalDagRunner(max_workers=1), uncached),
        ("in workers, two at once", LocalDagRunner(max_workers=2), uncached),
        ("from the cache", LocalDagRunner(max_workers=1), cached),
    ):
        start = time.perf_counter()
        report = runner.run_ir(ir)
        report.raise_for_failure()
        costs[label] = (time.perf_counter() - start) / count * 1000
    return costs


if __name__ == "__main__":
    main()
