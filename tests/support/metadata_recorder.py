# SPDX-License-Identifier: Apache-2.0
"""What tests of the metadata store share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.artifacts.artifact import Artifact
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, NewExecution
from penstock.metadata.store import MetadataStore

if TYPE_CHECKING:
    from servers import Server

TRAINER = "tfx.components.trainer.component.Trainer"


def config_of(path: Path, *, lock_timeout_seconds: float = 60.0) -> ConnectionConfig:
    return ConnectionConfig("sqlite", filename_uri=str(path), lock_timeout_seconds=lock_timeout_seconds)


def mysql_config(server: Server, database: str, **changed: Any) -> ConnectionConfig:
    """Returns a store on a server of the tests, with the user that may do everything unless another is given."""
    fields: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "username": server.user,
        "password": server.password,
        "database": database,
    }
    return ConnectionConfig("mysql", **{**fields, **changed})


def new_execution(name: str = "e0", **changed: Any) -> NewExecution:
    fields: dict[str, Any] = {
        "type": TRAINER,
        "base_type": "Train",
        "name": name,
        "pipeline": "taxi",
        "run_id": "r0",
        "node_id": "Trainer",
    }
    return NewExecution(**{**fields, **changed})


class Recorder:
    """Records executions in few words; runs begin as they are needed."""

    def __init__(self, store: MetadataStore) -> None:
        self.store = store
        self._count = 0

    def start(self, **changed: Any) -> ExecutionRecord:
        return self.store.start_execution(self._new(changed), Owner.current())

    def publish(self, outputs: Mapping[str, Sequence[Artifact]], **changed: Any) -> dict[str, list[Artifact]]:
        return self.store.finish_execution(self.start(**changed).id, "COMPLETE", outputs, {})

    def cached(self, outputs: Mapping[str, Sequence[int]], **changed: Any) -> ExecutionRecord:
        return self.store.record_cached(self._new(changed), outputs)

    def resolved(self, outputs: Mapping[str, Sequence[int]], **changed: Any) -> ExecutionRecord:
        return self.store.record_resolved(self._new(changed), outputs)

    def _new(self, changed: Mapping[str, Any]) -> NewExecution:
        self._count += 1
        new = new_execution(**{"name": f"e{self._count}", **changed})
        self.store.begin_run(new.pipeline, new.run_id, {"state": "RUNNING"})
        return new
