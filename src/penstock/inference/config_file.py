# SPDX-License-Identifier: Apache-2.0
"""A graph of models in a YAML file. ``docs/reference/inference-config.md`` tells what it may hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from penstock.config.parameters import with_parameters
from penstock.config.typed import typed, typed_parts
from penstock.config.yaml_file import Entry, merged, read_yaml
from penstock.errors import UsageError
from penstock.inference.checking import problems as problems_of
from penstock.inference.problems import Place, Problem, refuse
from penstock.inference.spec import (
    FilterStep,
    FunctionStep,
    InferenceGraph,
    LookupStep,
    ModelSettings,
    ModelStep,
    SinkSpec,
    SourceSpec,
    SplitStep,
    Step,
    VoteStep,
)
from penstock.inference.streaming.spec import StreamSpec

EXTENDS = "extends"


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model comes from; nothing is given where a handler needs none.

    Attributes:
        path: A folder or file: a path relative to the project's root, or a URI.
        pipeline: The pipeline, of the same metadata store, that makes it.
        node: The node of that pipeline; any where it is not given.
        select: Which of the pipeline's models: the newest that was ``blessed``, the ``newest``, or that of an artifact
            id; ``None`` means ``blessed``.
    """

    path: str | None = None
    pipeline: str | None = None
    node: str | None = None
    select: Literal["blessed", "newest"] | int | None = None


