# SPDX-License-Identifier: Apache-2.0
"""A pipeline of 1,000 nodes without work: ``python benchmarks/many_nodes.py [--nodes 1000] [--history 100000]``.

Each node runs in a worker and is recorded. Prints milliseconds a node in an empty store, then in one whose history
holds so many executions already, for runs that execute, that the cache answers, and that are resumed when all is done.
The history is a real run of the same pipeline, its rows copied in the store's tables under other ids and run names.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
sys.path.insert(0, str(SUPPORT))

from light.component import Number  # noqa: E402  the path comes first

from penstock.graph.compiler import compile_pipeline  # noqa: E402  as above
from penstock.graph.pipeline import Pipeline  # noqa: E402  as above
from penstock.ir.model import PipelineIR  # noqa: E402  as above
from penstock.metadata.config import sqlite_metadata_connection_config  # noqa: E402  as above
from penstock.runners.local import LocalDagRunner  # noqa: E402  as above
from penstock.runners.session import RunRequest  # noqa: E402  as above

CHAIN = 4
"""Every so many nodes stand in a row, one after another; the rows are side by side."""


def pipeline(folder: Path, nodes: int) -> PipelineIR:
    """Returns a pipeline of rows of numbers."""
    made: list[Number] = []
    for place in range(nodes):
        after = made[-1].outputs["number"] if place % CHAIN else None
        made.append(Number(value=place, after=after).with_id(f"n{place}"))
    config = sqlite_metadata_connection_config(str(folder / "metadata.db"))
    return compile_pipeline(
        Pipeline("many_nodes", str(folder / "root"), config, made), project_root=str(SUPPORT)
    )


def milliseconds_a_node(ir: PipelineIR, request: RunRequest | None = None) -> float:
    """Runs a pipeline and returns what a node took, the whole run divided by their number."""
    start = time.perf_counter()
    report = LocalDagRunner(max_workers=os.cpu_count()).run_ir(ir, request)
    report.raise_for_failure()
    return (time.perf_counter() - start) / len(ir.nodes) * 1000


def copy_history(database: Path, run_id: str, executions: int) -> None:
    """Copies the executions of a run, with all that hangs on them, until the store holds so many more."""
    with sqlite3.connect(database) as store:
        (run,) = store.execute("SELECT id FROM Context WHERE name = ?", (run_id,)).fetchone()
        (each,) = store.execute("SELECT COUNT(*) FROM Association WHERE context_id = ?", (run,)).fetchone()
        widest = [f"SELECT MAX(id) FROM {table}" for table in ("Context", "Execution", "Artifact", "Event")]
        offset = max(store.execute(statement).fetchone()[0] for statement in widest) + 1
        ran = "IN (SELECT execution_id FROM Association WHERE context_id = :run)"
        made = "IN (SELECT artifact_id FROM Attribution WHERE context_id = :run)"
        happened = f"IN (SELECT id FROM Event WHERE execution_id {ran})"
        for copy in range(1, executions // each + 1):
            values = {"run": run, "by": copy * offset, "old": run_id, "new": f"{run_id}-{copy}"}
            for table, shifted, where in (
                ("Context", ("id",), "id = :run"),
                ("ContextProperty", ("context_id",), "context_id = :run"),
                ("ParentContext", ("context_id",), "context_id = :run"),
                ("Execution", ("id",), f"id {ran}"),
                ("ExecutionProperty", ("execution_id",), f"execution_id {ran}"),
                ("Artifact", ("id",), f"id {made}"),
                ("ArtifactProperty", ("artifact_id",), f"artifact_id {made}"),
                ("Event", ("id", "artifact_id", "execution_id"), f"execution_id {ran}"),
                ("EventPath", ("event_id",), f"event_id {happened}"),
                ("Association", ("id", "context_id", "execution_id"), f"execution_id {ran}"),
                ("Attribution", ("id", "context_id", "artifact_id"), f"artifact_id {made}"),
            ):
                copy_rows(store, table, shifted, where, values)


def copy_rows(
    store: sqlite3.Connection, table: str, shifted: tuple[str, ...], where: str, values: dict[str, object]
) -> None:
    """Copies rows of a table under other ids, but for contexts other than the run's, and with the run's new name."""
    wanted = {
        "context_id": "CASE context_id WHEN :run THEN context_id + :by ELSE context_id END",
        "name": "replace(name, :old, :new)",
        "uri": "uri || :new",
    }
    columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
    chosen = []
    for column in columns:
        if column in ("name", "uri") and table in ("Context", "Execution", "Artifact"):
            chosen.append(wanted[column])
        elif column == "id" and "id" in shifted and table in ("Association", "Attribution"):
            chosen.append("NULL")
        elif column in shifted:
            chosen.append(wanted.get(column, f"{column} + :by"))
        else:
            chosen.append(column)
    store.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM {table} WHERE {where}",
        values,
    )


def measure(folder: Path, nodes: int, history: int) -> None:
    """Runs the pipeline in all ways and prints the table."""
    ir = pipeline(folder, nodes)
    cached = dataclasses.replace(
        ir, nodes=tuple(dataclasses.replace(node, enable_cache=True) for node in ir.nodes)
    )
    print(f"{nodes} nodes without work, milliseconds a node")
    for executions in dict.fromkeys((0, history)):
        if executions:
            start = time.perf_counter()
            copy_history(folder / "metadata.db", "first", executions)
            size = (folder / "metadata.db").stat().st_size / 1e6
            print(f"history copied in {time.perf_counter() - start:.0f} s, {size:.0f} MB")
        name = "later" if executions else "first"
        for label, which, request in (
            ("executed", ir, RunRequest(run_id=name)),
            ("cached", cached, RunRequest(run_id=f"{name} cached")),
            ("resumed", ir, RunRequest(run_id=name, resume=True)),
        ):
            print(
                f"{executions:8} executions before  {label:9} {milliseconds_a_node(which, request):7.1f}",
                flush=True,
            )


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument(
        "--history", type=int, default=100_000, help="executions that are in the store before"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        measure(Path(folder), arguments.nodes, arguments.history)


if __name__ == "__main__":
    main()
