# SPDX-License-Identifier: Apache-2.0
"""The three roles of a component: the driver decides, the executor works, the publisher records.

A component's folder holds one file per role. What a role receives and returns is typed by the frozen dataclasses
that the component declares (``Inputs``, ``Outputs``, ``Parameters``, ``Plan``, ``Result``), so no role ever reads a
dictionary by string keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.runtime.presence import is_there

if TYPE_CHECKING:
    from penstock.metadata.store import MetadataStore

InputsT = TypeVar("InputsT")
OutputsT = TypeVar("OutputsT")
ParametersT = TypeVar("ParametersT")
PlanT = TypeVar("PlanT")
ResultT = TypeVar("ResultT")

ExamplesFormat = Literal["parquet", "tfrecord"]


@dataclass(frozen=True, slots=True)
class DriverContext:
    """Where a driver stands: its node in its run, and the history that it may read.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        node_id: Id of the node.
        pipeline_root: Root folder (URI) of the pipeline's artifacts.
        project_root: Folder of the user's project; relative paths in parameters start here.
        examples_format: Format in which the node should write examples.
        store: The metadata store. Drivers read it and never write.
    """

    pipeline: str
    run_id: str
    node_id: str
    pipeline_root: str
    project_root: str
    examples_format: ExamplesFormat
    store: MetadataStore

    def history(
        self, type_name: str, *, node_id: str | None = None, output_key: str | None = None
    ) -> Iterator[Artifact]:
        """Yields artifacts that the pipeline's runs have put out and whose files are there, newest first.

        Args:
            type_name: Their type.
            node_id: Only those of this node.
            output_key: Only those of this output.
        """
        recorded = self.store.newest_artifacts(
            type_name, pipeline=self.pipeline, node_id=node_id, output_key=output_key
        )
        return filter(is_there, recorded)


@dataclass(frozen=True, slots=True)
class Run(Generic[PlanT]):
    """Decision: execute, unless the cache already holds the result.

    Attributes:
        plan: What the driver found out and the executor needs (files, span, baseline …); part of the cache key
            unless ``cache_parts`` is given.
        cache_parts: What the cache key must hold of the plan, by name; ``None`` means the plan as it is.
        inputs: Inputs that take the place of the resolved ones, by key, an empty sequence for none: in the cache key,
            in what is recorded, and in what the executor and the publisher see. (An Evaluator whose baseline turns out
            to be the candidate itself works with another one, or with none.)
        output_counts: How many artifacts to make for an output that is a list; 1 where it is not named.
        properties: Execution properties to record beside the parameters (TFX's ``span``, ``input_fingerprint`` …).
    """

    plan: PlanT
    cache_parts: Mapping[str, Any] | None = None
    inputs: Mapping[str, Sequence[Artifact]] = field(default_factory=dict)
    output_counts: Mapping[str, int] = field(default_factory=dict)
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reuse:
    """Decision: an earlier execution of this node already answers; record its outputs as cached.

    Attributes:
        execution_id: The execution whose outputs are reused.
        reason: Why, for the table at the end of the run.
    """

    execution_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Decision: there is nothing to do, and that is a normal outcome.

    Attributes:
        reason: Why, as a phrase that follows the node's name.
    """

    reason: str


Decision = Run[PlanT] | Reuse | Skip


@dataclass(frozen=True, slots=True)
class ExecutorContext:
    """Where an executor stands.

    Attributes:
        pipeline: Name of the pipeline.
        run_id: Id of the run.
        node_id: Id of the node.
        execution_id: Id of the execution in the metadata store.
        project_root: Folder of the user's project; relative paths in parameters start here.
        temp_dir: Local folder of this execution's own, removed when it ends.
        examples_format: Format in which to write examples.
        beam_pipeline_args: Beam arguments of the pipeline and the node.
        report: Tells the run's display how far the work is: ``report(rows=…)`` counts rows done so far.
    """

    pipeline: str
    run_id: str
    node_id: str
    execution_id: int
    project_root: str
    temp_dir: str
    examples_format: ExamplesFormat = "parquet"
    beam_pipeline_args: tuple[str, ...] = ()
    report: Callable[..., None] = lambda rows=None: None  # noqa: ARG005  the default display shows nothing


@dataclass(frozen=True, slots=True)
class Work(Generic[InputsT, OutputsT, ParametersT, PlanT]):
    """What an executor works on; the publisher sees the same."""

    inputs: InputsT
    outputs: OutputsT
    parameters: ParametersT
    plan: PlanT
    context: ExecutorContext


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """What to record of one output artifact.

    Attributes:
        properties: Declared properties of the artifact's type.
        custom_properties: Everything else.
        uri: Where it lies, if the executor has made several artifacts of one: in a folder of its own below that one's.
    """

    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    custom_properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the publisher records when an executor has finished.

    Attributes:
        artifacts: Per output key, one record for each artifact of it, in order. Keys left out get no properties.
        execution: Properties of the execution.
        rows: Number of rows that the node handled, for the run's table.
        summary: One phrase for the run's table (``"blessed"``, ``"3 anomalies"``).
        stop: Where set, the run fails with this reason after everything was published.
        withheld: Keys of outputs that are not published: nobody is to see them, and their files are removed.
    """

    artifacts: Mapping[str, Sequence[ArtifactRecord]] = field(default_factory=dict)
    execution: Mapping[str, PropertyValue] = field(default_factory=dict)
    rows: int | None = None
    summary: str = ""
    stop: str | None = None
    withheld: Sequence[str] = ()


class Driver(Generic[InputsT, ParametersT, PlanT]):
    """Decides whether a node runs, reuses an earlier result, or is skipped. Light, and writes nothing."""

    def decide(self, inputs: InputsT, parameters: ParametersT, context: DriverContext) -> Decision[PlanT]:
        """Returns what to do with these inputs and parameters.

        Raises:
            PenstockError: The inputs or parameters cannot work; the node fails with that one error.
        """
        raise NotImplementedError(f"{type(self).__name__}.decide")


class PlainDriver(Driver[Any, Any, None]):
    """The driver of a component that always runs, unless the cache holds its result."""

    def decide(self, inputs: Any, parameters: Any, context: DriverContext) -> Run[None]:  # noqa: ARG002  nothing to decide
        """Returns ``Run`` without a plan."""
        return Run(None)


class Executor(Generic[InputsT, OutputsT, ParametersT, PlanT, ResultT]):
    """Does the work: reads inputs, writes under the URIs of its outputs and nowhere else, returns a typed result."""

    def execute(self, work: Work[InputsT, OutputsT, ParametersT, PlanT]) -> ResultT:
        """Works; the result goes to the publisher, so it holds plain values only."""
        raise NotImplementedError(f"{type(self).__name__}.execute")


class Publisher(Generic[InputsT, OutputsT, ParametersT, PlanT, ResultT]):
    """Says what to record of an execution; the launcher's ``publish`` module writes it to the metadata store."""

    def describe(self, work: Work[InputsT, OutputsT, ParametersT, PlanT], result: ResultT) -> Record:
        """Returns the properties of the outputs and of the execution."""
        raise NotImplementedError(f"{type(self).__name__}.describe")


class PlainPublisher(Publisher[Any, Any, Any, Any, Any]):
    """The publisher of a component that has nothing to record beyond its outputs."""

    def describe(self, work: Any, result: Any) -> Record:  # noqa: ARG002  nothing to say
        """Returns an empty record."""
        return Record()