@dataclass(frozen=True, slots=True)
class InferenceFile:
    """What a YAML file says.

    Attributes:
        path: The file.
        name: Name of the pipeline that it stands for.
        graph: The graph, checked as far as it can be without its models.
        models: Where each model comes from.
        source: Files to read; ``None`` where the file is for a stream only.
        stream: The stream; ``None`` where it has none.
        parameters: Values of the parameters that it declares.
        pipeline_root: Root URI of the artifacts; a relative path starts at the project's root.
        metadata: Path or URL of the metadata store; a relative path likewise.
        beam_pipeline_args: Arguments of Beam.
        enable_cache: Whether an unchanged run is answered by an earlier one, which writes its sinks no second time.
        place_of: Where in the file something stands, ``file:line``.
    """

    path: Path
    name: str
    graph: InferenceGraph
    models: Mapping[str, ModelSource]
    source: SourceSpec | None
    stream: StreamSpec | None
    place_of: Callable[[Place], str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pipeline_root: str | None = None
    metadata: str | None = None
    beam_pipeline_args: tuple[str, ...] = ()
    enable_cache: bool = False


@dataclass(frozen=True, slots=True)
class _File:
    """The file's top level, as it is written."""

    steps: Mapping[str, Entry]
    name: str | None = None
    key: str | None = None
    carry: tuple[str, ...] | None = None
    source: SourceSpec | None = None
    stream: StreamSpec | None = None
    models: Mapping[str, Entry] = field(default_factory=dict)
    sinks: tuple[SinkSpec, ...] = ()
    max_failed_fraction: float = 0.0
    source_rows: int = 4096
    kinds: Mapping[str, Literal["int", "float", "bytes"]] = field(default_factory=dict)
    pipeline_root: str | None = None
    metadata: str | None = None
    beam_pipeline_args: tuple[str, ...] = ()
    enable_cache: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """A step, as it is written; its name is the key."""

    sources: tuple[str, ...] = ("source",)
    model: ModelStep | None = None
    function: FunctionStep | None = None
    split: SplitStep | None = None
    filter: FilterStep | None = None
    lookup: LookupStep | None = None
    vote: VoteStep | None = None


def read_inference_config(
    path: Path,
    parameters: Mapping[str, str] | None = None,
    *,
    project_root: str | None = None,
    given: Collection[str] | None = None,
) -> InferenceFile:
    """Reads a file, and checks what can be checked without models and rows.

    Args:
        path: The file.
        parameters: Values of its parameters, as text.
        project_root: Folder of the project, in which functions are looked for; the working directory where it is not
            given.
        given: Names of the models that a pipeline gives, which then gives all models and the rows; ``None`` where the
            file stands for itself.

    Raises:
        UsageError: Something in it cannot be; the error names file and line.
    """
    entry, values = with_parameters(_extended(path), parameters or {})
    written = typed(_File, _spelled_out(entry))
    models = {name: _model(item) for name, item in written.models.items()}
    graph = InferenceGraph(
        steps=tuple(_step(name, item) for name, item in written.steps.items()),
        key=written.key,
        carry=written.carry,
        models={name: settings for name, (_, settings) in models.items()},
        sinks=written.sinks,
        max_failed_fraction=written.max_failed_fraction,
        source_rows=written.source_rows,
        kinds=written.kinds,
    )
    sources = {name: source for name, (source, _) in models.items()}
    there = (
        given if given is not None else [n for n, source in sources.items() if source.path or source.pipeline]
    )
    name = written.name or path.stem
    found = (
        [] if given is not None else [*_of_file(written, name, sources), *_of_model_sources(sources, graph)]
    )
    found += problems_of(graph, there, project_root=project_root)

    def place_of(at: Place) -> str:
        return _place(entry, at)

    refuse(_once(found), error=UsageError, place_of=place_of, what=str(path))
    return InferenceFile(
        path=path,
        name=name,
        graph=graph,
        models=sources,
        source=written.source,
        stream=written.stream,
        place_of=place_of,
        parameters=values,
        pipeline_root=written.pipeline_root,
        metadata=written.metadata,
        beam_pipeline_args=written.beam_pipeline_args,
        enable_cache=written.enable_cache,
    )


def _extended(path: Path, above: tuple[Path, ...] = ()) -> Entry:
    """Reads a file over the one that it extends, if it does."""
    entry = read_yaml(path)
    base = entry.value.get(EXTENDS)
    if base is None:
        return entry
    rest = Entry({key: item for key, item in entry.value.items() if key != EXTENDS}, entry.place)
    if not isinstance(base.value, str):
        raise UsageError(
            f"{base.place}: {EXTENDS} is no file", expected="a path beside this file", got=repr(base.plain)
        )
    other = path.parent / base.value
    if other.resolve() in (*(p.resolve() for p in above), path.resolve()):
        raise UsageError(
            f"{base.place}: {path} extends itself", got=" -> ".join(map(str, (*above, path, other)))
        )
    return merged(_extended(other, (*above, path)), rest)


# ------------------------------------------------------------------------------------------------------- short forms


def _spelled_out(entry: Entry) -> Entry:
    """Returns the file's content without short forms at its top level."""
    content = dict(entry.value)
    if "source" in content:
        content["source"] = _as_mapping(content["source"], "files")
    if isinstance(getattr(content.get("sinks"), "value", None), tuple):
        sinks = tuple(_with_lists(sink, "key", "columns") for sink in content["sinks"].value)
        content["sinks"] = Entry(sinks, content["sinks"].place)
    return _with_lists(Entry(content, entry.place), "carry")


def _as_mapping(entry: Entry, key: str) -> Entry:
    """Returns a mapping for a text that stands for its one key."""
    return Entry({key: entry}, entry.place) if isinstance(entry.value, str) else entry


def _with_lists(entry: Entry, *keys: str) -> Entry:
    """Returns a mapping in which a text stands as a list of one where a list may stand."""
    if not isinstance(entry.value, Mapping):
        return entry
    content = dict(entry.value)
    for key in keys:
        if key in content and isinstance(content[key].value, str):
            content[key] = Entry((content[key],), content[key].place)
    return Entry(content, entry.place)


def _renamed(entry: Entry, written: str, name: str) -> Entry:
    """Returns a mapping with one key under its field's name; that name itself is then no key."""
    if not isinstance(entry.value, Mapping) or name in entry.value:
        return entry
    return Entry({name if key == written else key: item for key, item in entry.value.items()}, entry.place)


def _step(name: str, entry: Entry) -> Step:
    if not isinstance(entry.value, Mapping):
        raise UsageError(
            f"{entry.place}: step {name!r} is no mapping",
            expected="from: … and model: …, for instance",
            got=repr(entry.plain),
        )
    content = dict(_with_lists(entry, "from").value)
    if "model" in content:
        content["model"] = _renamed(_as_mapping(content["model"], "name"), "name", "model")
    for kind in ("function", "filter"):
        if kind in content:
            content[kind] = _as_mapping(content[kind], "name")
    if "lookup" in content:
        content["lookup"] = _with_lists(content["lookup"], "columns")
    made = typed(_Step, Entry(content, entry.place), written={"sources": "from"})
    return Step(name, **{key: getattr(made, key) for key in _Step.__dataclass_fields__})


def _model(entry: Entry) -> tuple[ModelSource, ModelSettings]:
    full = _with_lists(_as_mapping(entry, "path"), "features")
    source, settings = typed_parts((ModelSource, ModelSettings), full)
    return source, settings


# ------------------------------------------------------------------------------------------------------------- checks


def _of_file(written: _File, name: str, sources: Mapping[str, ModelSource]) -> list[Problem]:
    found = []
    if written.source is None and written.stream is None:
        found.append(Problem(("steps",), "there is nothing to read", "source: …, or stream: …"))
    if name in {source.pipeline for source in sources.values()}:
        message = f"this has the name of pipeline {name}, whose models it takes, and would be recorded among its runs"
        found.append(Problem(("name",), message, hint="give it another: name: …"))
    return found


def _of_model_sources(sources: Mapping[str, ModelSource], graph: InferenceGraph) -> list[Problem]:
    found = []
    for name, source in sources.items():
        at: Place = ("models", name)
        if source.path and source.pipeline:
            found.append(Problem(at, f"model {name!r} has a path and a pipeline", "one of the two"))
        if not source.path and not source.pipeline and graph.models[name].handler is None:
            found.append(
                Problem(at, f"model {name!r} comes from nowhere", "path: …, pipeline: … or handler: …")
            )
        found += [
            Problem((*at, key), f"{key} of model {name!r} is for a pipeline, and none is named")
            for key in ("node", "select")
            if getattr(source, key) is not None and not source.pipeline
        ]
        if isinstance(source.select, int) and source.select < 1:
            found.append(
                Problem((*at, "select"), f"select of model {name!r} is no artifact", "an id from 1 on")
            )
    return found


def _once(found: list[Problem]) -> list[Problem]:
    """Leaves out that a model is not given where it is declared, and what is wrong with it is told."""
    declared = {problem.at[1] for problem in found if len(problem.at) == 2 and problem.at[0] == "models"}
    missing = [f"uses model {name!r}, which is not given" for name in declared]
    return [problem for problem in found if not any(text in problem.message for text in missing)]


def _place(entry: Entry, at: Place) -> str:
    """Returns where something stands, or what is around it where it does not."""
    here = entry
    for part in at:
        found = _inside(here.value, part)
        if found is None:
            break
        here = found
    return here.place


def _inside(value: Any, part: str | int) -> Entry | None:
    if isinstance(value, tuple):
        item: Entry | None = value[part] if isinstance(part, int) and part < len(value) else None
        return item
    if not isinstance(value, Mapping):
        return None
    key: str = [*value][part] if isinstance(part, int) else part
    found: Entry | None = value.get(key) or value.get({"sources": "from", "model": "name"}.get(key, key))
    return found
