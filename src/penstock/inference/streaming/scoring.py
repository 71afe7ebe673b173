# SPDX-License-Identifier: Apache-2.0
"""One tick: what came in goes through the graph, each input's results to a place of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from penstock import files
from penstock.errors import DataError, ParameterError, PenstockError, StorageError
from penstock.inference.columns import Kind
from penstock.inference.job import InferenceJob, InferenceSummary, ModelRef, SourceFiles
from penstock.inference.recorded_models import known_models
from penstock.inference.spec import InferenceGraph, SinkSpec
from penstock.inference.streaming import letters
from penstock.inference.streaming.decoding import RefusedMessage
from penstock.inference.streaming.incoming import Incoming, Outcome
from penstock.inference.streaming.shelf import put
from penstock.inference.wanted_kinds import wanted_kinds
from penstock.inference.ways import ends

if TYPE_CHECKING:
    import pyarrow as pa

Models = Mapping[str, ModelRef]


class KindsOfModels:
    """What the models that serve want columns to be read as.

    Args:
        graph: What is done with the rows.
    """

    def __init__(self, graph: InferenceGraph) -> None:
        self._graph = graph
        self._known: tuple[Models, Mapping[str, Kind]] = ({}, {})

    def __call__(self, models: Models) -> Mapping[str, Kind]:
        """Returns the kinds by column; models' files are looked at when others serve than before."""
        if models != self._known[0]:
            self._known = (dict(models), wanted_kinds(self._graph, known_models(models)))
        return self._known[1]


class RunJob(Protocol):
    """The engine."""

    def __call__(self, job: InferenceJob) -> InferenceSummary:
        """Runs a job to its end."""


