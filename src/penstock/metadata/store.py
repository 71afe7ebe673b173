# SPDX-License-Identifier: Apache-2.0
"""The metadata store as the rest of Penstock sees it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType

from penstock.artifacts.artifact import Artifact, ArtifactState, PropertyValue
from penstock.errors import MetadataError
from penstock.metadata import latest, lineage, names, publishing, queries, runs
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.connection import Connection, database_of
from penstock.metadata.owner import Owner
from penstock.metadata.records import (
    ArtifactMap,
    CacheHit,
    ExecutionRecord,
    FinalState,
    LineageEdge,
    LineageGraph,
    NewExecution,
    RunRecord,
)
from penstock.metadata.session import Session


class MetadataStore:
    """Runs, executions and artifacts, in a store that TFX can read and that may hold what TFX wrote.

    Every write is one transaction, takes place alone among all processes, and comes out the same when it is repeated.
    Threads may share a store; after a fork each side goes on with a connection of its own. All methods raise
    ``MetadataError`` where the store fails.
    """

    def __init__(self, connection: Connection) -> None:
        self._session = Session(connection)

    @classmethod
    def open(cls, config: ConnectionConfig, *, create: bool = True, read_only: bool = False) -> MetadataStore:
        """Opens a store.

        Args:
            config: Which.
            create: Whether to make one, and its folder, where there is none.
            read_only: Whether to refuse writes; needs no more than permission to read.

        Raises:
            MetadataError: There is none, it is of a kind or version that cannot be used, or locked for too long.
        """
        connection = Connection(database_of(config), create=create, read_only=read_only)
        store = cls(connection)
        if not read_only:
            store._register()
        return store

    def _register(self) -> None:
        try:
            for name in names.CONTEXT_TYPES:
                self._session.types.context_type(name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the store; a closed one takes no calls."""
        self._session.connection.close()

    def __enter__(self) -> MetadataStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------------ runs

    def begin_run(self, pipeline: str, run_id: str, properties: Mapping[str, PropertyValue]) -> RunRecord:
        """Records a new run; one that was begun before comes back as it stands, its properties unchanged."""
        return runs.begin(self._session, pipeline, run_id, properties)

    def identity(self) -> str:
        """Returns a text that this store has and a store made anew in its place has not; ``""`` while it is empty."""
        return runs.identity(self._session)

    def update_run(self, run: RunRecord, properties: Mapping[str, PropertyValue]) -> None:
        """Sets some properties of a run and leaves the others as they are."""
        runs.update(self._session, run, properties)

    def get_run(self, pipeline: str | None, run_id: str) -> RunRecord | None:
        """Returns a run, ``None`` where there is none of that id, or only one of another pipeline."""
        return runs.get(self._session, pipeline, run_id)

    def list_runs(self, pipeline: str | None = None, limit: int | None = None) -> list[RunRecord]:
        """Returns runs as they began, the latest first; of all pipelines where none is given."""
        return list(islice(runs.newest_first(self._session, pipeline), limit))

    def all_runs(self) -> list[RunRecord]:
        """Returns all runs of all pipelines as they began, the latest first, in one read."""
        return runs.everything(self._session)

    def unfinished_runs(self, pipeline: str) -> list[RunRecord]:
        """Returns the runs of a pipeline that have not ended, the latest first, at most 400."""
        return runs.unfinished(self._session, pipeline)

    def running_executions(
        self, pipeline: str, runs_considered: int = 50
    ) -> list[tuple[ExecutionRecord, Owner | None]]:
        """Returns the unfinished executions of a pipeline's unfinished runs, with their owners.

        Args:
            pipeline: Name of the pipeline.
            runs_considered: Number of unfinished runs to look at, the latest first.
        """
        return runs.running_executions(self._session, pipeline, runs_considered)

    # ---------------------------------------------------------------------------------------------------------- writes

    def start_execution(self, new: NewExecution, owner: Owner) -> ExecutionRecord:
        """Records an execution as RUNNING with its inputs; the existing one where its name was recorded before."""
        return publishing.start(self._session, new, owner)

    def finish_execution(
        self,
        execution_id: int,
        state: FinalState,
        outputs: ArtifactMap,
        properties: Mapping[str, PropertyValue],
    ) -> dict[str, list[Artifact]]:
        """Records how an execution ended, with all that it made.

        Args:
            execution_id: The execution, as ``start_execution`` recorded it.
            state: How it ended.
            outputs: What it made, by output key; only for COMPLETE. Those that have an id are linked as they are.
            properties: Properties to add to those of the start.

        Returns:
            The outputs as recorded, with their ids. An execution that has ended already stays as it is, and this
            returns what it put out; so after a failure, outputs coming back say that it is COMPLETE nevertheless.

        Raises:
            MetadataError: It should be COMPLETE and was recorded as FAILED or CANCELED before.
        """
        return publishing.finish(self._session, execution_id, state, outputs, properties)

    def record_cached(self, new: NewExecution, outputs: Mapping[str, Sequence[int]]) -> ExecutionRecord:
        """Records an execution as CACHED, its outputs being artifacts that an earlier one made."""
        return publishing.record_cached(self._session, new, outputs)

    def record_resolved(self, new: NewExecution, outputs: Mapping[str, Sequence[int]]) -> ExecutionRecord:
        """Records an execution that chose its outputs from the history, as a Resolver does."""
        return publishing.record_resolved(self._session, new, outputs)

    def record_imported(
        self, new: NewExecution, key: str, artifact: Artifact, *, reuse: bool
    ) -> tuple[ExecutionRecord, Artifact]:
        """Records an artifact that comes from outside, as an Importer does.

        Args:
            new: The importing execution.
            key: Its output key.
            artifact: What it imports, without an id.
            reuse: Whether to take an artifact of the same URI, type and properties that is in the store already; the
                execution is then recorded as CACHED.
        """
        return publishing.record_imported(self._session, new, key, artifact, reuse=reuse)

    def set_artifact_state(self, ids: Iterable[int], state: ArtifactState) -> None:
        """Sets the state of artifacts and leaves everything else of them as it is."""
        publishing.set_artifact_state(self._session, ids, state)

    def mark_for_deletion(self, ids: Iterable[int], executions: Container[int]) -> list[int]:
        """Marks those artifacts for deletion that no other than some executions use, and returns their ids.

        From then on no execution can be recorded that uses one of them.
        """
        return publishing.mark_for_deletion(self._session, ids, executions)

    # ----------------------------------------------------------------------------------------------------------- reads

    def executions(self, ids: Sequence[int]) -> list[ExecutionRecord]:
        """Returns executions in the order of their ids as given."""
        return queries.executions(self._session, ids)

    def execution_by_name(self, type_name: str, name: str) -> ExecutionRecord | None:
        """Returns the execution of a type and name, ``None`` where there is none."""
        return queries.execution_by_name(self._session, type_name, name)

    def executions_of_run(self, pipeline: str | None, run_id: str) -> list[ExecutionRecord]:
        """Returns the executions of a run as they began."""
        found = queries.executions_of_run(self._session, run_id)
        return [execution for execution in found if pipeline in (None, execution.pipeline)]

    def executions_of_node(self, pipeline: str, node_id: str, limit: int = 20) -> list[ExecutionRecord]:
        """Returns the newest executions of a node in all runs, the latest first."""
        return queries.executions_of_node(self._session, pipeline, node_id, limit)

    def outputs_of(self, execution_id: int) -> dict[str, list[Artifact]]:
        """Returns what an execution gives to others, by output key."""
        return queries.outputs_of(self._session, [execution_id])[execution_id]

    def outputs_of_all(self, execution_ids: Iterable[int]) -> dict[int, dict[str, list[Artifact]]]:
        """Returns what several executions give to others, by execution id and output key."""
        return queries.outputs_of(self._session, execution_ids)

    def uses_of(self, artifact_ids: Iterable[int]) -> list[LineageEdge]:
        """Returns every use of some artifacts by an execution that made, read, took over or chose them."""
        return queries.uses(self._session, artifact_ids)

    def inputs_of(self, execution_id: int) -> dict[str, list[Artifact]]:
        """Returns what an execution read, by input key."""
        return queries.inputs_of(self._session, [execution_id])[execution_id]

    def find_cached(self, cache_key: str) -> CacheHit | None:
        """Returns the newest published execution with a cache key whose outputs are all LIVE, with these outputs.

        Whether the files are still there is for the caller to find out.
        """
        return queries.find_cached(self._session, cache_key)

    def artifacts(self, ids: Sequence[int]) -> list[Artifact]:
        """Returns artifacts in the order of their ids as given."""
        return queries.artifacts(self._session, ids)

    def artifact_by_uri(self, uri: str) -> Artifact | None:
        """Returns the newest artifact at a URI, ``None`` where there is none."""
        return next(iter(queries.artifacts_by_uri(self._session, uri)), None)

    def newest_artifacts(
        self,
        type_name: str,
        *,
        pipeline: str | None = None,
        node_id: str | None = None,
        output_key: str | None = None,
    ) -> Iterator[Artifact]:
        """Yields the live artifacts of a type that were published, newest first, reading as far as it is asked.

        Args:
            type_name: Their type.
            pipeline: Only those that a node of this pipeline put out.
            node_id: Only those that a node of this id put out.
            output_key: Only those that were put out under this key.
        """
        return latest.newest_artifacts(self._session, latest.Wanted(type_name, pipeline, node_id, output_key))

    def latest_artifacts(
        self,
        type_name: str,
        *,
        pipeline: str | None = None,
        node_id: str | None = None,
        output_key: str | None = None,
        limit: int | None = None,
        where: Callable[[Artifact], bool] | None = None,
    ) -> list[Artifact]:
        """Returns the first of what ``newest_artifacts`` yields, of those for which ``where`` says yes."""
        found = self.newest_artifacts(type_name, pipeline=pipeline, node_id=node_id, output_key=output_key)
        return list(islice(filter(where, found) if where else found, limit))

    def lineage(
        self,
        artifact_id: int,
        direction: lineage.Direction = "up",
        *,
        max_hops: int = 100,
        hub_degree: int = 100,
    ) -> LineageGraph:
        """Returns what an artifact was made from (``up``), or what was made from it (``down``).

        Args:
            artifact_id: Where to begin.
            direction: Which way to go.
            max_hops: How many executions in a row to follow.
            hub_degree: Going down, artifacts with more consumers than this are not followed; of the one where the
                walk begins, the newest this many are.
        """
        if direction not in ("up", "down"):
            raise MetadataError("lineage goes one of two ways", expected="up or down", got=repr(direction))
        return lineage.walk(self._session, artifact_id, direction, max_hops, hub_degree)
