# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa

from penstock.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from penstock.components.query_based_example_gen.component import QueryBasedExampleGen
from penstock.graph.executor_spec import BeamExecutorSpec
from penstock.proto import example_gen_pb2
from penstock.utils import proto_utils


@beam.ptransform_fn
def _json_lines(pipeline: beam.Pipeline, exec_properties: dict[str, Any], split_pattern: str) -> Any:
    pattern = os.path.join(exec_properties["input_base"], split_pattern)
    return pipeline | beam.io.ReadFromText(pattern) | beam.Map(json.loads)


class JsonLines(BaseExampleGenExecutor):
    """Dictionaries from JSON lines."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        return _json_lines


class _Tables(beam.PTransform):
    def __init__(self, exec_properties: dict[str, Any], split_pattern: str) -> None:
        super().__init__()
        self._properties, self._pattern = exec_properties, split_pattern

    def expand(self, pipeline: beam.Pipeline) -> Any:
        assert json.loads(self._properties["input_config"])["splits"][0]["pattern"] == self._pattern
        return pipeline | beam.Create([20, 30]) | beam.Map(self.table)

    @staticmethod
    def table(rows: int) -> pa.Table:
        return pa.table({"number": list(range(rows)), "of": [rows] * rows})


class Tables(BaseExampleGenExecutor):
    """Tables of Arrow, whatever the files hold."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        return _Tables


class OwnSplits(JsonLines):
    """Divides records by itself: those of odd numbers are for training."""

    def GenerateExamplesByBeam(
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, Any]:
        (records,) = super().GenerateExamplesByBeam(pipeline, exec_properties).values()
        return {
            "train": records | "odd" >> beam.Filter(lambda record: record["number"] % 2 == 1),
            "eval": records | "even" >> beam.Filter(lambda record: record["number"] % 2 == 0),
        }


class WrongSplits(JsonLines):
    """Names splits that nobody asked for."""

    def GenerateExamplesByBeam(
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, Any]:
        return {"elsewhere": pipeline | beam.Create([{"number": 1}])}


def _fail(line: str) -> Iterator[Any]:
    raise ValueError(f"cannot read {line}")


class Failing(BaseExampleGenExecutor):
    """Raises in its transform."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        return lambda properties, pattern: beam.Create(["a"]) | beam.FlatMap(_fail)


@beam.ptransform_fn
def _serialized(pipeline: beam.Pipeline, exec_properties: dict[str, Any], split_pattern: str) -> Any:
    from penstock.examples.layout import encode_examples, to_example_layout

    batch = to_example_layout(pa.RecordBatch.from_pydict({"number": [int(exec_properties["times"])] * 40}))
    return pipeline | beam.Create(encode_examples(batch))


class Configured(BaseExampleGenExecutor):
    """Serialized tf.Examples with a number from the custom configuration."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        def transform(exec_properties: dict[str, Any], pattern: str) -> Any:
            from google.protobuf.wrappers_pb2 import Int64Value

            from penstock.proto import example_gen_pb2

            config = example_gen_pb2.CustomConfig()
            proto_utils.json_to_proto(exec_properties["custom_config"], config)
            value = Int64Value()
            config.custom_config.Unpack(value)
            return _serialized({**exec_properties, "times": value.value}, pattern)

        return transform


class OwnDo(BaseExampleGenExecutor):
    """Does all of it by itself."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        (examples,) = output_dict["examples"]
        examples.split_names = json.dumps(["all"])
        folder = os.path.join(examples.uri, "Split-all")
        os.makedirs(folder)
        with open(os.path.join(folder, "properties.json"), "w") as file:
            json.dump(exec_properties, file)


@beam.ptransform_fn
def _answers(pipeline: beam.Pipeline, exec_properties: dict[str, Any], query: str) -> Any:
    """Answers ``rows N from M`` with the numbers from M on."""
    _, count, _, start = query.split()
    custom = json.loads(exec_properties["custom_config"]) if "custom_config" in exec_properties else {}
    numbers = range(int(start), int(start) + int(count))
    rows = [{"number": number, "query": query, "custom": json.dumps(custom)} for number in numbers]
    return pipeline | beam.Create(rows)


class Answers(BaseExampleGenExecutor):
    """Dictionaries from a query language of its own."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        return _answers


class AnswersExampleGen(QueryBasedExampleGen):
    """An ExampleGen of another system, as TFX's users write it."""

    EXECUTOR_SPEC = BeamExecutorSpec(Answers)

    def __init__(self, query: str, **named: Any) -> None:
        super().__init__(
            input_config=example_gen_pb2.Input(
                splits=[example_gen_pb2.Input.Split(name="single_split", pattern=query)]
            ),
            **named,
        )
