# SPDX-License-Identifier: Apache-2.0
"""CsvExampleGen on the shipped taxi trips, repeated: ``python benchmarks/example_gen.py [--rows 15000000]``.

Each run is a process of its own. Prints medians of the imports, of the driver and of the executor, and the largest
resident memory of any run. 15 million rows take 1.7 GB of disk for the input and as much time as it needs to write it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

TRIPS = Path(__file__).parents[1] / "data" / "taxi" / "span-1" / "trips.csv"
Format = Literal["parquet", "tfrecord"]


@dataclass(frozen=True)
class Run:
    """What one run took."""

    import_seconds: float
    driver_seconds: float
    executor_seconds: float
    peak_mib: float


def main() -> None:
    """Runs the benchmark and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--formats", nargs="+", choices=("parquet", "tfrecord"), default=["parquet", "tfrecord"]
    )
    parser.add_argument("--measure", nargs=3, metavar=("FORMAT", "INPUT", "OUTPUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(asdict(measure(*arguments.measure))))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "input")
        size = write_csv(source, arguments.rows)
        print(
            f"CsvExampleGen, {arguments.rows:,} rows, {size / 1e6:,.0f} MB of CSV, median of {arguments.runs}"
        )
        print(
            f"{'format':10} {'imports s':>10} {'driver s':>10} {'executor s':>10} {'rows/s':>12} {'peak MiB':>10}"
        )
        for name in arguments.formats:
            runs = [in_own_process(name, source, Path(folder, f"{name}-{i}")) for i in range(arguments.runs)]
            print_row(name, arguments.rows, runs)


def write_csv(folder: Path, rows: int) -> int:
    """Writes the shipped trips over and over, until there are enough rows; returns the bytes."""
    header, *trips = TRIPS.read_bytes().splitlines(keepends=True)
    folder.mkdir()
    path = folder / "trips.csv"
    everything = b"".join(trips)
    with path.open("wb") as file:
        file.write(header)
        for _ in range(rows // len(trips)):
            file.write(everything)
        file.writelines(trips[: rows % len(trips)])
    return path.stat().st_size


def in_own_process(name: str, source: Path, target: Path) -> Run:
    """Runs once and removes what was written."""
    command = [sys.executable, __file__, "--measure", name, str(source), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    subprocess.run(["rm", "-r", str(target)], check=True)
    return Run(**json.loads(done.stdout))


def measure(name: Format, source: str, target: str) -> Run:
    """Runs driver and executor in this process."""
    from penstock.artifacts.standard import Examples
    from penstock.components.csv_example_gen.component import CsvExampleGen
    from penstock.components.csv_example_gen.driver import CsvExampleGenDriver
    from penstock.runtime.roles import DriverContext, ExecutorContext, Work

    parameters = CsvExampleGen.Parameters(input_base=source, examples_format=name)
    context = DriverContext("benchmark", "run", "CsvExampleGen", target, source, name, store=None)  # type: ignore[arg-type]  # it reads no history
    start = time.perf_counter()
    decision = CsvExampleGenDriver().decide(CsvExampleGen.Inputs(), parameters, context)
    driver_seconds = time.perf_counter() - start

    start = time.perf_counter()
    from penstock.components.csv_example_gen.executor import CsvExampleGenExecutor

    if name == "tfrecord":
        import google_crc32c  # noqa: F401  what the executor would import
        from tfx_bsl.coders import example_coder  # noqa: F401  what the executor would import
    import_seconds = time.perf_counter() - start

    work = Work(
        inputs=CsvExampleGen.Inputs(),
        outputs=CsvExampleGen.Outputs(Examples(target)),
        parameters=parameters,
        plan=decision.plan,
        context=ExecutorContext("benchmark", "run", "CsvExampleGen", 1, source, target),
    )
    start = time.perf_counter()
    CsvExampleGenExecutor().execute(work)
    executor_seconds = time.perf_counter() - start
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(import_seconds, driver_seconds, executor_seconds, peak_mib)


def print_row(name: str, rows: int, runs: list[Run]) -> None:
    """Prints the medians of some runs."""
    seconds = statistics.median(run.executor_seconds for run in runs)
    print(
        f"{name:10} {statistics.median(run.import_seconds for run in runs):10.2f} "
        f"{statistics.median(run.driver_seconds for run in runs):10.2f} {seconds:10.2f} {rows / seconds:12,.0f} "
        f"{max(run.peak_mib for run in runs):10,.0f}"
    )


if __name__ == "__main__":
    main()
