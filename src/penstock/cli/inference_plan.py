# SPDX-License-Identifier: Apache-2.0
"""What ``penstock infer`` would do: its models, its rows, its steps, and what its sinks would get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from penstock import files
from penstock.artifacts.artifact import IS_EXTERNAL
from penstock.artifacts.standard import Model
from penstock.cli.inference_options import Inference
from penstock.cli.stores import open_existing
from penstock.errors import DependencyError, PenstockError, ResolutionError, UsageError
from penstock.inference import sinks
from penstock.inference.column_flow import Columns, flow_of_columns
from penstock.inference.config_file import InferenceFile
from penstock.inference.databases.url import database_url
from penstock.inference.job import ModelRef, SourceFiles
from penstock.inference.problems import refuse
from penstock.inference.recorded_models import servable_uri
from penstock.inference.sources import find_source, known_columns
from penstock.inference.spec import Step
from penstock.inference.streaming.finding import ModelFinder
from penstock.inference.wanted_kinds import wanted_kinds
from penstock.inference.ways import ends, ordered
from penstock.models.check import check_loadable
from penstock.models.registry import describe
from penstock.models.signature import ModelInfo


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """A model that was found.

    Attributes:
        uri: Where it is; empty for one that a handler reaches.
        flavor: Its flavor.
        signature: What it takes and gives; empty where its files do not say it.
        artifact_id: Id of its artifact, where it is one of a pipeline.
        version: Its version, likewise.
    """

    uri: str
    flavor: str = ""
    signature: str = ""
    artifact_id: int | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class PlannedSink:
    """A sink.

    Attributes:
        place: Where it is.
        step: Step whose rows it takes.
        gets: What it would get: columns, a statement that makes a table, or BigQuery's schema.
        needs: What is not installed here that it needs.
    """

    place: str
    step: str
    gets: str
    needs: str = ""


@dataclass(frozen=True, slots=True)
class InferencePlan:
    """What would be done.

    Attributes:
        name: Name of the pipeline.
        files: The source's files.
        models: The models, by name.
        steps: What each step does, in order.
        sinks: The sinks.
    """

    name: str
    files: tuple[str, ...]
    models: Mapping[str, PlannedModel]
    steps: tuple[str, ...]
    sinks: tuple[PlannedSink, ...]

    def to_json_dict(self) -> dict[str, Any]:
        """Returns everything as plain JSON."""
        return asdict(self)

    def text(self) -> str:
        """Returns everything for a person."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"pipeline {self.name}: nothing was run"
        shown = ", ".join(self.files[:3]) + (" …" if len(self.files) > 3 else "")
        yield f"source: {len(self.files)} {'file' if len(self.files) == 1 else 'files'}: {shown}"
        yield "models:"
        for name, model in self.models.items():
            facts = [model.flavor, model.signature, model.uri]
            if model.artifact_id is not None:
                facts.append(f"artifact {model.artifact_id}, version {model.version}")
            yield f"  {name}: {'; '.join(filter(None, facts)) or 'reached by its handler'}"
        yield "steps:"
        yield from (f"  {step}" for step in self.steps)
        for sink in self.sinks:
            yield f"sink {sink.place} gets the rows of {sink.step}:"
            yield from (f"  {line}" for line in sink.gets.splitlines())
            if sink.needs:
                yield f"  it cannot be written here: {sink.needs}"


def found_models(inference: Inference) -> dict[str, ModelRef]:
    """Returns the models of pipelines that the metadata store has now.

    Raises:
        ResolutionError: A pipeline has none.
    """
    wanted = {name: source for name, source in inference.file.models.items() if source.pipeline}
    if not wanted:
        return {}
    with open_existing(inference.metadata) as store:
        finder = ModelFinder(wanted, store, {})
        found = finder.find()
        known = {run.pipeline for run in store.list_runs(limit=200)}
    for name, ref in found.items():
        if ref is None:
            raise ResolutionError(
                f"{_place(inference.file, name)}: model {name!r} is not there: {finder.why_missing(name)}",
                got=f"pipelines that have run: {', '.join(sorted(known)) or 'none'}",
                hint="run that pipeline first, or choose another of its models with select;"
                " one whose files are gone does not count",
            )
    return {name: ref for name, ref in found.items() if ref is not None}


