# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging

import pytest

from penstock.runtime.observer import Silent, Told
from penstock.runtime.warnings_told import warnings_told


def test_penstocks_warnings_are_told_once_each_and_written_too(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told("Trainer", Silent())
    log = logging.getLogger("penstock.some.part")
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        with warnings_told(told.report):
            for text in ("one", "two", "one"):
                log.warning("number %s", text)
            log.info("not worth it")
            logging.getLogger("someone.else").warning("not ours")
        log.warning("after the end")
    finally:
        root.handlers = handlers
    assert told.warnings == ("number one", "number two")
    assert capsys.readouterr().err.splitlines()[:3] == ["number one", "number two", "number one"]


def test_of_very_many_warnings_the_first_are_kept() -> None:
    told = Told("Trainer", Silent())
    for number in range(1000):
        told.report(warning=f"number {number}")
    assert len(told.warnings) == 20
    assert told.warnings[0] == "number 0"
