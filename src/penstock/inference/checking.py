# SPDX-License-Identifier: Apache-2.0
"""What can be refused of a graph before anything runs: its form, its names, its functions, its columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from penstock.errors import did_you_mean
from penstock.inference.functions import missing_functions
from penstock.inference.problems import Place, Problem, refuse
from penstock.inference.setting_checks import NAME, of_settings, of_sinks, twice
from penstock.inference.spec import SOURCE, InferenceGraph, Step
from penstock.inference.ways import Origin, cycle
from penstock.inference.ways import ends as ends
from penstock.inference.ways import ordered as ordered

KINDS = ("model", "function", "split", "filter", "lookup", "vote")


def check(
    graph: InferenceGraph, models: Collection[str] | None = None, *, project_root: str | None = None
) -> None:
    """Refuses a graph that cannot work, whatever the rows are.

    Args:
        graph: The graph.
        models: Names of the models that are given; ``None`` leaves open which there are.
        project_root: Folder of the project, in which functions are looked for; the working directory where it is not
            given.

    Raises:
        ParameterError: It cannot work; the error tells all that is wrong.
    """
    refuse(problems(graph, models, project_root=project_root))


def problems(
    graph: InferenceGraph, models: Collection[str] | None = None, *, project_root: str | None = None
) -> list[Problem]:
    """Returns all that :func:`check` would refuse."""
    found = [*_of_names(graph), *_of_edges(graph), *_of_steps(graph), *of_settings(graph), *of_sinks(graph)]
    if models is not None:
        found += _of_models(graph, models)
    return [*found, *missing_functions(graph, project_root)]


# -------------------------------------------------------------------------------------------------- steps and edges


def _of_names(graph: InferenceGraph) -> Iterator[Problem]:
    if not graph.steps:
        yield Problem(("steps",), "the graph has no steps", "at least one")
    met: set[str] = set()
    for index, step in enumerate(graph.steps):
        at: Place = ("steps", index)
        if step.name == SOURCE:
            yield Problem(at, f"a step is called {SOURCE!r}, which stands for the rows as they are read")
        elif not NAME.match(step.name):
            yield Problem(
                at,
                "the name of a step is not usable",
                "letters, digits and '_', no digit first",
                repr(step.name),
            )
        if step.name in met:
            yield Problem(at, f"two steps are called {step.name!r}", hint="give one of them another name")
        met.add(step.name)


def _of_edges(graph: InferenceGraph) -> Iterator[Problem]:
    steps = {step.name: step for step in graph.steps}
    taken: set[tuple[str, str]] = set()
    for index, step in enumerate(graph.steps):
        at: Place = ("steps", index, "sources")
        if not step.sources:
            yield Problem(at, f"step {step.name!r} comes from nothing", f"{SOURCE!r}, or other steps")
        for source in dict.fromkeys(step.sources):
            origin = Origin.parse(source)
            if step.sources.count(source) > 1:
                yield Problem(at, f"step {step.name!r} comes from {source!r} twice")
            if origin.way is not None:
                taken.add((origin.step, origin.way))
            yield from _of_edge(at, step, source, origin, steps)
    loop = cycle(graph)
    if loop:
        index = next(i for i, step in enumerate(graph.steps) if step.name == loop[0])
        yield Problem(
            ("steps", index, "sources"),
            f"the steps form a cycle: {' -> '.join(loop)}",
            hint="a step cannot, through other steps, come from itself; take one of these edges out",
        )
    for index, step in enumerate(graph.steps):
        for way in step.split.shares if step.split else ():
            if (step.name, way) not in taken:
                yield Problem(
                    ("steps", index, "split", "shares", way),
                    f"no step comes from {step.name}.{way}, so its rows would be lost",
                    hint=f"add a step from {step.name}.{way}, or use a filter to leave rows out",
                )


def _of_edge(
    at: Place, step: Step, source: str, origin: Origin, steps: Mapping[str, Step]
) -> Iterator[Problem]:
    known = [SOURCE, *(name for name in steps if name != step.name)]
    before = steps.get(origin.step)
    if origin.step == SOURCE:
        if origin.way is not None:
            yield Problem(at, f"step {step.name!r} comes from {source!r}, and {SOURCE} has no ways")
    elif before is None:
        yield Problem(
            at,
            f"step {step.name!r} comes from {source!r}, which is no step",
            hint=did_you_mean(origin.step, known),
        )
    elif before.split is None:
        if origin.way is not None:
            yield Problem(
                at,
                f"step {step.name!r} comes from {source!r}, and {origin.step} is no split",
                hint=f"write {origin.step!r}",
            )
    elif origin.way is None:
        ways = ", ".join(f"{origin.step}.{way}" for way in before.split.shares)
        yield Problem(
            at, f"step {step.name!r} comes from the split {source!r} and names no way", f"one of {ways}"
        )
    elif origin.way not in before.split.shares:
        yield Problem(
            at,
            f"step {step.name!r} comes from {source!r}, and {origin.step} has no way {origin.way!r}",
            hint=did_you_mean(origin.way, before.split.shares),
        )


def _of_steps(graph: InferenceGraph) -> Iterator[Problem]:
    for index, step in enumerate(graph.steps):
        at: Place = ("steps", index)
        given = [kind for kind in KINDS if getattr(step, kind) is not None]
        if len(given) > 1:
            yield Problem(
                at,
                f"step {step.name!r} does several things",
                "one of them",
                " and ".join(given),
                "make a step of each",
            )
        elif not given and len(step.sources) < 2:
            yield Problem(
                at,
                f"step {step.name!r} does nothing",
                f"one of {', '.join(KINDS)}, or several steps that it comes from",
            )
        yield from _of_split(at, step, graph)
        yield from _of_vote(at, step)
        yield from _of_lookup(at, step)
        if step.model is not None and len(set(step.model.outputs.values())) < len(step.model.outputs):
            yield Problem((*at, "model", "outputs"), f"step {step.name!r} gives two outputs the same column")


def _of_split(at: Place, step: Step, graph: InferenceGraph) -> Iterator[Problem]:
    split = step.split
    if split is None:
        return
    if not split.shares:
        yield Problem((*at, "split", "shares"), f"split {step.name!r} has no ways", "{a: 70, b: 30}")
    for way, share in split.shares.items():
        here: Place = (*at, "split", "shares", way)
        if not NAME.match(way):
            yield Problem(
                here,
                f"the name of a way of {step.name!r} is not usable",
                "letters, digits and '_'",
                repr(way),
            )
        if isinstance(share, bool) or not isinstance(share, int) or share < 1:
            yield Problem(
                here,
                f"share {way!r} of {step.name!r} is not positive",
                "a whole number from 1 on",
                repr(share),
            )
    if split.by is None and graph.key is None:
        yield Problem(
            (*at, "split"),
            f"split {step.name!r} has no column to go by",
            hint="give the graph a key, or the split `by`",
        )


def _of_vote(at: Place, step: Step) -> Iterator[Problem]:
    vote = step.vote
    if vote is None:
        return
    if len(step.sources) < 2:
        yield Problem(
            (*at, "sources"), f"vote {step.name!r} comes from one step", "two or more, one for each answer"
        )
    if vote.weights and vote.method == "mean":
        yield Problem(
            (*at, "vote", "weights"),
            f"vote {step.name!r} has weights, and a mean has none",
            hint="method: weighted",
        )
    for source, weight in vote.weights.items():
        here: Place = (*at, "vote", "weights", source)
        if source not in step.sources:
            yield Problem(
                here,
                f"vote {step.name!r} weighs {source!r}, which it does not come from",
                hint=did_you_mean(source, step.sources),
            )
        if not (math.isfinite(weight) and weight >= 0):
            yield Problem(
                here,
                f"the weight of {source!r} in vote {step.name!r} is not usable",
                "a number from 0 on",
                str(weight),
            )
    if vote.weights and not any(vote.weights.get(source, 1) > 0 for source in step.sources):
        yield Problem((*at, "vote", "weights"), f"all weights of vote {step.name!r} are 0")


def _of_lookup(at: Place, step: Step) -> Iterator[Problem]:
    if step.lookup is None:
        return
    for name in ("url", "table", "on"):
        if not getattr(step.lookup, name):
            yield Problem((*at, "lookup", name), f"lookup {step.name!r} names no {name}")
    for name in twice(step.lookup.columns):
        yield Problem((*at, "lookup", "columns"), f"lookup {step.name!r} names column {name!r} twice")


# ------------------------------------------------------------------------------------------------ models and settings


def _of_models(graph: InferenceGraph, given: Collection[str]) -> Iterator[Problem]:
    used: set[str] = set()
    remote = {name for name, settings in graph.models.items() if settings.handler is not None}
    for index, step in enumerate(graph.steps):
        if step.model is None:
            continue
        used.add(step.model.model)
        if step.model.model not in given and step.model.model not in remote:
            yield Problem(
                ("steps", index, "model", "model"),
                f"step {step.name!r} uses model {step.model.model!r}, which is not given",
                hint=did_you_mean(step.model.model, [*given, *remote]),
            )
    for name in dict.fromkeys([*given, *graph.models]):
        if name not in used:
            yield Problem(
                ("models", name), f"no step uses model {name!r}", hint="take it out, or add a step `model: …`"
            )
