# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from penstock.errors import StorageError, UsageError
from penstock.inference.job import ModelRef
from penstock.inference.streaming.incoming import Incoming, Outcome
from penstock.inference.streaming.journal import Journal
from penstock.inference.streaming.state_folder import StateFolder

MODELS = {"five": ModelRef("/models/1", "sklearn", 7, "1", True)}
OTHERS = {"five": ModelRef("/models/2", "sklearn", 9, "2", True)}


def incoming(name: str, receipt: str = "") -> Incoming:
    return Incoming(f"id of {name}", name, f"/in/{name}", name, 10, "10:1", "csv", 1.5, receipt)


def reopened(folder: Path) -> Journal:
    return Journal(str(folder), "source")


def test_what_is_claimed_is_there_after_a_crash_and_what_is_done_is_known(tmp_path: Path) -> None:
    a, b = incoming("a"), incoming("b")
    with closing(reopened(tmp_path)) as journal:
        journal.claim([a, b], {"topic/0": 17})
        journal.done([(a, Outcome(3, 1, {"predict": "/out/a"}, "/failed/a", MODELS))])
    with closing(reopened(tmp_path)) as journal:
        assert journal.claimed() == [b]
        assert journal.is_known(a.identity)
        assert not journal.is_known("id of c")
        assert journal.position("topic/0") == 17
        assert journal.position("topic/1") is None


def test_claiming_the_same_twice_claims_it_once(tmp_path: Path) -> None:
    with closing(reopened(tmp_path)) as journal:
        journal.claim([incoming("a")])
        journal.claim([incoming("a")])
        assert journal.claimed() == [incoming("a")]


def test_a_released_file_can_be_taken_again_and_a_done_one_cannot_be_released(tmp_path: Path) -> None:
    a, b = incoming("a"), incoming("b")
    with closing(reopened(tmp_path)) as journal:
        journal.claim([a, b])
        journal.done([(b, Outcome(1, 0))])
        journal.release(a)
        journal.release(b)
        assert not journal.is_known(a.identity)
        assert journal.is_known(b.identity)


def test_receipts_are_kept_until_the_source_knows(tmp_path: Path) -> None:
    messages, file = incoming("m", receipt="[1, 2]"), incoming("f")
    with closing(reopened(tmp_path)) as journal:
        journal.claim([messages, file])
        assert journal.unsettled() == []
        journal.done([(messages, Outcome(1, 0)), (file, Outcome(1, 0))])
    with closing(reopened(tmp_path)) as journal:
        assert journal.unsettled() == [messages]
        journal.settled([messages])
        assert journal.unsettled() == []


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with closing(reopened(tmp_path)) as journal:
        with pytest.raises(StorageError, match="cannot write the stream's journal"):
            journal.claim([incoming("a")], {"topic/0": {}})  # type: ignore[dict-item]  # what SQLite cannot take
        journal.claim([incoming("b")])
        assert journal.claimed() == [incoming("b")]


def test_manifests_hold_what_one_set_of_models_did_and_each_input_once(tmp_path: Path) -> None:
    a, b, c = incoming("a"), incoming("b"), incoming("c")
    with closing(reopened(tmp_path)) as journal:
        journal.claim([a, b, c])
        journal.done([(a, Outcome(1, 0, models=MODELS)), (b, Outcome(2, 0, models=OTHERS))])
        assert journal.unpublished_models() == [MODELS, OTHERS]
        (scored,) = journal.unpublished(MODELS)
        assert (scored.incoming, scored.outcome) == (a, Outcome(1, 0, models=MODELS))
        journal.published(MODELS)
        assert journal.unpublished_models() == [OTHERS]
        journal.done([(c, Outcome(3, 0, models=MODELS))])
        assert [scored.incoming for scored in journal.unpublished(MODELS)] == [c]


def test_forgetting_spares_the_newest_what_is_there_and_what_is_not_published(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(6)]
    with closing(reopened(tmp_path)) as journal:
        journal.claim([incoming(name) for name in names])
        journal.done([(incoming(name), Outcome(1, 0, models=MODELS)) for name in names[:5]])
        assert journal.forget(0, set()) == 0
        journal.published(MODELS)
        assert journal.forget(3, {"id of f1"}) == 2
        assert [name for name in names if journal.is_known(f"id of {name}")] == ["f1", "f3", "f4", "f5"]


def test_facts_are_remembered(tmp_path: Path) -> None:
    with closing(reopened(tmp_path)) as journal:
        assert journal.fact("models") == ""
        journal.remember("models", "one")
        journal.remember("models", "two")
    with closing(reopened(tmp_path)) as journal:
        assert journal.fact("models") == "two"


def test_a_journal_belongs_to_one_source(tmp_path: Path) -> None:
    reopened(tmp_path).close()
    with pytest.raises(UsageError, match="belongs to another source.*expected: elsewhere.*got: source"):
        Journal(str(tmp_path), "elsewhere")


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="another version.*got: version 99"):
        reopened(tmp_path)


def test_a_state_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    folder = str(tmp_path / "state")
    held = StateFolder(folder)
    with pytest.raises(UsageError, match=r"in use by another stream.*process \d+ on .* has it"):
        StateFolder(folder)
    held.close()
    StateFolder(folder).close()


def test_a_state_folder_that_is_taken_away_is_noticed_and_may_come_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "state", tmp_path / "away"
    with StateFolder(str(folder)) as held:
        held.check()
        folder.rename(away)
        with pytest.raises(StorageError, match="was taken away"):
            held.check()
        folder.mkdir()
        (folder / "lock").touch()  # another one in its place
        with pytest.raises(StorageError, match="was taken away"):
            held.check()
        (folder / "lock").unlink()
        folder.rmdir()
        away.rename(folder)
        held.check()
