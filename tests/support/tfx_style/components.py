# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from typing import Any

from penstock import types
from penstock.dsl.components.base import base_component, base_driver, base_executor, executor_spec
from penstock.dsl.components.base.base_beam_executor import BaseBeamExecutor
from penstock.orchestration.portable import base_driver as portable_base_driver
from penstock.proto import trainer_pb2
from penstock.proto.orchestration import driver_output_pb2, execution_result_pb2
from penstock.types import artifact, artifact_utils, standard_artifacts
from penstock.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from penstock.utils import io_utils, json_utils


class Report(artifact.Artifact):
    """A type of a user's, with properties of all kinds."""

    TYPE_NAME = "ReportByATest"
    PROPERTIES = {
        "words": artifact.Property(type=artifact.PropertyType.INT),
        "ratio": artifact.Property(type=artifact.PropertyType.FLOAT),
        "title": artifact.Property(type=artifact.PropertyType.STRING),
        "final": artifact.Property(type=artifact.PropertyType.BOOLEAN),
        "details": artifact.Property(type=artifact.PropertyType.JSON_VALUE),
        "source": artifact.Property(type=artifact.PropertyType.PROTO),
    }


class CountExecutor(base_executor.BaseExecutor):
    """Writes a report of what it was given, and misbehaves as it is told."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> Any:
        report = artifact_utils.get_single_instance(output_dict["report"])
        text = exec_properties["text"]
        given = dict(exec_properties)
        given["inputs"] = {key: [a.uri for a in group] for key, group in input_dict.items()}
        given["values"] = [number.value for number in input_dict.get("numbers", [])]
        given["context"] = {
            "tmp": os.path.isdir(self._get_tmp_dir()),
            "flags": self._context.extra_flags,
            "run": self._context.pipeline_run_id,
            "node": self._context.pipeline_node.node_info.id,
            "pipeline": self._context.pipeline_info.id,
        }
        io_utils.write_string_file(os.path.join(report.uri, "given.json"), json_utils.dumps(given))
        report.words = len(text.split())
        report.set_string_custom_property("first", text.split()[0])
        exec_properties["counted"] = 1
        return _BEHAVIOURS.get(exec_properties.get("behaviour", ""), _nothing)(report, output_dict)


def _nothing(report: Any, output_dict: Any) -> None:
    return None


def _output(report: Any, output_dict: Any) -> Any:
    output = execution_result_pb2.ExecutorOutput()
    report.set_int_custom_property("told", 2)
    output.output_artifacts["report"].artifacts.append(report.mlmd_artifact)
    output.execution_properties["told"].string_value = "by the output"
    return output


def _code(report: Any, output_dict: Any) -> Any:
    output = execution_result_pb2.ExecutorOutput()
    output.execution_result.code = 3
    output.execution_result.result_message = "three is too many"
    return output


def _key(report: Any, output_dict: Any) -> None:
    output_dict["repotr"] = [report]


def _two(report: Any, output_dict: Any) -> None:
    output_dict["report"].append(Report(report.uri + "/1"))


def _divide(report: Any, output_dict: Any) -> None:
    output_dict["report"] = artifact_utils.replicate_artifacts(report, 3)
    for index, part in enumerate(output_dict["report"]):
        part.words = index
        io_utils.write_string_file(os.path.join(part.uri, "given.json"), str(index))


def _uri(report: Any, output_dict: Any) -> None:
    report.uri = "/elsewhere"


def _type(report: Any, output_dict: Any) -> None:
    output_dict["report"] = [standard_artifacts.Model(report.uri)]


def _none(report: Any, output_dict: Any) -> None:
    output_dict["report"] = []


def _raise(report: Any, output_dict: Any) -> None:
    raise ValueError("no words")


_BEHAVIOURS = {
    "output": _output, "divide": _divide, "code": _code, "key": _key, "two": _two, "uri": _uri, "type": _type,
    "none": _none, "raise": _raise, "number": lambda report, output_dict: 7,
}  # fmt: skip


class CountSpec(ComponentSpec):
    PARAMETERS = {
        "text": ExecutionParameter(type=str),
        "limit": ExecutionParameter(type=int, optional=True),
        "args": ExecutionParameter(type=trainer_pb2.TrainArgs, optional=True),
        "names": ExecutionParameter(type=list[str], optional=True),
        "behaviour": ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "numbers": ChannelParameter(type=standard_artifacts.Integer, optional=True),
        "gate": ChannelParameter(type=standard_artifacts.Integer, optional=True, allow_empty=False),
    }
    OUTPUTS = {
        "report": ChannelParameter(type=Report),
        "extra": ChannelParameter(type=Report, optional=True),
    }


class Count(base_component.BaseComponent):
    SPEC_CLASS = CountSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(CountExecutor)

    def __init__(self, text: Any, custom_executor_spec: Any = None, **named: Any) -> None:
        named.setdefault("report", types.Channel(type=Report))
        super().__init__(spec=CountSpec(text=text, **named), custom_executor_spec=custom_executor_spec)


class LoudExecutor(CountExecutor):
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> Any:
        exec_properties["text"] = exec_properties["text"].upper()
        return super().Do(input_dict, output_dict, exec_properties)


class RunDriver(portable_base_driver.BaseDriver):
    """Changes a property, and gives the report properties, before anything runs."""

    def run(self, execution_info: Any) -> Any:
        assert execution_info.pipeline_node.node_info.id == "RunDriven"
        output = driver_output_pb2.DriverOutput()
        output.exec_properties["text"].string_value = execution_info.exec_properties["text"] + " and more"
        (report,) = execution_info.output_dict["report"]
        report.title = "driven"
        report.set_int_custom_property("span", 3)
        output.output_artifacts["report"].artifacts.append(report.mlmd_artifact)
        return output


class RunDriven(Count):
    DRIVER_CLASS = RunDriver


class StepDriver(base_driver.BaseDriver):
    """TFX's older kind: resolves properties and inputs."""

    def resolve_exec_properties(self, exec_properties: Any, pipeline_info: Any, component_info: Any) -> Any:
        named = f"{component_info.component_id} of {pipeline_info.pipeline_name}"
        return {**exec_properties, "text": f"{exec_properties['text']} {named}", "limit": 5}

    def resolve_input_artifacts(
        self, input_dict: Any, exec_properties: Any, driver_args: Any, pipeline_info: Any
    ) -> Any:
        resolved = super().resolve_input_artifacts(input_dict, exec_properties, driver_args, pipeline_info)
        return {key: artifacts[:1] for key, artifacts in resolved.items()}


