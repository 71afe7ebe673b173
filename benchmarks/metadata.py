# SPDX-License-Identifier: Apache-2.0
"""Times the metadata store with 10,000 executions in it: what one node costs, and what readers ask for.

Usage: ``python benchmarks/metadata.py [EXECUTIONS] [--keep FILE | --mariadb | --store URL] [--writers N]``. Fills a
store (pipelines of ten nodes, all reading one schema), then prints the medians. With ``--keep`` the filled store stays,
and is used again the next time. ``--mariadb`` starts a MariaDB server and fills a database of it; ``--store`` names an
empty database. ``--writers`` publishes from so many processes at once instead, for ten seconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from penstock.artifacts.standard import Examples, Model, Schema
from penstock.metadata import names
from penstock.metadata.config import ConnectionConfig, parse, sqlite_metadata_connection_config
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution
from penstock.metadata.store import MetadataStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from servers import running_mariadb  # of the tests, which are no package

NODES = 10
SECONDS = 10
PIPELINE = "taxi"
TYPES = tuple(names.STANDARD_EXECUTION_TYPES.values())
PROPERTIES = {f"parameter_{n}": "x" * 40 for n in range(8)}


def new_execution(run_id: str, node: int, inputs: list[int], key: str, attempt: int = 0) -> NewExecution:
    """Returns an execution of a node, with parameters and inputs."""
    return NewExecution(
        type=TYPES[node],
        name=f"{PIPELINE}/{run_id}/node{node}/0/{attempt}",
        pipeline=PIPELINE,
        run_id=run_id,
        node_id=f"node{node}",
        properties=PROPERTIES,
        inputs={"schema": inputs[:1], "examples": inputs[1:]},
        cache_key=key,
    )


def outputs_of(run_id: str, node: int) -> dict[str, list[Any]]:
    """Returns what a node of the benchmark makes."""
    examples = Examples(f"/root/node{node}/examples/{run_id}", properties={"span": 1})
    examples.set_splits(["train", "eval"])
    for artifact in (examples, model := Model(f"/root/node{node}/model/{run_id}")):
        artifact.set_custom_property("content_digest", "d" * 64)
        artifact.set_custom_property("tfx_version", "1.16.0")
        artifact.set_custom_property("rows", {"train": 10_000, "eval": 5_000})
    return {"examples": [examples], "model": [model]}


def publish(store: MetadataStore, run_id: str, node: int, inputs: list[int], key: str) -> list[int]:
    """Publishes one execution and returns the id of its first output."""
    started = store.start_execution(new_execution(run_id, node, inputs, key), Owner.current())
    made = store.finish_execution(started.id, "COMPLETE", outputs_of(run_id, node), {"rows": 15_000})
    return [made["examples"][0].id]


def fill(store: MetadataStore, executions: int) -> int:
    """Publishes runs until there are so many executions; returns the id of the schema that all of them read."""
    store.begin_run(PIPELINE, "imports", {"state": "COMPLETE"})
    importing = NewExecution(
        type=names.IMPORTER, name="import", pipeline=PIPELINE, run_id="imports", node_id="schema"
    )
    _, schema = store.record_imported(importing, names.IMPORT_OUTPUT_KEY, Schema("/schema"), reuse=True)
    for run in range(executions // NODES):
        run_id = f"run-{run}"
        if store.get_run(PIPELINE, run_id) is not None:
            continue
        store.begin_run(PIPELINE, run_id, {"state": "RUNNING", "parameters": {"train_steps": 1000}})
        made: list[int] = []
        for node in range(NODES):
            made = publish(store, run_id, node, [schema.id, *made], f"{run_id}/{node}")
        record = store.get_run(PIPELINE, run_id)
        assert record is not None
        store.update_run(record, {"state": "COMPLETE"})
    return schema.id


def median_ms(action: Callable[[int], object], times: int) -> tuple[float, float]:
    """Returns the median and the longest time of an action."""
    taken = []
    for number in range(times):
        start = time.perf_counter()
        action(number)
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken), max(taken)


def writers_at_once(config: ConnectionConfig, writers: int) -> None:
    """Publishes from several processes for some seconds; prints how much each of them came to."""
    with MetadataStore.open(config) as store:
        schema = fill(store, NODES)
    end = time.time() + SECONDS + 1  # a second to open the store
    with multiprocessing.Pool(writers) as pool:
        done = pool.starmap(write_until, [(config, writer, schema, end) for writer in range(writers)])
    counts = [count for count, _ in done]
    print(
        f"{writers} writers: {sum(counts) / SECONDS:.0f} publishes/s, each {min(counts)} to {max(counts)}, "
        f"slowest publish {max(slowest for _, slowest in done):.2f} s"
    )


def write_until(config: ConnectionConfig, writer: int, schema: int, end: float) -> tuple[int, float]:
    """Publishes executions for ``SECONDS`` until a time; returns how many, and how long the slowest took."""
    run_id = f"writer-{writer}-{time.time_ns()}"
    count, slowest = 0, 0.0
    with MetadataStore.open(config) as store:
        store.begin_run(PIPELINE, run_id, {"state": "RUNNING"})
        time.sleep(max(0.0, end - SECONDS - time.time()))
        while time.time() < end:
            start = time.perf_counter()
            new = new_execution(run_id, count % NODES, [schema], f"{run_id}/{count}", attempt=count)
            started = store.start_execution(new, Owner.current())
            store.finish_execution(started.id, "COMPLETE", outputs_of(f"{run_id}/{count}", 3), {"rows": 1})
            slowest = max(slowest, time.perf_counter() - start)
            count += 1
    return count, slowest


def measure(config: ConnectionConfig, executions: int) -> None:
    """Fills a store and prints the table."""
    with MetadataStore.open(config) as store:
        start = time.perf_counter()
        schema = fill(store, executions)
        size = f", {Path(config.path).stat().st_size / 1e6:.0f} MB" if config.kind == "sqlite" else ""
        print(f"filled in {time.perf_counter() - start:.1f} s{size}")
        (newest,) = store.latest_artifacts("Model", limit=1)
        (example,) = store.latest_artifacts("Examples", limit=1)
        (execution,) = store.executions_of_node(PIPELINE, "node9", limit=1)
        last_run = execution.run_id
        run_id = f"bench-{time.time_ns()}"
        run = store.begin_run(PIPELINE, run_id, {"state": "RUNNING"})
        started: list[int] = []

        def start_one(number: int) -> None:
            new = new_execution(run_id, 3, [schema, example.id], f"{run_id}/{number}", attempt=number)
            started.append(store.start_execution(new, Owner.current()).id)

        def finish_one(number: int) -> None:
            store.finish_execution(
                started[number], "COMPLETE", outputs_of(f"{run_id}/{number}", 3), {"rows": 1}
            )

        def cached_one(number: int) -> None:
            new = new_execution(run_id, 4, [schema, example.id], f"{run_id}/{number}", attempt=number)
            store.record_cached(new, {"examples": [example.id], "model": [newest.id]})

        def node(number: int) -> None:
            key = f"{run_id}/node/{number}"
            new = new_execution(run_id, 5, [schema, example.id], key, attempt=number)
            store.execution_by_name(new.type, new.name)
            store.find_cached(key)
            identity = store.start_execution(new, Owner.current()).id
            store.finish_execution(identity, "COMPLETE", outputs_of(key, 5), {"rows": 1})
            store.update_run(run, {f"node:{number}": "ran"})

        def cached_node(number: int) -> None:
            new = new_execution(run_id, 6, [schema, example.id], "k", attempt=number)
            store.execution_by_name(new.type, new.name)
            hit = store.find_cached(f"{last_run}/6")
            assert hit is not None
            store.record_cached(new, {key: [a.id for a in group] for key, group in hit.outputs.items()})
            store.update_run(run, {f"node:{number}": "cached"})

        def opening(_: int) -> None:
            MetadataStore.open(config).close()

        table: list[tuple[str, Callable[[int], object], int]] = [
            ("one node, executed: all reads and writes of it", node, 100),
            ("one node, from the cache: all reads and writes of it", cached_node, 100),
            ("start_execution, 2 inputs, 8 parameters", start_one, 100),
            ("finish_execution, 2 outputs", finish_one, 100),
            ("record_cached", cached_one, 100),
            ("update_run", lambda n: store.update_run(run, {"state": f"{n}"}), 100),
            ("begin_run", lambda n: store.begin_run(PIPELINE, f"{run_id}-{n}", {"state": "RUNNING"}), 50),
            ("execution_by_name", lambda _: store.execution_by_name(execution.type, execution.name), 100),
            ("find_cached, hit", lambda n: store.find_cached(f"run-{n}/3"), 100),
            ("find_cached, miss", lambda n: store.find_cached(f"none/{n}"), 100),
            ("outputs_of", lambda _: store.outputs_of(execution.id), 100),
            ("executions_of_run (10)", lambda _: store.executions_of_run(PIPELINE, last_run), 50),
            ("executions_of_node, newest 20", lambda _: store.executions_of_node(PIPELINE, "node9"), 20),
            ("latest_artifacts, any node", lambda _: store.latest_artifacts("Model", limit=1), 50),
            (
                "latest_artifacts, of node and output",
                lambda _: store.latest_artifacts(
                    "Model", pipeline=PIPELINE, node_id="node9", output_key="model", limit=1
                ),
                50,
            ),
            (
                "latest_artifacts, oldest of all, read by all",
                lambda _: store.latest_artifacts("Schema", limit=1),
                20,
            ),
            ("list_runs of the pipeline, newest 20", lambda _: store.list_runs(PIPELINE, limit=20), 20),
            ("running_executions", lambda _: store.running_executions(PIPELINE), 20),
            ("lineage up, 10 hops", lambda _: store.lineage(newest.id, "up"), 20),
            ("lineage down from the first examples", lambda _: store.lineage(2, "down"), 20),
            ("open and close", opening, 20),
        ]
        print(f"{'median ms':>10} {'worst':>8}")
        for title, action, times in table:
            median, worst = median_ms(action, times)
            print(f"{median:10.2f} {worst:8.1f}  {title}")


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("executions", nargs="?", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="file to keep the filled store in")
    parser.add_argument("--mariadb", action="store_true", help="start a MariaDB server and use it")
    parser.add_argument("--store", help="URL of an empty store to use")
    parser.add_argument("--writers", type=int, help="publish from so many processes at once instead")
    arguments = parser.parse_args()
    if arguments.mariadb:
        with running_mariadb() as server:
            config = ConnectionConfig(
                "mysql",
                host=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                database="bench",
            )
            use(config, arguments)
    elif arguments.store:
        use(parse(arguments.store), arguments)
    else:
        in_a_file(arguments)


def use(config: ConnectionConfig, arguments: argparse.Namespace) -> None:
    """Runs what is asked for on a store."""
    if arguments.writers:
        writers_at_once(config, arguments.writers)
    else:
        measure(config, arguments.executions)


def in_a_file(arguments: argparse.Namespace) -> None:
    """Runs what is asked for on a file in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    try:
        path = folder / "metadata.db"
        if arguments.keep is not None and arguments.keep.exists():
            shutil.copy(arguments.keep, path)
        elif arguments.keep is not None:
            with MetadataStore.open(sqlite_metadata_connection_config(path)) as store:
                fill(store, arguments.executions)
            shutil.copy(path, arguments.keep)
        use(sqlite_metadata_connection_config(path), arguments)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
