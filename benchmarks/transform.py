# SPDX-License-Identifier: Apache-2.0
"""Transform on the shipped taxi trips, repeated: ``python benchmarks/transform.py [--rows 15000 15000000]``.

The taxi module with everything that Transform makes by default: analyzer cache, transformed examples, statistics on
either side. Beside it TFT alone, which analyses and transforms the same files and writes the graph and nothing
else. Each run is a process of its own, the ways taking
turns. Prints medians of the imports and of the work after them, and the largest resident memory.
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
from typing import Any

PROJECT = Path(__file__).parents[1]
TRIPS = PROJECT / "data" / "taxi" / "span-1" / "trips.csv"
MODULE = PROJECT / "modules" / "taxi" / "preprocessing.py"
WAYS = {"penstock": "Penstock", "bare": "Penstock, examples only", "tft": "TFT alone"}
STATISTICS = (
    "pre_transform_schema",
    "pre_transform_stats",
    "post_transform_schema",
    "post_transform_stats",
    "post_transform_anomalies",
)


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
    print(f"Transform, taxi module, train analysed, train and eval transformed, median of {arguments.runs}")
    print(f"{'rows':>12}  {'':24}{'imports s':>10} {'work s':>8} {'peak MiB':>10}")
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
    """Writes the trips over and over as examples, two thirds of them as training split, and their schema."""
    import pyarrow.csv

    from penstock.examples.writer import ExamplesWriter

    trips = pyarrow.csv.read_csv(source)
    with ExamplesWriter(str(folder / "examples")) as writer:
        for split, count in (("train", rows * 2 // 3), ("eval", rows - rows * 2 // 3)):
            written = 0
            while written < count:
                for batch in trips.slice(0, min(trips.num_rows, count - written)).to_batches():
                    writer.write(split, batch)
                    written += batch.num_rows
        features = writer.features
    (folder / "schema").mkdir()
    kinds = {"int": "INT", "float": "FLOAT", "bytes": "BYTES"}
    lines = [f'feature {{ name: "{feature.name}" type: {kinds[feature.kind]} }}' for feature in features]
    (folder / "schema" / "schema.pbtxt").write_text("\n".join(lines))


def in_own_process(way: str, folder: str) -> Run:
    """Runs once in a new process."""
    command = [sys.executable, __file__, "--measure", way, folder]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return Run(**json.loads(done.stdout))


def measure(way: str, folder: str) -> Run:
    """Imports what is needed and runs once."""
    sys.path.insert(0, str(PROJECT))
    start = time.perf_counter()
    import tensorflow_transform.beam  # noqa: F401  the parent of a worker has imported it

    from penstock.components.transform.executor import TransformExecutor  # noqa: F401  as above

    imported = time.perf_counter()
    with tempfile.TemporaryDirectory() as output:
        if way == "tft":
            run_tft(folder, output)
        else:
            run_penstock(folder, output, everything=way == "penstock")
        seconds = time.perf_counter() - imported
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(imported - start, seconds, peak_mib)


def run_penstock(folder: str, output: str, *, everything: bool) -> None:
    """Runs driver and executor."""
    from penstock.artifacts.standard import Examples, Schema
    from penstock.components.transform.component import Transform
    from penstock.components.transform.driver import TransformDriver
    from penstock.components.transform.executor import TransformExecutor
    from penstock.runtime.roles import DriverContext, ExecutorContext, Work

    examples = Examples(f"{folder}/examples", properties={"split_names": '["train", "eval"]'})
    inputs = Transform.Inputs([examples], Schema(f"{folder}/schema"))
    parameters = Transform.Parameters(module_file=str(MODULE))
    context = DriverContext("benchmark", "run", "Transform", output, str(PROJECT), "parquet", store=None)  # type: ignore[arg-type]  # it reads no history
    plan = TransformDriver().decide(inputs, parameters, context).plan
    made: dict[str, Any] = {}
    for key, port in Transform.signature().outputs.items():
        if everything or key not in (*STATISTICS, "updated_analyzer_cache"):
            Path(output, key).mkdir()
            artifact = port.type(f"{output}/{key}")
            made[key] = [artifact] if port.multiple else artifact
    executor = ExecutorContext("benchmark", "run", "Transform", 1, str(PROJECT), f"{output}/temp")
    Path(output, "temp").mkdir()
    TransformExecutor().execute(Work(inputs, Transform.Outputs(**made), parameters, plan, executor))


def run_tft(folder: str, output: str) -> None:
    """Analyses and transforms with TFT's own Beam transforms, and counts the transformed rows."""
    import apache_beam as beam
    from tensorflow_transform import beam as tft_beam

    from modules.taxi.preprocessing import preprocessing_fn
    from penstock.beam.pipeline import open_pipeline
    from penstock.beam.reading import ReadExamples
    from penstock.components.transform.features import graph_inputs
    from penstock.components.transform.rereading import allow_rereading
    from penstock.examples.reader import ExamplesReader
    from penstock.statistics.files import read_schema

    allow_rereading()
    inputs = graph_inputs(read_schema(f"{folder}/schema"))
    with (
        open_pipeline() as pipeline,
        tft_beam.Context(temp_dir=f"{output}/temp", use_deep_copy_optimization=True),
    ):
        data = {}
        for split in ("train", "eval"):
            shards = ExamplesReader(f"{folder}/examples/Split-{split}").shards
            data[split] = pipeline | split >> ReadExamples(shards, inputs.layout, rows=4096)
        train = (data["train"], inputs.adapter_config)
        analyse = tft_beam.AnalyzeAndTransformDataset(preprocessing_fn, output_record_batches=True)
        (transformed, _), transform_fn = train | analyse
        _ = transform_fn | tft_beam.WriteTransformFn(f"{output}/graph")
        transform = tft_beam.TransformDataset(output_record_batches=True)
        evaluated, _ = ((data["eval"], inputs.adapter_config), transform_fn) | transform
        rows = (transformed, evaluated) | beam.Flatten() | beam.Map(lambda element: element[0].num_rows)
        _ = rows | beam.CombineGlobally(sum)


def print_row(rows: int, label: str, runs: list[Run]) -> None:
    """Prints the medians of some runs."""
    seconds = statistics.median(run.seconds for run in runs)
    imports = statistics.median(run.import_seconds for run in runs)
    print(f"{rows:12,}  {label:24}{imports:10.2f} {seconds:8.2f} {max(run.peak_mib for run in runs):10,.0f}")


if __name__ == "__main__":
    main()
