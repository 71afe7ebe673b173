# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.errors import DataError, PenstockError, UserCodeError
from penstock.ui.errors import error_block, reason_block


def test_a_block_has_one_line_per_fact() -> None:
    error = DataError(
        "the file is empty",
        component="CsvExampleGen",
        input="a.csv",
        expected="rows",
        got="none",
        hint="fill it",
    )
    assert error_block(error, log_file="/l.log").splitlines() == [
        "error: CsvExampleGen: the file is empty",
        "  input: a.csv",
        "  expected: rows",
        "  got: none",
        "  what to do: fill it",
        "  log: /l.log",
    ]


def test_the_users_traceback_comes_first() -> None:
    block = error_block(UserCodeError("run_fn raised", traceback="Traceback …\n  line 1\nValueError: x\n"))
    assert block.splitlines() == ["Traceback …", "  line 1", "ValueError: x", "error: run_fn raised"]


def test_an_error_of_ours_in_the_users_code_says_on_which_line() -> None:
    with pytest.raises(PenstockError) as caught:
        raise PenstockError("wrong channel")
    assert f"  at: {__file__}:" in error_block(caught.value)
    assert "  at:" not in error_block(PenstockError("never raised"))


def test_a_recorded_reason_is_taken_apart_again() -> None:
    error = DataError("no file; none", component="A", expected="one; or two", hint="look")
    assert reason_block("A", str(error), trace="T\n", log_file="/a.log").splitlines() == [
        "T",
        "error: A: no file; none",
        "  expected: one; or two",
        "  what to do: look",
        "  log: /a.log",
    ]