def plan_of(inference: Inference) -> InferencePlan:
    """Checks all that can be checked without loading a model, and says what would be done.

    Raises:
        PenstockError: Something cannot work.
    """
    file = inference.file
    inference.compiled()
    refs = found_models(inference)
    models, infos = {}, {}
    for name in file.models:
        models[name], info = _planned(inference, name, refs.get(name))
        if info is not None:
            infos[name] = info
    for step in file.graph.steps:
        if step.lookup is not None:
            database_url(step.lookup.url, inference.project_root)
    assert file.source is not None, "compiled() refuses a file without"
    source = find_source(file.source, inference.project_root).files
    source = replace(source, kinds=wanted_kinds(file.graph, infos))
    flow, problems = flow_of_columns(file.graph, known_columns(source), infos)
    refuse(problems, error=UsageError, place_of=file.place_of, what=str(file.path))
    return InferencePlan(
        name=file.name,
        files=source.files,
        models=models,
        steps=tuple(_step(step) for step in ordered(file.graph)),
        sinks=tuple(_sinks(inference, source, flow)),
    )


def _planned(inference: Inference, name: str, ref: ModelRef | None) -> tuple[PlannedModel, ModelInfo | None]:
    source = inference.file.models[name]
    if ref is not None:
        uri = ref.uri
    elif source.path is not None:
        place = files.join(inference.project_root, source.path)
        if not files.exists(place):
            raise UsageError(f"{_place(inference.file, name)}: there is no model at {place}")
        uri = servable_uri(Model(place, custom_properties={IS_EXTERNAL: 1}))
    else:
        uri = ""
    identity, version = (ref.artifact_id, ref.version) if ref is not None else (None, "")
    if inference.file.graph.models[name].handler is not None:
        return PlannedModel(uri, "", "", identity, version), None
    trusted = inference.file.graph.models[name].trusted or (ref is not None and ref.trusted)
    try:
        info = describe(uri)
        check_loadable(info.flavor, uri, trusted=trusted)
    except PenstockError as error:
        raise UsageError(
            f"{_place(inference.file, name)}: model {name!r}: {error.message}",
            expected=error.expected,
            got=error.got,
            hint=error.hint,
        ) from error
    return PlannedModel(uri, info.flavor, str(info.signature or ""), identity, version), info


def _place(file: InferenceFile, model: str) -> str:
    return file.place_of(("models", model))


def _step(step: Step) -> str:
    return f"{step.name}: {_work(step)}, from {', '.join(step.sources)}"


def _work(step: Step) -> str:
    if step.model is not None:
        return f"model {step.model.model}"
    if step.split is not None:
        return f"split {', '.join(f'{way} {share}' for way, share in step.split.shares.items())}"
    if step.lookup is not None:
        return f"lookup in {step.lookup.table} by {step.lookup.on}"
    if step.vote is not None:
        return f"{step.vote.method} of {step.vote.column}"
    if step.function is not None:
        return f"function {step.function.name}"
    return f"filter {step.filter.name}" if step.filter is not None else "brings rows together"


def _sinks(inference: Inference, source: SourceFiles, flow: Mapping[str, Columns]) -> Iterator[PlannedSink]:
    from penstock.inference.expected import expected_schema
    from penstock.inference.reading import open_source

    graph = inference.file.graph
    schema = open_source(source, graph.source_rows).schema if graph.sinks else None
    for sink in graph.sinks:
        step = sink.source or ends(graph)[0]
        expected = expected_schema(flow[step], graph, schema)
        needs = ""
        try:
            sinks.check(sink, None, inference.project_root, key=graph.key)
        except DependencyError as error:  # what it would get can be told all the same
            needs = str(error)
        known = [name for name in sink.columns or expected.schema.names if name in expected.schema.names]
        chosen = replace(sink, columns=tuple(known))
        gets = sinks.describe(chosen, expected.schema, inference.project_root, key=graph.key)
        unknown = [name for name in expected.others if name in (sink.columns or expected.others)]
        if unknown:
            gets += f"\nand, of a type that is known only then: {', '.join(unknown)}"
        if expected.more and not sink.columns:
            gets += "\nand what functions add"
        yield PlannedSink(str(sink.path or sink.bigquery or f"table {sink.table}"), step, gets, needs)
