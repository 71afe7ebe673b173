# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner import fn_runner

from penstock.beam.pipeline import make_pipeline, open_pipeline
from penstock.beam.reading import ReadExamples
from penstock.errors import DataError, ExecutionError, UserCodeError
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.examples.layout import to_example_layout
from penstock.examples.reader import ExamplesReader
from penstock.examples.writer import ExamplesWriter

ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def raise_data_error(value: int) -> int:
    raise DataError(f"{value} is wrong", expected="another", hint="choose another")


def raise_key_error(value: int) -> int:
    raise KeyError("lost")


@pytest.mark.parametrize("arguments", [(), ("--runner=DirectRunner",), ("--direct_num_workers=1",)])
def test_local_pipelines_run_in_process_and_download_nothing(arguments: tuple[str, ...]) -> None:
    pipeline = make_pipeline(arguments)
    assert isinstance(pipeline.runner, fn_runner.FnApiRunner)


def test_another_runner_is_beams_business() -> None:
    assert not isinstance(make_pipeline(ELSEWHERE).runner, fn_runner.FnApiRunner)


def test_our_errors_come_out_as_they_went_in() -> None:
    with pytest.raises(DataError, match="7 is wrong") as caught, open_pipeline() as p:
        _ = p | beam.Create([7]) | beam.Map(raise_data_error)
    assert caught.value.message == "7 is wrong"
    assert caught.value.expected == "another"
    assert caught.value.hint == "choose another"


def test_errors_of_another_process_keep_at_least_their_words() -> None:
    with pytest.raises(ExecutionError, match="the Beam pipeline failed"), open_pipeline(ELSEWHERE) as p:
        _ = p | beam.Create([7]) | beam.Map(raise_data_error)


def test_the_component_is_named() -> None:
    with (
        pytest.raises(DataError, match=r"^Transform: 7 is wrong"),
        open_pipeline(component="Transform") as p,
    ):
        _ = p | beam.Create([7]) | beam.Map(raise_data_error)


def test_an_error_while_the_pipeline_is_built_comes_out_too() -> None:
    with pytest.raises(UserCodeError, match="early"), open_pipeline():
        raise UserCodeError("early")


def test_other_errors_say_what_failed() -> None:
    with (
        pytest.raises(ExecutionError, match="analysing the data failed: .*lost.*got: KeyError"),
        open_pipeline(what="analysing the data") as p,
    ):
        _ = p | beam.Create([7]) | beam.Map(raise_key_error)


def test_examples_are_read_as_batches_of_one_schema(tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([1, None, 3, 4, 5]), "s": ["a", "b", None, "d", "e"]})
    with ExamplesWriter(str(tmp_path), rows_per_shard=2) as writer:
        for batch in table.to_batches(max_chunksize=2):
            writer.write("train", batch)
    features = FeatureSet(
        (FeatureSpec("s", "bytes"), FeatureSpec("absent", "float"), FeatureSpec("x", "int"))
    )
    reader = ExamplesReader(f"{tmp_path}/Split-train")
    assert len(reader.shards) == 3
    out = tmp_path / "out"

    class Layout:
        def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
            return to_example_layout(batch, features)

    def describe(batch: pa.RecordBatch) -> str:
        assert batch.schema.names == ["s", "absent", "x"]
        return f"{batch.num_rows} {batch.column(1).null_count} {batch.column(2).to_pylist()}"

    with open_pipeline() as p:
        read = ReadExamples(reader.shards, Layout(), rows=2)
        _ = p | read | beam.Map(describe) | beam.io.WriteToText(str(out), shard_name_template="")
    assert sorted(out.read_text().splitlines()) == ["1 1 [[5]]", "2 2 [[1], None]", "2 2 [[3], [4]]"]


def test_beam_finds_out_about_ipython_without_importing_it() -> None:
    code = (
        "import sys; from penstock.beam.pipeline import open_pipeline; import apache_beam as beam\n"
        "with open_pipeline() as pipeline: pipeline | beam.Create([1]) | beam.Map(str)\n"
        "assert 'IPython' not in sys.modules\n"
        "from apache_beam.utils import interactive_utils\n"
        "assert not interactive_utils.is_in_ipython()\n"
        "import types; sys.modules['IPython'] = shell = types.ModuleType('IPython'); shell.get_ipython = object\n"
        "assert interactive_utils.is_in_ipython()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
