# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging

import pytest

from penstock.runners.logged import Logged
from penstock.runtime.run import NodeResult


@pytest.mark.parametrize(
    ("result", "level", "text"),
    [
        (NodeResult("a", "ran", seconds=1.25, summary="= 3"), logging.INFO, "a: ran, 1.2 s; = 3"),
        (NodeResult("a", "skipped", "told to"), logging.INFO, "a: skipped, 0.0 s; told to"),
        (
            NodeResult("a", "failed", "a: it raised", traceback="Traceback\n  File x\n"),
            logging.ERROR,
            "a: failed, 0.0 s; a: it raised\nTraceback\n  File x",
        ),
    ],
)
def test_how_a_node_ended_is_logged(
    caplog: pytest.LogCaptureFixture, result: NodeResult, level: int, text: str
) -> None:
    with caplog.at_level(logging.DEBUG, "penstock"):
        Logged().node_finished(result)
    assert caplog.record_tuples == [("penstock", level, text)]


def test_what_happens_on_the_way_is_logged_for_who_wants_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "penstock"):
        Logged().node_started("a")
        Logged().node_executing("a")
        Logged().node_progress("a", 7)
    assert [record.getMessage() for record in caplog.records] == ["a is running", "a has handled 7 rows"]
