# SPDX-License-Identifier: Apache-2.0
"""Which columns rows have at each step of a graph, as far as that is known before they are read, and what is amiss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from penstock.errors import ParameterError, did_you_mean
from penstock.inference.columns import UNKNOWN as UNKNOWN
from penstock.inference.columns import Column as Column
from penstock.inference.columns import Columns as Columns
from penstock.inference.columns import Kind as Kind
from penstock.inference.columns import is_taken, kind_of_dtype, outputs_of, takes_examples
from penstock.inference.problems import Place, Problem, refuse
from penstock.inference.spec import SOURCE, InferenceGraph, ModelStep, Step
from penstock.inference.ways import (
    Origin,
    all_provenance_columns,
    ends,
    joined_columns,
    ordered,
    provenance_columns,
)
from penstock.models.signature import ModelInfo, Signature, TensorSpec


def columns(
    graph: InferenceGraph, source: Columns = UNKNOWN, models: Mapping[str, ModelInfo] | None = None
) -> Mapping[str, Columns]:
    """Returns the columns at each step.

    Args:
        graph: The graph, as ``checking.check`` has let it through.
        source: Columns of the source.
        models: What is known of the models, by name.

    Raises:
        ParameterError: A column is missing, or made twice; the error tells all that is wrong.
    """
    found, problems = flow_of_columns(graph, source, models or {})
    refuse(problems)
    return found


def flow_of_columns(
    graph: InferenceGraph, source: Columns, models: Mapping[str, ModelInfo]
) -> tuple[Mapping[str, Columns], list[Problem]]:
    """Returns the columns at each step, and all problems with them instead of an error."""
    flow = _Flow(graph, source, models)
    for step in ordered(graph):
        flow.pass_through(step)
    flow.look_at_results()
    return flow.at, flow.problems


class _Flow:
    """The columns found so far, and what is amiss with them."""

    def __init__(self, graph: InferenceGraph, source: Columns, models: Mapping[str, ModelInfo]) -> None:
        self._graph = graph
        self._models = models
        self._index = {step.name: index for index, step in enumerate(graph.steps)}
        self._provenance = all_provenance_columns(graph)
        self.at: dict[str, Columns] = {SOURCE: source}
        self.problems: list[Problem] = []

    def pass_through(self, step: Step) -> None:
        """Finds the columns that a step leaves."""
        ways = [self.at[Origin.parse(name).step] for name in step.sources]
        rows = self._joined(step, ways)
        if step.model is not None:
            rows = self._predicted(step, step.model, rows)
        elif step.function is not None:
            # It may replace any of them: which there are stays known, what they hold does not.
            rows = Columns(
                {name: Column(column.added_by) for name, column in rows.known.items()},
                more=True,
            )
        elif step.split is not None:
            self._need(step, ("split", "by"), step.split.by or self._graph.key, rows)
        elif step.lookup is not None:
            rows = self._looked_up(step, rows)
        elif step.vote is not None:
            rows = self._voted(step, ways, rows)
        self.at[step.name] = rows

    def look_at_results(self) -> None:
        """Checks the columns that results and sinks are to have."""
        graph, source = self._graph, self.at[SOURCE]
        named = [(("key",), graph.key), *((("carry",), name) for name in graph.carry or ())]
        for at, name in [*named, *((("kinds", name), name) for name in graph.kinds)]:
            if name is not None and source.lacks(name):
                self._tell(at, f"the source has no column {name!r}", source, name)
        for index, sink in enumerate(graph.sinks):
            rows = in_results(self.at.get(sink.source or ends(graph)[0], UNKNOWN), graph)
            for key in ("key", "columns"):
                for name in getattr(sink, key):
                    if rows.lacks(name):
                        where = f"step {sink.source!r}" if sink.source else "the last step"
                        self._tell(
                            ("sinks", index, key),
                            f"the results of {where} have no column {name!r}",
                            rows,
                            name,
                        )

    # ----------------------------------------------------------------------------------------------------- by kind

    def _joined(self, step: Step, ways: Sequence[Columns]) -> Columns:
        labels = [Origin.parse(name).label for name in step.sources]
        origins = [{name: column.added_by for name, column in way.known.items()} for way in ways]
        joined = joined_columns(list(zip(labels, origins, strict=True)), self._provenance)
        known: dict[str, Column] = {}
        for found in joined:
            if found.name in known:
                self._add(
                    step,
                    ("sources",),
                    f"step {step.name!r} would have two columns {found.name!r}: of "
                    f"{known[found.name].added_by!r} and of {found.added_by!r}",
                    hint="rename one where it is made",
                )
            known[found.name] = ways[found.way].known[found.column]
        return Columns(known, any(way.more for way in ways))

    def _predicted(self, step: Step, work: ModelStep, rows: Columns) -> Columns:
        info = self._models.get(work.model)
        signature = self._signature(step, work, info)
        for name in work.inputs.values() if not work.preprocess else ():
            self._need(step, ("model", "inputs"), name, rows)
        if signature is not None and info is not None and not work.preprocess:
            self._check_inputs(step, work, signature, info, rows)
        if signature is not None:
            self._check_outputs(step, work, signature)
        known, more = dict(rows.known), rows.more
        made = outputs_of(work, signature)
        if work.postprocess or made is None:
            more = True
        for name, column in (made or {}).items() if not work.postprocess else ():
            self._make(step, ("model", "outputs"), name, replace(column, added_by=step.name), known)
        identity, version = provenance_columns(self._graph, step.name)
        self._make(step, ("model",), identity, Column(step.name, "int", False, "int64"), known)
        self._make(step, ("model",), version, Column(step.name, "bytes", False, "string"), known)
        return Columns(known, more)

    def _signature(self, step: Step, work: ModelStep, info: ModelInfo | None) -> Signature | None:
        if info is None or not info.signatures:
            return None
        settings = self._graph.models.get(work.model)
        wanted = work.signature or (settings.signature if settings else None)
        if wanted is None:
            found = info.signature
        else:
            found = next((signature for signature in info.signatures if signature.name == wanted), None)
            if found is None:
                names = [signature.name for signature in info.signatures]
                self._add(
                    step,
                    ("model", "signature"),
                    f"model {work.model!r} has no signature {wanted!r}",
                    hint=did_you_mean(wanted, names),
                )
        features = settings.features if settings else ()
        if found is None or not features:
            return found
        try:
            return found.with_inputs_named(features)
        except ParameterError as error:
            at: Place = ("models", work.model, "features")
            message = f"the features of model {work.model!r} do not go with its signature"
            self.problems.append(Problem(at, message, error.expected, error.got))
            return None

    def _check_inputs(
        self, step: Step, work: ModelStep, signature: Signature, info: ModelInfo, rows: Columns
    ) -> None:
        names = [spec.name for spec in signature.inputs]
        for name in work.inputs:
            if name not in names:
                self._add(
                    step, ("model", "inputs", name), f"model {work.model!r} has no input {name!r}",
                    hint=did_you_mean(name, names),
                )  # fmt: skip
        if takes_examples(signature, info) and rows.lacks(work.inputs.get(names[0], names[0])):
            return
        for spec in signature.inputs:
            column = work.inputs.get(spec.name, spec.name)
            if rows.lacks(column):
                if spec.name not in work.inputs:  # one that is written there is told already
                    message = f"model {work.model!r} takes {spec}, and step {step.name!r} has no such column"
                    self._tell(("steps", self._index[step.name], "model"), message, rows, column)
            elif column in rows.known:
                self._check_type(step, work, spec, column, rows.known[column])

    def _check_outputs(self, step: Step, work: ModelStep, signature: Signature) -> None:
        names = [spec.name for spec in signature.outputs]
        for name in work.outputs if names else ():
            if name not in names:
                self._add(
                    step, ("model", "outputs", name), f"model {work.model!r} has no output {name!r}",
                    hint=did_you_mean(name, names),
                )  # fmt: skip

    def _check_type(self, step: Step, work: ModelStep, spec: TensorSpec, name: str, column: Column) -> None:
        wanted = kind_of_dtype(spec.dtype)
        if column.readable is not None and wanted not in (None, "bytes", *column.readable):
            self._add(
                step,
                ("model", "inputs", spec.name),
                f"column {name!r} is not what model {work.model!r} takes",
                str(spec),
                "values of which none is a" + (" whole number" if wanted == "int" else " number"),
                "name the column that is meant with `inputs`, or convert this one with `preprocess`",
            )
            return
        fits = column.kind is None or is_taken(column.kind, spec.dtype)
        width = 1
        for size in (spec.shape or ())[1:]:
            width *= size if size is not None else 1
        one_value = column.is_list is False and width > 1
        if not fits or one_value:
            self._add(
                step,
                ("model", "inputs", spec.name),
                f"column {name!r} is not what model {work.model!r} takes",
                str(spec),
                f"{column.kind}, one value a row" if one_value else str(column.kind),
            )

    def _looked_up(self, step: Step, rows: Columns) -> Columns:
        lookup = step.lookup
        assert lookup is not None
        self._need(step, ("lookup", "on"), lookup.on, rows)
        known = dict(rows.known)
        for name in lookup.columns:
            if name != (lookup.key or lookup.on):
                self._make(step, ("lookup", "columns"), name, Column(step.name), known)
        return Columns(known, rows.more or not lookup.columns)

    def _voted(self, step: Step, ways: Sequence[Columns], rows: Columns) -> Columns:
        vote = step.vote
        assert vote is not None
        for source, way in zip(step.sources, ways, strict=True):
            if way.lacks(vote.column):
                self._tell(
                    ("steps", self._index[step.name], "vote", "column"),
                    f"step {source!r} gives vote {step.name!r} no column {vote.column!r}",
                    way,
                    vote.column,
                )
        known = dict(rows.known)
        self._make(step, ("vote", "output"), vote.output, Column(step.name), known)
        return Columns(known, rows.more)

    # ------------------------------------------------------------------------------------------------------ telling

    def _need(self, step: Step, place: Place, name: str | None, rows: Columns) -> None:
        if name is not None and rows.lacks(name):
            at = ("steps", self._index[step.name], *place)
            self._tell(at, f"the rows of step {step.name!r} have no column {name!r}", rows, name)

    def _make(self, step: Step, place: Place, name: str, column: Column, known: dict[str, Column]) -> None:
        if name in known:
            self._add(
                step,
                place,
                f"step {step.name!r} makes a column {name!r}, which {known[name].added_by!r} has made before",
                hint="give it another name: a model's with `outputs`, a vote's with `output`, a step's own by its name",
            )
        known[name] = column

    def _tell(self, at: Place, message: str, rows: Columns, name: str) -> None:
        self.problems.append(Problem(at, message, hint=did_you_mean(name, rows.known)))

    def _add(
        self, step: Step, place: Place, message: str, expected: str | None = None, got: str | None = None,
        hint: str | None = None,
    ) -> None:  # fmt: skip
        at = ("steps", self._index[step.name], *place)
        self.problems.append(Problem(at, message, expected, got, hint))


def in_results(rows: Columns, graph: InferenceGraph) -> Columns:
    """Returns the columns that results have: of the source's only the key and those that are carried along."""
    kept = {
        name: column
        for name, column in rows.known.items()
        if column.added_by != SOURCE or graph.carry is None or name == graph.key or name in graph.carry
    }
    return Columns(kept, rows.more)
