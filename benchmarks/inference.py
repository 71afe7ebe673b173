# SPDX-License-Identifier: Apache-2.0
"""Inference over a million rows of ten numbers: ``python benchmarks/inference.py [--flavors sklearn onnx]``.

Beside it a bare loop: read the same Parquet file in batches of 4,096 rows, call the framework itself, write Parquet.
Each run is a process of its own on one processor, with the libraries' threads pinned to one; the ways take turns.
``two`` is Penstock with two worker processes, on two processors. ``rows`` is RunInference as TFX uses it, an element a
row.

``rows/s`` is the whole of the work after imports: the model's loading, the pipeline's building, reading, writing.
``first to last`` leaves out what does not grow with the rows: it compares the run with one on a tenth of them. ``of
bare`` is the median over pairs of runs made one after the other, and ``computing`` the same of the processors' time,
which other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

BATCH = 4096
FEATURES = tuple(f"x{number}" for number in range(10))
FLAVORS = {
    "sklearn": "sklearn",
    "xgboost": "xgboost",
    "onnx": "onnxruntime",
    "pytorch": "torch",
    "tensorflow": "tensorflow",
}
WAYS = ("bare", "penstock", "two")
ROW_WISE = "rows"
ROW_WISE_ROWS = 50_000
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """What one run took."""

    rows: int
    seconds: float
    processor_seconds: float
    peak_mib: float


def main() -> None:
    """Runs the benchmark and prints its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--flavors", nargs="+", choices=tuple(FLAVORS), default=list(FLAVORS))
    parser.add_argument("--ways", nargs="+", choices=(*WAYS, ROW_WISE), default=[*WAYS, ROW_WISE])
    parser.add_argument(
        "--chain", type=int, nargs="*", default=[1, 2, 4], help="lengths of chains to compare"
    )
    parser.add_argument("--memory-rows", type=int, default=0, help="rows of one more run, for its memory")
    parser.add_argument(
        "--measure", nargs=4, metavar=("WAY", "FLAVOR", "ROWS", "FOLDER"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.measure:
        way, flavor, rows, folder = arguments.measure
        print(json.dumps(asdict(measure(way, flavor, int(rows), Path(folder)))))
        return
    flavors = [name for name in arguments.flavors if importlib.util.find_spec(FLAVORS[name])]
    for missing in sorted(set(arguments.flavors) - set(flavors)):
        print(f"{missing}: {FLAVORS[missing]} is not installed here")
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), arguments, flavors)
        for flavor in flavors:
            compare(flavor, Path(folder), arguments)
        if arguments.chain and flavors:
            compare_chains(flavors[0], Path(folder), arguments)
        if arguments.memory_rows and flavors:
            run = in_own_process("penstock", flavors[0], arguments.memory_rows, Path(folder))
            print(
                f"\n{flavors[0]}, {run.rows:,} rows: {run.rows / run.seconds:,.0f} rows/s, {run.peak_mib:,.0f} MiB"
            )


