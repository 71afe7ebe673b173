# SPDX-License-Identifier: Apache-2.0
"""Declaration of GraphInferrer."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from penstock.artifacts.standard import DeadLetters, Examples, InferenceResult, Model, ModelBlessing
from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.signature import not_in_cache_key, one_each, user_code
from penstock.inference.checking import check
from penstock.inference.config_file import read_inference_config
from penstock.inference.functions import function_paths
from penstock.inference.job import InferenceSummary, ModelRef, SourceFiles
from penstock.inference.sinks.report import SinkReport
from penstock.inference.spec import InferenceGraph, SourceSpec
from penstock.ir.model import ExecutionBaseType
from penstock.messages.bulk_inferrer import DataSpec
from penstock.messages.codec import conform
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class GraphInferrerInputs:
    """What GraphInferrer reads.

    Attributes:
        models: The models, in the order of the parameter ``model_names``.
        model_blessings: Verdicts that let models through, in the order of the parameter ``blessed_models``.
        examples: The rows, where they do not come from ``source``.
    """

    models: Sequence[Model] = one_each()
    model_blessings: Sequence[ModelBlessing] = one_each()
    examples: Sequence[Examples] = ()


@dataclass(frozen=True, slots=True)
class GraphInferrerOutputs:
    """What GraphInferrer makes."""

    inference_result: InferenceResult
    dead_letters: DeadLetters


@dataclass(frozen=True, slots=True)
class GraphInferrerParameters:
    """Parameters of GraphInferrer.

    Attributes:
        graph: What is to be done.
        model_names: Names of the models that the input ``models`` holds.
        blessed_models: Names of the models whose verdicts the input ``model_blessings`` holds.
        source: Files of the rows, where they do not come from examples.
        data_spec: Which splits of the examples.
        functions: The user's functions and classes that the graph names.
    """

    graph: InferenceGraph = not_in_cache_key()
    model_names: tuple[str, ...] = ()
    blessed_models: tuple[str, ...] = not_in_cache_key(())
    source: SourceSpec | None = not_in_cache_key(None)
    data_spec: DataSpec = field(default_factory=DataSpec)
    functions: tuple[str, ...] = user_code(())


@dataclass(frozen=True, slots=True)
class GraphInferrerPlan:
    """What the driver decided.

    Attributes:
        models: The models, by name.
        source: The files to read.
    """

    models: Mapping[str, ModelRef]
    source: SourceFiles


@dataclass(frozen=True, slots=True)
class GraphInferrerResult:
    """What the executor reports.

    Attributes:
        summary: How it went.
        sinks: What was delivered.
        withheld: Whether more rows have failed than are allowed, so that there are no results.
    """

    summary: InferenceSummary
    sinks: tuple[SinkReport, ...] = ()
    withheld: bool = False


GraphInferrerWork = Work[
    GraphInferrerInputs, GraphInferrerOutputs, GraphInferrerParameters, GraphInferrerPlan
]
"""What executor and publisher see."""


class GraphInferrer(BaseComponent):
    """Predicts rows with a graph of models: in sequence, side by side, or each row by one of them.

    The results are Parquet: at the top of ``inference_result`` where the graph ends in one step, in a folder per step
    else. A row that a step cannot take goes to ``dead_letters`` with its key, the step and the cause, and its
    neighbours go on. Where more rows fail than the graph's ``max_failed_fraction`` allows, the dead letters are
    published, results are not, no sink is written, and the node fails.

    A blessing that refuses makes GraphInferrer a skipped node, which is a normal outcome.

    Args:
        graph: A ``penstock.inference.InferenceGraph``, or the path of a YAML file that holds one, relative to the
            working directory or the project's root. Of the file only the graph and the source are taken: models come
            from ``models``.
        models: Each model of the graph, by its name there; those with a handler that needs none are left out.
        model_blessings: Evaluator's verdict on a model, by the model's name.
        examples: The rows; this or ``source``.
        source: The rows: a ``SourceSpec``, or the path of a file or folder, or a pattern.
        data_spec: A ``DataSpec``: which splits of the examples; all by default.
    """

    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Process"
    TYPE_NAME: ClassVar[str] = "penstock.components.graph_inferrer.component.GraphInferrer"
    Inputs = GraphInferrerInputs
    Outputs = GraphInferrerOutputs
    Parameters = GraphInferrerParameters
    Plan = GraphInferrerPlan
    Result = GraphInferrerResult
    DRIVER = "penstock.components.graph_inferrer.driver:GraphInferrerDriver"
    EXECUTOR = "penstock.components.graph_inferrer.executor:GraphInferrerExecutor"
    PUBLISHER = "penstock.components.graph_inferrer.publisher:GraphInferrerPublisher"
    # Our door first: it keeps the noise that Beam makes at import away.
    REQUIRES = ("penstock.inference.engine", "apache_beam", "pyarrow")

    def __init__(
        self,
        graph: InferenceGraph | Mapping[str, Any] | str | None = None,
        models: Mapping[str, Channel] | None = None,
        model_blessings: Mapping[str, Channel] | None = None,
        examples: Channel | Sequence[Channel] | None = None,
        source: SourceSpec | Mapping[str, Any] | str | None = None,
        data_spec: DataSpec | Mapping[str, Any] | None = None,
    ) -> None:
        if graph is None:
            raise ParameterError("GraphInferrer has no graph", component="GraphInferrer")
        channels, blessings = dict(models or {}), dict(model_blessings or {})
        checked, from_file = _checked(graph, channels)
        if source is None and examples is None:
            source = from_file
        if (source is None) == (examples is None):
            raise PipelineError(
                "GraphInferrer needs rows from one place",
                component="GraphInferrer",
                expected="the input examples, or source",
                got="neither" if source is None else "both",
            )
        for name in blessings:
            if name not in channels:
                raise PipelineError(
                    f"model_blessings has {name!r}, which is no model",
                    component="GraphInferrer",
                    hint=did_you_mean(name, channels),
                )
        super().__init__(
            inputs={
                "models": list(channels.values()),
                "model_blessings": list(blessings.values()),
                "examples": examples,
            },
            parameters={
                "graph": checked,
                "model_names": tuple(channels),
                "blessed_models": tuple(blessings),
                "source": SourceSpec(source) if isinstance(source, str) else source,
                "data_spec": data_spec,
                "functions": function_paths(checked),
            },
        )


def _checked(
    graph: InferenceGraph | Mapping[str, Any] | str, models: Mapping[str, Channel]
) -> tuple[InferenceGraph, SourceSpec | None]:
    """Returns the graph, and the source that its file names; refuses what cannot work."""
    if isinstance(graph, str):
        file = read_inference_config(_found(graph), given=models)
        return file.graph, file.source
    typed: InferenceGraph = conform(InferenceGraph, graph, path="graph")
    try:
        check(typed, models)
    except ParameterError as error:
        raise error.with_component("GraphInferrer") from None
    return typed, None


def _found(path: str) -> Path:
    """Returns the file, also where the working directory is not the project's root but that is on ``sys.path``."""
    candidates = [Path(path), *(Path(entry, path) for entry in sys.path)]
    return next((candidate for candidate in candidates if candidate.is_file()), candidates[0])