class StepDriven(Count):
    DRIVER_CLASS = StepDriver


class LastTimeDriver(portable_base_driver.BaseDriver):
    """Looks at what the component made last time."""

    def run(self, execution_info: Any) -> Any:
        last = self._mlmd_connection.search_artifacts("report", execution_info.pipeline_info)
        output = driver_output_pb2.DriverOutput()
        output.exec_properties["text"].string_value = f"{len(last)} before"
        return output


class LastTime(Count):
    DRIVER_CLASS = LastTimeDriver


class CuriousDriver(portable_base_driver.BaseDriver):
    def run(self, execution_info: Any) -> Any:
        return self._mlmd_connection.store.get_artifacts()


class Curious(Count):
    DRIVER_CLASS = CuriousDriver


class WrongDriver(portable_base_driver.BaseDriver):
    def run(self, execution_info: Any) -> Any:
        output = driver_output_pb2.DriverOutput()
        output.output_artifacts["repotr"].artifacts.append(Report())
        return output


class WrongDriven(Count):
    DRIVER_CLASS = WrongDriver


class BeamCountExecutor(BaseBeamExecutor):
    """Counts words in a Beam pipeline."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        import apache_beam as beam

        (report,) = output_dict["report"]
        with self._make_beam_pipeline() as pipeline:
            words = pipeline | beam.Create(exec_properties["text"].split())
            _ = words | beam.combiners.Count.Globally() | beam.io.WriteToText(f"{report.uri}/count")
        report.set_string_custom_property("arguments", " ".join(self._beam_pipeline_args))


class BeamCount(types.BaseBeamComponent):
    SPEC_CLASS = CountSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(BeamCountExecutor)

    def __init__(self, text: str) -> None:
        super().__init__(spec=CountSpec(text=text, report=types.Channel(type=Report)))


class Double(base_component.BaseComponent):
    """Doubles a number: reads one value artifact and writes another."""

    class _Executor(base_executor.BaseExecutor):
        def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
            (number,) = output_dict["doubled"]
            number.value = 2 * artifact_utils.get_single_instance(input_dict["number"]).value
            number.set_int_custom_property("added", exec_properties.get("added", 0))

    class _Spec(ComponentSpec):
        PARAMETERS = {"added": ExecutionParameter(type=int, optional=True)}
        INPUTS = {"number": ChannelParameter(type=standard_artifacts.Integer)}
        OUTPUTS = {"doubled": ChannelParameter(type=standard_artifacts.Integer)}

    SPEC_CLASS = _Spec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(_Executor)

    def __init__(self, number: Any, added: Any = None) -> None:
        doubled = types.Channel(type=standard_artifacts.Integer)
        super().__init__(spec=self._Spec(number=number, added=added, doubled=doubled))


class CopyModel(base_executor.BaseExecutor):
    """Trains, or pushes, by leaving a note."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: dict[str, Any]) -> None:
        key = "model" if "model" in output_dict else "pushed_model"
        (made,) = output_dict[key]
        io_utils.write_string_file(f"{made.uri}/Format-Serving/note.json", json_utils.dumps(exec_properties))
        made.set_string_custom_property("inputs", ",".join(sorted(input_dict)))
