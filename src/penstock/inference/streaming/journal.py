# SPDX-License-Identifier: Apache-2.0
"""What a stream remembers: what it has taken, what is done, and where its source stands.

A step is on disk before the next one begins, so that a stream that is killed at any moment goes on where it was: what
is claimed and not done is done again under the same names, what is done is never taken again.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from penstock.errors import StorageError, UsageError
from penstock.inference.job import ModelRef
from penstock.inference.streaming.incoming import Incoming, Outcome

_FILE = "journal.db"
_VERSION = 1
_TABLES = """
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT NOT NULL UNIQUE,
    incoming TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'done')),
    unsettled INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    models TEXT,
    scored_at REAL,
    published INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX claimed ON inputs (id) WHERE state = 'claimed';
CREATE INDEX unsettled ON inputs (id) WHERE unsettled = 1;
CREATE INDEX unpublished ON inputs (id) WHERE state = 'done' AND published = 0;
CREATE TABLE positions (place TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_FORGET_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Scored:
    """Something that came in and is done."""

    incoming: Incoming
    outcome: Outcome
    scored_at: float


class Journal:
    """The journal of one stream, an SQLite file that this process alone has open.

    Args:
        folder: The stream's state folder.
        source: Label of the stream's source; a journal belongs to one.

    Raises:
        StorageError: The file cannot be read or written.
        UsageError: It belongs to another source, or to a later version of Penstock.
    """

    def __init__(self, folder: str, source: str) -> None:
        self._path = str(Path(folder) / _FILE)
        with self._errors("open"):
            self._db = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        try:
            with self._errors("open"):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._prepare(source)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, source: str) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            with self._transaction():
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_VERSION}")
                self._set("source", source)
        elif version != _VERSION:
            raise UsageError(
                f"the stream's state in {self._path} is of another version of Penstock",
                expected=f"version {_VERSION}",
                got=f"version {version}",
                hint="name another state folder; what is there is then scored again",
            )
        elif self.fact("source") != source:
            raise UsageError(
                f"the stream's state in {self._path} belongs to another source",
                expected=source,
                got=self.fact("source"),
                hint="name a state folder of its own for each stream",
            )

    # ------------------------------------------------------------------------------------------------------- the way

    def claim(self, incoming: Sequence[Incoming], positions: Mapping[str, int] | None = None) -> None:
        """Takes inputs, and with them the new positions in the source, all or none."""
        rows = [(item.identity, json.dumps(asdict(item))) for item in incoming]
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO inputs (identity, incoming, state) VALUES (?, ?, 'claimed')", rows
            )
            self._db.executemany("REPLACE INTO positions VALUES (?, ?)", list((positions or {}).items()))

    def release(self, incoming: Incoming) -> None:
        """Gives back a file that could not be read yet, or has changed: it will be taken anew."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM inputs WHERE identity = ? AND state = 'claimed'", [incoming.identity]
            )

    def done(self, outcomes: Sequence[tuple[Incoming, Outcome]]) -> None:
        """Records what became of claimed inputs, of all or none."""
        now = time.time()
        rows = [
            (bool(item.receipt), _outcome_json(outcome), models_key(outcome.models), now, item.identity)
            for item, outcome in outcomes
        ]
        with self._transaction():
            self._db.executemany(
                "UPDATE inputs SET state = 'done', unsettled = ?, outcome = ?, models = ?, scored_at = ?"
                " WHERE identity = ? AND state = 'claimed'",
                rows,
            )

    def settled(self, incoming: Iterable[Incoming]) -> None:
        """Records that the source knows of what is done; the receipts are not needed any more."""
        rows = [(json.dumps(asdict(replace(item, receipt=""))), item.identity) for item in incoming]
        with self._transaction():
            self._db.executemany("UPDATE inputs SET unsettled = 0, incoming = ? WHERE identity = ?", rows)

    # --------------------------------------------------------------------------------------------------- what it knows

    def claimed(self) -> list[Incoming]:
        """Returns what is claimed and not done, in the order in which it was claimed."""
        return self._incoming("state = 'claimed'")

    def unsettled(self) -> list[Incoming]:
        """Returns what is done and of which the source does not know yet."""
        return self._incoming("unsettled = 1")

    def is_known(self, identity: str) -> bool:
        """Says whether an input is claimed or done."""
        with self._errors("read"):
            found = self._db.execute("SELECT 1 FROM inputs WHERE identity = ?", [identity]).fetchone()
        return found is not None

    def position(self, place: str) -> int | None:
        """Returns where a place in the source stands, ``None`` where nothing was claimed from it."""
        with self._errors("read"):
            row = self._db.execute("SELECT position FROM positions WHERE place = ?", [place]).fetchone()
        return None if row is None else int(row[0])

    def fact(self, name: str) -> str:
        """Returns a fact about the stream, ``""`` where there is none of that name."""
        with self._errors("read"):
            row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return "" if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Sets a fact."""
        with self._transaction():
            self._set(name, value)

    # ----------------------------------------------------------------------------------------------------- publication

    def unpublished_models(self) -> list[Mapping[str, ModelRef]]:
        """Returns the sets of models of what is done and in no published manifest."""
        with self._errors("read"):
            rows = self._db.execute(
                "SELECT models FROM inputs WHERE state = 'done' AND published = 0 GROUP BY models ORDER BY min(id)"
            ).fetchall()
        return [models_of(row[0]) for row in rows]

    def unpublished(self, models: Mapping[str, ModelRef]) -> Iterator[Scored]:
        """Yields what was done with a set of models and is in no published manifest."""
        with self._errors("read"):
            rows = self._db.execute(
                "SELECT incoming, outcome, scored_at, models FROM inputs"
                " WHERE state = 'done' AND published = 0 AND models = ? ORDER BY id",
                [models_key(models)],
            )
            for incoming, outcome, scored_at, used in rows:
                made = json.loads(outcome)
                yield Scored(
                    Incoming(**json.loads(incoming)), Outcome(**made, models=models_of(used)), scored_at
                )

    def published(self, models: Mapping[str, ModelRef]) -> None:
        """Records that the manifest of a set of models is published."""
        with self._transaction():
            self._db.execute(
                "UPDATE inputs SET published = 1 WHERE state = 'done' AND published = 0 AND models = ?",
                [models_key(models)],
            )

    def forget(self, keep: int, present: Collection[str]) -> int:
        """Forgets published inputs beyond the latest ``keep`` that are not ``present`` any more; returns how many."""
        with self._errors("read"):
            newest = self._db.execute("SELECT max(id) FROM inputs").fetchone()[0] or 0
            rows = self._db.execute(
                "SELECT id, identity FROM inputs WHERE id <= ? AND published = 1 AND unsettled = 0",
                [newest - keep],
            ).fetchall()
        old = [(number,) for number, identity in rows if identity not in present]
        for start in range(0, len(old), _FORGET_AT_ONCE):
            with self._transaction():
                self._db.executemany("DELETE FROM inputs WHERE id = ?", old[start : start + _FORGET_AT_ONCE])
        return len(old)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    # --------------------------------------------------------------------------------------------------------- private

    def _set(self, name: str, value: str) -> None:
        self._db.execute("REPLACE INTO facts VALUES (?, ?)", [name, value])

    def _incoming(self, where: str) -> list[Incoming]:
        with self._errors("read"):
            rows = self._db.execute(f"SELECT incoming FROM inputs WHERE {where} ORDER BY id").fetchall()
        return [Incoming(**json.loads(row[0])) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors("write"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"cannot {action} the stream's journal {self._path}: {error}",
                input=self._path,
                hint="the state folder must be on a local disk with space left, and belong to this user",
            ) from error


def models_key(models: Mapping[str, ModelRef]) -> str:
    """Returns the text that stands for a set of models."""
    return json.dumps({name: asdict(ref) for name, ref in models.items()}, sort_keys=True)


def models_of(key: str) -> dict[str, ModelRef]:
    """Rebuilds a set of models from :func:`models_key`."""
    return {name: ModelRef(**fields) for name, fields in json.loads(key).items()}


def _outcome_json(outcome: Outcome) -> str:
    document: dict[str, Any] = {
        "rows": outcome.rows,
        "failed": outcome.failed,
        "results": dict(outcome.results),
        "dead_letters": outcome.dead_letters,
    }
    return json.dumps(document)
