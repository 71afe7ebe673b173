# SPDX-License-Identifier: Apache-2.0
"""A stream over thousands of ticks: memory, open files and threads must stay level; and how soon results are there.

``python benchmarks/streaming.py [--ticks 10000] [--latency-files 60]``

First, files come one at a time, the next as soon as the results of the one before are there: a tick each. Then, with a
stream's default settings, files come at random moments, and the time from the file to its results is measured.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from penstock.inference.config_file import ModelSource
from penstock.inference.spec import InferenceGraph, ModelSettings, ModelStep, Step
from penstock.inference.streaming.service import Limits, serve
from penstock.inference.streaming.setup import StreamSetup
from penstock.inference.streaming.spec import StreamSpec
from penstock.metadata.config import sqlite_metadata_connection_config

ROWS = 10
SAMPLES = 20
WARM_TICKS = 200


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=10_000)
    parser.add_argument("--latency-files", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder) / "model")
        steady(Path(folder) / "steady", options.ticks)
        latency(Path(folder) / "latency", options.latency_files)


def save_model(folder: Path) -> None:
    """Saves y = 5x."""
    import numpy as np
    from sklearn.linear_model import LinearRegression

    from penstock.models import save

    x = np.arange(10, dtype=np.float32).reshape(-1, 1)
    save(LinearRegression().fit(x, 5 * x[:, 0]), folder, inputs=["x"])


def made(folder: Path, **spec: float) -> StreamSetup:
    """Returns a stream in a new folder."""
    (folder / "incoming").mkdir(parents=True)
    graph = InferenceGraph(
        (Step("predict", model=ModelStep("five")),), key="id", models={"five": ModelSettings(trusted=True)}
    )
    return StreamSetup(
        name="benchmark",
        graph=graph,
        models={"five": ModelSource(path=str(folder.parent / "model"))},
        spec=StreamSpec(folder="incoming", output="out", **spec),  # type: ignore[arg-type]  # all are numbers
        project_root=str(folder),
        pipeline_root=str(folder / "root"),
        metadata=sqlite_metadata_connection_config(str(folder / "metadata.db")),
    )


def arrive(folder: Path, number: int) -> Path:
    """Puts a file into the watched folder, as a careful writer does; returns its path."""
    rows = "".join(f"{number}-{row},{row}\n" for row in range(ROWS))
    hidden = folder / "incoming" / f".{number}.csv"
    hidden.write_text(f"id,x\n{rows}")
    return hidden.rename(folder / "incoming" / f"{number}.csv")


def served(setup: StreamSetup, feed: Callable[[], None]) -> None:
    """Serves while files come, and ends when all have come."""
    ending = threading.Event()
    failed: list[BaseException] = []

    def feeding() -> None:
        try:
            feed()
        except BaseException as error:
            failed.append(error)
        finally:
            ending.set()

    thread = threading.Thread(target=feeding)
    thread.start()
    serve(setup, ending, lambda _: None, Limits())
    thread.join()
    if failed:
        raise failed[0]


def steady(folder: Path, ticks: int) -> None:
    """Prints memory, open files and threads over many ticks."""
    setup = made(folder, poll_seconds=0.002, settle_seconds=0.0)
    output = folder / "out"
    samples: list[tuple[int, float, int, int, float]] = []
    due = {1, min(WARM_TICKS, ticks), *(round(ticks * part / SAMPLES) for part in range(1, SAMPLES + 1))}

    def feed() -> None:
        started = time.monotonic()
        for number in range(1, ticks + 1):
            file = arrive(folder, number)
            result = wait_for(output, file.stem)
            file.unlink()
            result.unlink()
            if number in due:
                gc.collect()
                sample = (number, *resources(), time.monotonic() - started)
                samples.append(sample)
                print("{:>7}{:>10.1f}{:>7}{:>9}{:>9.1f}".format(*sample), flush=True)

    print(f"{'tick':>7}{'RSS MiB':>10}{'files':>7}{'threads':>9}{'seconds':>9}", flush=True)
    served(setup, feed)
    warm = next(sample for sample in samples if sample[0] >= min(WARM_TICKS, ticks))
    last = samples[-1]
    ticks_after = max(last[0] - warm[0], 1)
    print(
        f"RSS {warm[1]:.1f} MiB at tick {warm[0]}, {last[1]:.1f} MiB at tick {last[0]}: "
        f"{(last[1] - warm[1]) * 1024 / ticks_after:.3f} KiB a tick; {last[0] / last[4]:.1f} ticks a second"
    )


def latency(folder: Path, files: int) -> None:
    """Prints how long results take with the default settings."""
    setup = made(folder)
    output = folder / "out"
    measured: list[float] = []

    def feed() -> None:
        chance = random.Random(2021)
        for number in range(files + 1):
            file = arrive(folder, number)
            arrived = time.monotonic()
            wait_for(output, file.stem)
            if number:  # the first one waits for imports and the model
                measured.append(time.monotonic() - arrived)
            time.sleep(chance.uniform(0.1, 0.9))

    served(setup, feed)
    ordered = sorted(measured)
    p95 = ordered[round(0.95 * (len(ordered) - 1))]
    print(
        f"from file to result, {len(ordered)} files: median {statistics.median(ordered):.2f} s, "
        f"95 % {p95:.2f} s, worst {ordered[-1]:.2f} s"
    )


def wait_for(folder: Path, stem: str) -> Path:
    """Returns the results of a file, once they are there."""
    deadline = time.monotonic() + 120
    while True:
        for path in folder.glob(f"{stem}-*.parquet"):
            return path
        if time.monotonic() > deadline:
            raise TimeoutError(f"no results of {stem}")
        time.sleep(0.002)


def resources() -> tuple[float, int, int]:
    """Returns resident memory in MiB, open files, and threads of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
    )


if __name__ == "__main__":
    main()
