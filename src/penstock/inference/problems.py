# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a graph, each problem with its place, told in one error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock.errors import ParameterError, PenstockError

Place = tuple[str | int, ...]
"""Way to a value in a graph: ``("steps", 2, "model", "inputs")``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a graph.

    Attributes:
        at: Where in the graph.
        message: What is wrong, as a phrase without a full stop.
        expected: What would be right.
        got: What is there.
        hint: What to do.
    """

    at: Place
    message: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None

    def in_one_line(self) -> str:
        """Returns the problem with all that belongs to it."""
        parts = [("expected", self.expected), ("got", self.got), ("what to do", self.hint)]
        return "; ".join([self.message, *(f"{label}: {text}" for label, text in parts if text)])


def refuse(
    problems: Sequence[Problem],
    *,
    error: type[PenstockError] = ParameterError,
    place_of: Callable[[Place], str] | None = None,
    what: str = "the graph",
) -> None:
    """Raises one error that tells all problems; does nothing where there is none.

    Args:
        problems: The problems.
        error: Class of the error.
        place_of: Where the value of a place was written, ``file:line``.
        what: What has the problems.
    """
    if not problems:
        return
    prefixes = [f"{place_of(problem.at)}: " if place_of else "" for problem in problems]
    if len(problems) == 1:
        (problem,) = problems
        raise error(
            prefixes[0] + problem.message, expected=problem.expected, got=problem.got, hint=problem.hint
        )
    told = [
        f"\n  ({number}) {prefix}{problem.in_one_line()}"
        for number, (prefix, problem) in enumerate(zip(prefixes, problems, strict=True), 1)
    ]
    raise error(f"{what} has {len(problems)} problems:{''.join(told)}")
