# SPDX-License-Identifier: Apache-2.0
"""StatisticsGen on the shipped taxi trips, repeated: ``python benchmarks/statistics_gen.py [--rows 15000 15000000]``.

Beside it TFDV's own Beam transform on the same files, in the same in-process runner. Each run is a process of its own,
the ways taking turns. Prints medians of the imports and of the work after them, and the largest resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

TRIPS = Path(__file__).parents[1] / "data" / "taxi" / "span-1" / "trips.csv"
WAYS = {"penstock": "Penstock", "tfdv": "TFDV on Beam"}


@dataclass(frozen=True)
class Run:
    """What one run took."""

    import_seconds: float
    seconds: float
    peak_mib: float


def main() -> None:
    """Runs the benchmark and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000, 150_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS))
    parser.add_argument("--data", type=Path, default=TRIPS, help="CSV file with the trips to repeat")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(asdict(measure(*arguments.measure))))
        return
    print(f"StatisticsGen, train and eval split, median of {arguments.runs}")
    print(f"{'rows':>12}  {'':14}{'imports s':>10} {'work s':>8} {'rows/s':>12} {'peak MiB':>10}")
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            write_examples(arguments.data, Path(folder), rows)
            runs: dict[str, list[Run]] = defaultdict(list)
            for _ in range(arguments.runs):
                for way in arguments.ways:
                    runs[way].append(in_own_process(way, folder))
        for way in arguments.ways:
            print_row(rows, WAYS[way], runs[way])


def write_examples(source: Path, folder: Path, rows: int) -> None:
    """Writes the trips over and over as examples, two thirds of them as training split."""
    import pyarrow.csv

    from penstock.examples.writer import ExamplesWriter

    trips = pyarrow.csv.read_csv(source)
    with ExamplesWriter(str(folder)) as writer:
        for split, count in (("train", rows * 2 // 3), ("eval", rows - rows * 2 // 3)):
            written = 0
            while written < count:
                for batch in trips.slice(0, min(trips.num_rows, count - written)).to_batches():
                    writer.write(split, batch)
                    written += batch.num_rows


def in_own_process(way: str, folder: str) -> Run:
    """Runs once in a new process."""
    command = [sys.executable, __file__, "--measure", way, folder]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return Run(**json.loads(done.stdout))


def measure(way: str, folder: str) -> Run:
    """Imports what is needed, computes the statistics of both splits and writes them."""
    start = time.perf_counter()
    import tensorflow_data_validation  # noqa: F401  the parent of a worker has imported it

    from penstock.components.statistics_gen.executor import StatisticsGenExecutor  # noqa: F401  as above

    imported = time.perf_counter()
    with tempfile.TemporaryDirectory() as output:
        {"penstock": run_penstock, "tfdv": run_tfdv}[way](folder, output)
        seconds = time.perf_counter() - imported
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(imported - start, seconds, peak_mib)


def run_penstock(folder: str, output: str) -> None:
    """Runs driver and executor."""
    from penstock.artifacts.standard import Examples, ExampleStatistics
    from penstock.components.statistics_gen.component import StatisticsGen
    from penstock.components.statistics_gen.driver import StatisticsGenDriver
    from penstock.components.statistics_gen.executor import StatisticsGenExecutor
    from penstock.runtime.roles import DriverContext, ExecutorContext, Work

    inputs = StatisticsGen.Inputs([Examples(folder, properties={"split_names": '["train", "eval"]'})])
    parameters = StatisticsGen.Parameters()
    context = DriverContext("benchmark", "run", "StatisticsGen", output, output, "parquet", store=None)  # type: ignore[arg-type]  # it reads no history
    plan = StatisticsGenDriver().decide(inputs, parameters, context).plan
    outputs = StatisticsGen.Outputs(ExampleStatistics(output))
    executor = ExecutorContext("benchmark", "run", "StatisticsGen", 1, output, output)
    StatisticsGenExecutor().execute(Work(inputs, outputs, parameters, plan, executor))


def run_tfdv(folder: str, output: str) -> None:
    """Runs TFDV's transform over the same files."""
    from functools import partial

    import tensorflow_data_validation as tfdv

    from penstock.beam.pipeline import open_pipeline
    from penstock.beam.reading import ReadExamples
    from penstock.examples.layout import to_example_layout
    from penstock.examples.reader import ExamplesReader

    with open_pipeline() as pipeline:
        for split in ("train", "eval"):
            reader = ExamplesReader(f"{folder}/Split-{split}")
            layout = partial(to_example_layout, features=reader.features)
            _ = (
                pipeline
                | f"Read {split}" >> ReadExamples(reader.shards, layout, rows=4096)
                | f"Statistics {split}" >> tfdv.GenerateStatistics(tfdv.StatsOptions())
                | f"Write {split}" >> tfdv.WriteStatisticsToBinaryFile(f"{output}/{split}")
            )


def print_row(rows: int, label: str, runs: list[Run]) -> None:
    """Prints the medians of some runs."""
    seconds = statistics.median(run.seconds for run in runs)
    imports = statistics.median(run.import_seconds for run in runs)
    peak = max(run.peak_mib for run in runs)
    print(f"{rows:12,}  {label:14}{imports:10.2f} {seconds:8.2f} {rows / seconds:12,.0f} {peak:10,.0f}")


if __name__ == "__main__":
    main()
