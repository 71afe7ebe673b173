# SPDX-License-Identifier: Apache-2.0
"""A process that publishes executions, for the tests that run several of them: ``DB WORKER COUNT [RUN_ID]``.

DB is a path, or the URL of a server.

It says ``ready`` once it has loaded everything, waits for a line, and then opens the store and publishes.
"""

from __future__ import annotations

import sys

from metadata_recorder import new_execution

from penstock.artifacts.standard import Examples, Model
from penstock.metadata import mlmd
from penstock.metadata.config import parse
from penstock.metadata.owner import Owner
from penstock.metadata.store import MetadataStore


def publish(store: MetadataStore, worker: str, number: int, run_id: str) -> None:
    new = new_execution(
        f"{worker}/{number}",
        run_id=run_id,
        node_id=f"node{number % 3}",
        properties={"worker": worker, "flag": True, "rate": 1 / 3},
        cache_key=f"{worker}/{number}",
    )
    started = store.start_execution(new, Owner.current())
    outputs = {
        "examples": [
            Examples(f"/{worker}/{number}/{part}", properties={"span": number}) for part in range(2)
        ],
        "model": [Model(f"/{worker}/{number}/model", custom_properties={"blessed": 1})],
    }
    store.finish_execution(started.id, "COMPLETE", outputs, {"rows": number})


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(database: str, worker: str, count: str, run_id: str = "r0") -> None:
    mlmd.pb.Value()  # loads the library
    say("ready")
    sys.stdin.readline()
    with MetadataStore.open(parse(database)) as store:
        store.begin_run("taxi", run_id, {"state": "RUNNING"})
        for number in range(int(count)):
            publish(store, worker, number, run_id)
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