class Deliver(Protocol):
    """Delivers the rows of files to a sink, all or none, once for each ``run_token``."""

    def __call__(self, spec: SinkSpec, rows: Sequence[str], *, run_token: str) -> object: ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where a stream writes.

    Attributes:
        output: Folder of the results.
        dead_letters: Folder of what failed.
        work: Local folder for what is in the making.
        project_root: Folder of the user's project.
    """

    output: str
    dead_letters: str
    work: str
    project_root: str


@dataclass(frozen=True, slots=True)
class TickResult:
    """What became of the inputs of a tick.

    Attributes:
        done: What is scored and published, or in the dead letters.
        unread: What could not be read, and why.
        changed: Files that have become other files meanwhile; nothing was published of them.
    """

    done: tuple[tuple[Incoming, Outcome], ...] = ()
    unread: tuple[tuple[Incoming, str], ...] = ()
    changed: tuple[Incoming, ...] = ()

    def __add__(self, other: TickResult) -> TickResult:
        return TickResult(self.done + other.done, self.unread + other.unread, self.changed + other.changed)


class Scorer:
    """Scores inputs.

    Args:
        graph: What is done with their rows.
        places: Where results go.
        run_job: The engine.
        deliver: Delivers to the graph's sinks.
        has_changed: Says whether a file has become another one since it was taken.
        refused: Returns the messages of a batch that are no rows, by the batch's name.
    """

    def __init__(
        self,
        graph: InferenceGraph,
        places: Places,
        run_job: RunJob,
        deliver: Deliver,
        has_changed: Callable[[Incoming], bool],
        refused: Callable[[str], Sequence[RefusedMessage]],
    ) -> None:
        self._graph = graph
        self._places = places
        self._run_job = run_job
        self._deliver = deliver
        self._has_changed = has_changed
        self._refused = refused
        self._ends = ends(graph)
        self._kinds = KindsOfModels(graph)

    def score(self, incoming: Sequence[Incoming], models: Models) -> TickResult:
        """Scores inputs, delivers and publishes their results; doing it again does no harm.

        Raises:
            PenstockError: Something is wrong that is not an input's fault.
        """
        result = TickResult()
        readable = []
        for item in incoming:
            if item.defect:
                result += self._given_up(item, letters.of_file(item), models)
            elif not item.uri:
                result += self._given_up(item, letters.of_messages(item, self._refused(item.name)), models)
            else:
                readable.append(item)
        groups, unread = self._alike(readable, models)
        result += TickResult(unread=tuple(unread))
        for group in groups:
            result += self._run(group, models)
        return result

    # -------------------------------------------------------------------------------------------------------- what fits

    def _alike(
        self, incoming: Sequence[Incoming], models: Models
    ) -> tuple[list[list[Incoming]], list[tuple[Incoming, str]]]:
        """Groups inputs by their columns: a job reads its files as one table, and a neighbour must not change types."""
        if len(incoming) < 2:
            return [[item] for item in incoming], []
        groups: dict[str, list[Incoming]] = {}
        unread = []
        for item in incoming:
            try:
                groups.setdefault(self._columns(item, models), []).append(item)
            except PenstockError as error:
                if not _is_about(error, [item]):
                    raise
                unread.append((item, str(error)))
        return list(groups.values()), unread

    def _columns(self, item: Incoming, models: Models) -> str:
        from penstock.inference.reading import open_source

        source = SourceFiles((item.uri,), item.format, kinds=self._kinds(models))
        reader = open_source(source, self._graph.source_rows)
        return f"{type(reader).__name__}: {reader.schema}"

    # --------------------------------------------------------------------------------------------------------- the job

    def _run(self, group: Sequence[Incoming], models: Models) -> TickResult:
        work = self._places.work
        files.remove_tree(work)
        os.makedirs(work)
        job = InferenceJob(
            graph=self._graph,
            models=models,
            source=SourceFiles(tuple(item.uri for item in group), group[0].format, kinds=self._kinds(models)),
            result_uri=os.path.join(work, "results"),
            dead_letters_uri=os.path.join(work, "failed"),
            project_root=self._places.project_root,
            temp_dir=os.path.join(work, "temp"),
            component="stream",
            result_per_file=True,
        )
        try:
            summary = self._run_job(job)
        except PenstockError as error:
            if not _is_about(error, group):
                raise
            if len(group) == 1:
                return TickResult(unread=((group[0], str(error)),))
            half = len(group) // 2
            return self._run(group[:half], models) + self._run(group[half:], models)
        failed = letters.of_rows(job.dead_letters_uri, group)
        result = TickResult()
        for index, item in enumerate(group):
            if self._has_changed(item):
                result += TickResult(changed=(item,))
                continue
            made = {step: output.files[index] for step, output in summary.outputs.items() if output.files}
            outcome = self._publish(item, made, failed.get(item.identity), models)
            result += TickResult(done=((item, outcome),))
        return result

    def _publish(
        self, item: Incoming, made: Mapping[str, str], failed: pa.Table | None, models: Models
    ) -> Outcome:
        """Delivers to the sinks, then lets the results be seen, then what failed."""
        for sink in self._graph.sinks:
            rows = made.get(sink.source or self._ends[0], "")
            if rows:
                self._deliver(sink, (rows,), run_token=item.name)
        results, rows_out = {}, 0
        for step in self._ends:
            if file := made.get(step, ""):
                rows_out += _num_rows(file)
                results[step] = self._place(self._places.output, item, step)
                put(file, results[step])
        dead_letters = self._put_letters(item, failed)
        return Outcome(rows_out, failed.num_rows if failed is not None else 0, results, dead_letters, models)

    def _place(self, folder: str, item: Incoming, step: str | None = None) -> str:
        name = f"{item.name}.parquet"
        return files.join(folder, step, name) if step and len(self._ends) > 1 else files.join(folder, name)

    def _given_up(self, item: Incoming, table: pa.Table, models: Models) -> TickResult:
        outcome = Outcome(0, table.num_rows, {}, self._put_letters(item, table), models)
        return TickResult(done=((item, outcome),))

    def _put_letters(self, item: Incoming, table: pa.Table | None) -> str:
        if table is None:
            return ""
        import pyarrow.parquet as pq

        os.makedirs(self._places.work, exist_ok=True)
        made = os.path.join(self._places.work, "letters.parquet")
        with files.storage_errors("write", made):
            pq.write_table(table, made)
        uri = self._place(self._places.dead_letters, item)
        put(made, uri)
        return uri


def _is_about(error: PenstockError, group: Sequence[Incoming]) -> bool:
    """Says whether an error is one of the files that were read, and not of anything else."""
    if isinstance(error, StorageError):
        return error.input in {item.uri for item in group}
    return isinstance(error, DataError)


def _num_rows(file: str) -> int:
    import pyarrow.parquet as pq

    rows: Any = pq.read_metadata(file).num_rows
    return int(rows)


def in_streams(sink: SinkSpec) -> SinkSpec:
    """Returns a sink as a stream needs it: what is delivered comes to what is there, and only once.

    Raises:
        ParameterError: It cannot do that.
    """
    if sink.bigquery:
        raise ParameterError(
            "a stream cannot have a BigQuery sink: after a crash it would be given the same rows again",
            input=sink.bigquery,
            hint="load the stream's results, a Parquet file for each input, with a job of their own",
        )
    if sink.path and sink.options.get("mode", "append") != "append":
        raise ParameterError(
            "a sink of a stream cannot have the mode 'replace': it would hold the latest file's rows alone",
            input=sink.path,
            expected="append",
        )
    return replace(sink, options={**sink.options, "mode": "append"}) if sink.path else sink
