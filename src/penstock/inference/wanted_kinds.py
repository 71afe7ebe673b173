# SPDX-License-Identifier: Apache-2.0
"""As what the columns of a source are to be read, so that models can take them; one odd cell must not decide that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from penstock.errors import ParameterError
from penstock.inference.columns import Kind, holds_lists, kind_of_dtype, outputs_of, takes_examples
from penstock.inference.spec import SOURCE, InferenceGraph, ModelSettings, ModelStep, Step
from penstock.inference.ways import Origin, ordered
from penstock.models.signature import ModelInfo, Signature


def wanted_kinds(graph: InferenceGraph, models: Mapping[str, ModelInfo]) -> dict[str, Kind]:
    """Returns the kinds that the graph names and that models want of columns of the source, by column.

    Only columns count that come to a model as they are read: neither its preprocess function nor a step before it may
    change them. A column that models want as text and as numbers is left out; one that they want as whole numbers and
    as others is to have whole ones, which both take.

    Args:
        graph: The graph, as ``checking.check`` has let it through.
        models: What is recorded of the models, by name.
    """
    wanted: dict[str, set[Kind]] = {}
    made: dict[str, frozenset[str] | None] = {SOURCE: frozenset()}
    for step in ordered(graph):
        before = [made[Origin.parse(name).step] for name in step.sources]
        known = [names for names in before if names is not None]
        if len(known) < len(before):  # a function may have changed any column
            made[step.name] = None
            continue
        changed = frozenset().union(*known)
        for name, kind in _wanted_by(step, graph, models):
            if name not in changed:
                wanted.setdefault(name, set()).add(kind)
        made[step.name] = None if step.function is not None else changed | _made_by(step, graph, models)
    derived = {
        name: _one_of(kinds) for name, kinds in wanted.items() if kinds == {"bytes"} or "bytes" not in kinds
    }
    return {**derived, **graph.kinds}


def _one_of(kinds: set[Kind]) -> Kind:
    return "int" if "int" in kinds else next(iter(kinds))


def _wanted_by(
    step: Step, graph: InferenceGraph, models: Mapping[str, ModelInfo]
) -> Iterator[tuple[str, Kind]]:
    work = step.model
    if work is None or work.preprocess:
        return
    signature, info = _signature(work, graph, models), models.get(work.model)
    if signature is None or info is None:
        return
    examples = takes_examples(signature, info)
    for spec in signature.inputs:
        kind = kind_of_dtype(spec.dtype)
        if (
            kind is not None
            and holds_lists(spec) is False
            and not (examples and spec.name not in work.inputs)
        ):
            yield work.inputs.get(spec.name, spec.name), kind


def _made_by(step: Step, graph: InferenceGraph, models: Mapping[str, ModelInfo]) -> frozenset[str]:
    if step.model is not None:
        return frozenset(outputs_of(step.model, _signature(step.model, graph, models)) or ())
    if step.lookup is not None:
        return frozenset(step.lookup.columns)
    return frozenset((step.vote.output,) if step.vote is not None else ())


def _signature(work: ModelStep, graph: InferenceGraph, models: Mapping[str, ModelInfo]) -> Signature | None:
    """Returns the signature that a step calls; ``None`` where it is not recorded, or the settings do not go with it."""
    info, settings = models.get(work.model), graph.models.get(work.model, ModelSettings())
    if info is None or settings.handler is not None:
        return None
    name = work.signature or settings.signature
    found = next((one for one in info.signatures if one.name == name), None) if name else info.signature
    try:
        return found.with_inputs_named(settings.features) if found is not None else None
    except ParameterError:  # which the check of the columns tells
        return None
