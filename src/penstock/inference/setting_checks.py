# SPDX-License-Identifier: Apache-2.0
"""What can be refused of a graph's settings, models and sinks before anything runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from penstock.errors import ParameterError, did_you_mean
from penstock.inference.problems import Place, Problem
from penstock.inference.sinks.options import options_of
from penstock.inference.spec import InferenceGraph, ModelSettings, SinkSpec
from penstock.inference.ways import ends

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
"""What steps, ways and models may be called."""


def of_settings(graph: InferenceGraph) -> Iterator[Problem]:
    """Yields what is wrong with the graph's own settings and with those of its models."""
    if not 0 <= graph.max_failed_fraction <= 1:
        yield Problem(
            ("max_failed_fraction",),
            "max_failed_fraction is no fraction",
            "0 to 1",
            str(graph.max_failed_fraction),
        )
    if graph.source_rows < 1:
        yield Problem(("source_rows",), "source_rows must be at least 1", got=str(graph.source_rows))
    if graph.carry is not None and twice(graph.carry):
        yield Problem(("carry",), f"carry names column {twice(graph.carry)[0]!r} twice")
    for name, settings in graph.models.items():
        if not NAME.match(name):
            yield Problem(
                ("models", name),
                "the name of a model is not usable",
                "letters, digits and '_', no digit first",
                repr(name),
            )
        yield from _of_model(("models", name), name, settings)


def _of_model(at: Place, name: str, settings: ModelSettings) -> Iterator[Problem]:
    for attribute in ("batch_rows", "threads", "timeout_seconds", "model_copies"):
        value = getattr(settings, attribute)
        least = 0 if attribute == "timeout_seconds" else 1
        if value is not None and (value < least or value == 0):
            yield Problem(
                (*at, attribute),
                f"{attribute} of model {name!r} is too small",
                "more than 0" if least == 0 else "at least 1",
                str(value),
            )
    if settings.large_model and settings.model_copies is not None:
        yield Problem(
            (*at, "model_copies"),
            f"model {name!r} is a large_model and has model_copies",
            "one of the two",
            hint="large_model means one copy on a machine",
        )
    if twice(settings.features):
        yield Problem(
            (*at, "features"), f"features of model {name!r} name {twice(settings.features)[0]!r} twice"
        )
    if settings.handler is None:
        for attribute in ("handler_arguments", "inference_arguments", "elements", "element_key"):
            if getattr(settings, attribute):
                yield Problem(
                    (*at, attribute), f"{attribute} of model {name!r} is for a handler, and none is named"
                )


def of_sinks(graph: InferenceGraph) -> Iterator[Problem]:
    """Yields what is wrong with the graph's sinks."""
    names = [step.name for step in graph.steps]
    last = ends(graph)
    for index, sink in enumerate(graph.sinks):
        at: Place = ("sinks", index)
        if sink.source is None and len(last) != 1:
            yield Problem(
                (*at, "source"),
                "a sink does not say which step's rows it takes",
                f"source: one of {', '.join(last)}",
                f"{len(last)} steps that end the graph",
            )
        elif sink.source is not None and sink.source not in names:
            yield Problem(
                (*at, "source"),
                f"a sink takes the rows of {sink.source!r}, which is no step",
                hint=did_you_mean(sink.source, names),
            )
        elif sink.source is not None and any(step.name == sink.source and step.split for step in graph.steps):
            yield Problem(
                (*at, "source"),
                f"a sink takes the rows of {sink.source!r}, which is a split",
                hint="name the step that comes from one of its ways",
            )
        yield from _of_place(at, sink)


def _of_place(at: Place, sink: SinkSpec) -> Iterator[Problem]:
    given = [name for name in ("path", "url", "bigquery") if getattr(sink, name)]
    if len(given) != 1:
        yield Problem(
            at, "a sink has one place", "one of path, url and bigquery", " and ".join(given) or "none"
        )
    if sink.url and not sink.table:
        yield Problem((*at, "table"), "a sink to a database names no table")
    if sink.table and given and not sink.url:
        yield Problem((*at, "table"), f"a sink with a {given[0]} has a table", hint="table is for a url")
    if sink.format != "parquet" and given and not sink.path:
        yield Problem((*at, "format"), f"a sink with a {given[0]} has a format", hint="format is for a path")
    if len(given) == 1:
        try:
            options_of(sink)
        except ParameterError as error:
            yield Problem((*at, "options"), error.message, error.expected, error.got, error.hint)
    for name in ("columns", "key"):
        for column in twice(getattr(sink, name)):
            yield Problem((*at, name), f"{name} of a sink names {column!r} twice")


def twice(names: Collection[str]) -> list[str]:
    """Returns the names that have been there before."""
    met: set[str] = set()
    return [name for name in names if name in met or met.add(name)]  # type: ignore[func-returns-value]  # add returns None