def prepare(folder: Path, arguments: argparse.Namespace, flavors: list[str]) -> None:
    """Writes rows and models, each in a process of its own."""
    sizes = {arguments.rows, arguments.rows // 10, ROW_WISE_ROWS, ROW_WISE_ROWS // 10}
    if arguments.memory_rows:
        sizes.add(arguments.memory_rows)
    write_rows(folder, sizes)
    for flavor in flavors:
        in_own_process("train", flavor, 0, folder)


def write_rows(folder: Path, sizes: set[int]) -> None:
    """Writes an Examples split for each number of rows."""
    import numpy as np
    import pyarrow as pa

    from penstock.examples.writer import ExamplesWriter

    for rows in sizes:
        random = np.random.default_rng(7)
        with ExamplesWriter(str(folder / f"examples-{rows}")) as writer:
            for start in range(0, rows, 65536):
                count = min(65536, rows - start)
                columns = {"id": np.arange(start, start + count)}
                columns |= {name: random.normal(size=count).astype("float32") for name in FEATURES}
                writer.write("eval", pa.RecordBatch.from_pydict({k: pa.array(v) for k, v in columns.items()}))


def compare(flavor: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Measures all ways of one flavor and prints their table."""
    rows = arguments.rows
    runs: dict[str, list[tuple[Run, Run]]] = defaultdict(list)
    for _ in range(arguments.runs):
        for way in (way for way in arguments.ways if way != ROW_WISE):
            runs[way].append(with_tenth(way, flavor, rows, folder))
    if ROW_WISE in arguments.ways:
        runs[ROW_WISE].append(with_tenth(ROW_WISE, flavor, ROW_WISE_ROWS, folder))
    print(f"\n{flavor}, {rows:,} rows, median of {arguments.runs}")
    print(
        f"  {'':10}{'rows/s':>12}{'of bare':>9}{'first to last':>15}{'of bare':>9}{'computing':>11}{'peak MiB':>10}"
    )
    for way, pairs in runs.items():
        whole = [run.rows / run.seconds for run, _ in pairs]
        inner = [marginal(run, tenth) for run, tenth in pairs]
        bare = runs.get("bare") or []
        ratios = ["", "", ""]
        if way in ("penstock", "two") and bare:
            ratios[0] = (
                f"{statistics.median(w * b.seconds / b.rows for w, (b, _) in zip(whole, bare, strict=True)):.2f}"
            )
            ratios[1] = f"{statistics.median(i / marginal(*b) for i, b in zip(inner, bare, strict=True)):.2f}"
            both = zip(bare, pairs, strict=True)
            ratios[2] = (
                f"{statistics.median(b.processor_seconds / r.processor_seconds for (b, _), (r, _) in both):.2f}"
            )
        peak = max(run.peak_mib for run, _ in pairs)
        print(
            f"  {way:10}{statistics.median(whole):12,.0f}{ratios[0]:>9}"
            f"{statistics.median(inner):15,.0f}{ratios[1]:>9}{ratios[2]:>11}{peak:10,.0f}"
        )
    if runs.get("two") and runs.get("penstock"):
        both = zip(runs["two"], runs["penstock"], strict=True)
        gain = statistics.median(marginal(*two) / marginal(*one) for two, one in both)
        print(f"  two workers: {gain:.2f} times one, first to last row")


def compare_chains(flavor: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Measures what each further model of a chain costs."""
    print(f"\n{flavor}, chains of the same model, {arguments.rows:,} rows")
    for length in arguments.chain:
        runs = [
            in_own_process(f"chain-{length}", flavor, arguments.rows, folder) for _ in range(arguments.runs)
        ]
        seconds = statistics.median(run.seconds for run in runs)
        print(f"  {length} model(s){arguments.rows / seconds:12,.0f} rows/s{seconds:9.2f} s")


def with_tenth(way: str, flavor: str, rows: int, folder: Path) -> tuple[Run, Run]:
    """Measures one run, and one on a tenth of its rows."""
    return in_own_process(way, flavor, rows, folder), in_own_process(way, flavor, rows // 10, folder)


def marginal(run: Run, tenth: Run) -> float:
    """Returns rows per second without what a run costs whatever its rows; NaN where a busy machine blurs it."""
    seconds = run.seconds - tenth.seconds
    return (run.rows - tenth.rows) / seconds if seconds > 0 else math.nan


def in_own_process(way: str, flavor: str, rows: int, folder: Path) -> Run:
    """Measures one run in a fresh process, its threads pinned."""
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    command = [sys.executable, __file__, "--measure", way, flavor, str(rows), str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def measure(way: str, flavor: str, rows: int, folder: Path) -> Run:
    """Makes one run in this process."""
    if way != "two" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if way == "train":
        train(flavor, folder / flavor)
        return Run(0, 0.0, 0.0, 0.0)
    work = make_work(way, flavor, str(folder / f"examples-{rows}" / "Split-eval"), folder)
    started, busy = time.perf_counter(), processor_seconds()
    work()
    seconds, busy = time.perf_counter() - started, processor_seconds() - busy
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Run(rows, seconds, busy, peak / 1024)


def processor_seconds() -> float:
    """Returns what this process and those that it has waited for have computed."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def make_work(way: str, flavor: str, split: str, folder: Path) -> Callable[[], object]:
    """Imports all that a way needs and returns what is to be timed."""
    output = tempfile.mkdtemp(dir=folder)
    if way == "bare":
        call = bare_call(flavor, folder / flavor)
        return lambda: bare_loop(split, call, Path(output) / "results.parquet")
    importlib.import_module(FLAVORS[flavor])
    if way == ROW_WISE:
        return row_wise(flavor, folder / flavor, split, output)
    return penstock_job(way, folder / flavor, split, output)


# ---------------------------------------------------------------------------------------------------------- the ways


def bare_loop(split: str, call: Callable[[Any], Any], target: Path) -> None:
    """Reads, predicts and writes with nothing in between."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for path in sorted(Path(split).iterdir()):
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            rows = np.stack(
                [batch.column(name).to_numpy() for name in map(batch.schema.names.index, FEATURES)], 1
            )
            answers = pa.array(np.ascontiguousarray(call(rows)).reshape(-1))
            result = pa.RecordBatch.from_arrays([batch.column(0), answers], ["id", "prediction"])
            writer = writer or pq.ParquetWriter(target, result.schema, compression="zstd")
            writer.write_table(pa.Table.from_batches([result]))
    if writer is not None:
        writer.close()


def penstock_job(way: str, model: Path, split: str, output: str) -> Callable[[], object]:
    """Returns a run of the inference engine."""
    from penstock.inference import engine
    from penstock.inference.job import InferenceJob, ModelRef, SourceFiles
    from penstock.inference.spec import InferenceGraph, ModelSettings, ModelStep, Step

    length = int(way.partition("-")[2]) if way.startswith("chain-") else 1
    names = [f"step_{number}" for number in range(length)]
    steps = tuple(
        Step(
            name,
            (names[number - 1],) if number else ("source",),
            model=ModelStep("model", outputs={"prediction": f"prediction_{number}"}),
        )
        for number, name in enumerate(names)
    )
    settings = ModelSettings(threads=1, trusted=True, batch_rows=BATCH, device="cpu")
    job = InferenceJob(
        graph=InferenceGraph(steps, key="id", carry=(), models={"model": settings}),
        models={"model": ModelRef(str(model))},
        source=SourceFiles(tuple(sorted(map(str, Path(split).iterdir())))),
        result_uri=f"{output}/results",
        dead_letters_uri=f"{output}/failed",
        project_root=output,
        temp_dir=f"{output}/temp",
    )
    arguments = ["--direct_num_workers=2"] if way == "two" else []
    return lambda: engine.run(job, arguments)


def row_wise(flavor: str, model: Path, split: str, output: str) -> Callable[[], object]:
    """Returns a pipeline in which an element is a row, and Beam makes the batches."""
    import apache_beam as beam
    import numpy as np
    import pyarrow.parquet as pq
    from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RunInference
    from apache_beam.runners.portability.fn_api_runner import fn_runner

    class Handler(ModelHandler):
        def load_model(self) -> Any:
            return bare_call(flavor, model)

        def run_inference(self, batch: Any, model: Any, inference_args: Any = None) -> Any:  # noqa: ARG002  Beam's signature
            answers = np.asarray(model(np.stack(batch))).reshape(len(batch), -1)
            return [PredictionResult(row, answer) for row, answer in zip(batch, answers, strict=True)]

    def rows_of(path: str) -> Any:
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            yield from np.stack(
                [batch.column(name).to_numpy() for name in map(batch.schema.names.index, FEATURES)], 1
            )

    def work() -> None:
        with beam.Pipeline(runner=fn_runner.FnApiRunner()) as pipeline:
            shards = pipeline | beam.Create(sorted(map(str, Path(split).iterdir())))
            results = shards | beam.FlatMap(rows_of) | RunInference(Handler())
            lines = results | beam.Map(lambda result: str(result.inference))
            lines | beam.io.WriteToText(f"{output}/results")

    return work


# -------------------------------------------------------------------------------------------------------- the models


def train(flavor: str, folder: Path) -> None:
    """Fits a model of a flavor on made-up rows and saves it as a user would."""
    import numpy as np

    from penstock.models import save

    random = np.random.default_rng(3)
    rows = random.normal(size=(2000, len(FEATURES))).astype("float32")
    answers = (rows[:, 0] * rows[:, 1] + rows[:, 2]).astype("float32")
    model, options = MODEL_MAKERS[flavor](rows, answers)
    if flavor == "tensorflow":
        import tensorflow as tf

        tf.saved_model.save(model, str(folder), signatures=model.serve)
    else:
        save(model, folder, inputs=FEATURES, outputs=("prediction",), **options)


def sklearn_model(rows: Any, answers: Any) -> tuple[Any, dict[str, Any]]:
    """Returns boosted trees."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=50).fit(rows, answers), {}


def xgboost_model(rows: Any, answers: Any) -> tuple[Any, dict[str, Any]]:
    """Returns boosted trees."""
    import xgboost

    return xgboost.train({"max_depth": 6}, xgboost.DMatrix(rows, answers), 50), {}


def onnx_model(rows: Any, answers: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ARG001  a network with random weights
    """Returns a network of two hidden layers."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    sizes, random = (len(FEATURES), 64, 64, 1), np.random.default_rng(5)
    weights, nodes, value = [], [], "x"
    for number, shape in enumerate(pairwise(sizes)):
        last = number == len(sizes) - 2
        weight = random.normal(size=shape).astype("float32") / 4
        weights.append(numpy_helper.from_array(weight, f"w{number}"))
        nodes.append(
            helper.make_node("MatMul", [value, f"w{number}"], ["prediction" if last else f"h{number}"])
        )
        value = f"h{number}"
        if not last:
            nodes.append(helper.make_node("Relu", [value], [value := f"r{number}"]))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, len(FEATURES)])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), {}


def pytorch_model(rows: Any, answers: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ARG001  a network with random weights
    """Returns a network of two hidden layers."""
    import torch

    layers = torch.nn
    network = layers.Sequential(
        layers.Linear(len(FEATURES), 64),
        layers.ReLU(),
        layers.Linear(64, 64),
        layers.ReLU(),
        layers.Linear(64, 1),
    )
    return network.eval(), {"scripted": True}


def tensorflow_model(rows: Any, answers: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ARG001  a network with random weights
    """Returns a network of two hidden layers behind a signature of one column per feature."""
    import tensorflow as tf

    class Network(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            sizes = (len(FEATURES), 64, 64, 1)
            self.weights = [tf.Variable(tf.random.normal(shape) / 4) for shape in pairwise(sizes)]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name=name) for name in FEATURES])
        def serve(self, *columns: Any) -> Any:
            value = tf.stack(columns, 1)
            for number, weight in enumerate(self.weights):
                value = value @ weight if number == 2 else tf.nn.relu(value @ weight)
            return {"prediction": value[:, 0]}

    return Network(), {}


def bare_call(flavor: str, folder: Path) -> Callable[[Any], Any]:
    """Loads a saved model with its framework alone and returns its call on a batch."""
    return BARE_LOADERS[flavor](folder)


def bare_sklearn(folder: Path) -> Callable[[Any], Any]:
    """Loads a joblib file."""
    import joblib

    model = joblib.load(next(folder.glob("*.joblib")))
    call: Callable[[Any], Any] = model.predict
    return call


def bare_xgboost(folder: Path) -> Callable[[Any], Any]:
    """Loads a booster."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1}, model_file=str(next(folder.glob("*.ubj"))))
    call: Callable[[Any], Any] = booster.inplace_predict
    return call


def bare_onnx(folder: Path) -> Callable[[Any], Any]:
    """Opens a session."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(next(folder.glob("*.onnx"))), options)
    return lambda rows: session.run(None, {"x": rows})[0]


def bare_pytorch(folder: Path) -> Callable[[Any], Any]:
    """Loads TorchScript."""
    import torch

    torch.set_num_threads(1)
    module = torch.jit.load(next(folder.glob("*.pt")))

    def call(rows: Any) -> Any:
        with torch.inference_mode():
            return module(torch.from_numpy(rows)).numpy()

    return call


def bare_tensorflow(folder: Path) -> Callable[[Any], Any]:
    """Loads a SavedModel."""
    import tensorflow as tf

    model = tf.saved_model.load(str(folder))
    serve = model.signatures["serving_default"]

    def call(rows: Any, model: Any = model) -> Any:  # noqa: ARG001  it keeps the signature's variables
        columns = {name: tf.constant(rows[:, index]) for index, name in enumerate(FEATURES)}
        return serve(**columns)["prediction"].numpy()

    return call


MODEL_MAKERS: dict[str, Callable[[Any, Any], tuple[Any, dict[str, Any]]]] = {
    "sklearn": sklearn_model,
    "xgboost": xgboost_model,
    "onnx": onnx_model,
    "pytorch": pytorch_model,
    "tensorflow": tensorflow_model,
}
BARE_LOADERS: dict[str, Callable[[Path], Callable[[Any], Any]]] = {
    "sklearn": bare_sklearn,
    "xgboost": bare_xgboost,
    "onnx": bare_onnx,
    "pytorch": bare_pytorch,
    "tensorflow": bare_tensorflow,
}

if __name__ == "__main__":
    main()
