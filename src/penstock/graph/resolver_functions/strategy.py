# SPDX-License-Identifier: Apache-2.0
"""The strategy of the Resolvers that carry resolver functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError
from penstock.graph.resolver_functions.evaluation import SkipSignal, Sources, TooFewError, evaluate
from penstock.graph.resolver_strategy import Choice, History, ResolverStrategy

_ARTIFACTS = "artifacts"


class FunctionStrategy(ResolverStrategy):
    """Evaluates what a resolver function was traced to.

    Args:
        function: Name of the function.
        expression: What it was traced to.
    """

    def __init__(self, function: str, expression: Mapping[str, Any]) -> None:
        self._function = function
        self._expression = expression

    def resolve(
        self,
        channels: Mapping[str, str],  # noqa: ARG002  the expression names them
        history: History,
    ) -> Choice:
        """Returns the artifacts by output key, in groups where the function makes some.

        With fewer artifacts than it needs there are none; where it says so, what needs them is skipped.
        """
        if not isinstance(history, Sources):
            raise PipelineError(f"resolver function {self._function} chooses only while a pipeline runs")
        try:
            chosen = evaluate(self._expression, history)
        except SkipSignal as signal:
            return Choice({}, skip=str(signal))
        except TooFewError as error:
            return Choice({}, note=f"nothing: {error}")
        if isinstance(chosen, dict):
            return Choice(chosen)
        if _makes_groups(self._expression):
            return in_groups(chosen)
        return Choice({_ARTIFACTS: chosen})


def _makes_groups(expression: Mapping[str, Any]) -> bool:
    return expression.get("op") in ("SlidingWindow", "PairedSpans", "Unnest", "SkipIfEmpty")


def in_groups(groups: Sequence[Mapping[str, Sequence[Artifact]]]) -> Choice:
    """Returns groups as lists by key, of which each group is a part; windows that overlap share their artifacts."""
    lists: dict[str, list[Artifact]] = {}
    places = [
        {key: _placed(lists.setdefault(key, []), part) for key, part in group.items()} for group in groups
    ]
    return Choice(lists, groups=places)


def _placed(whole: list[Artifact], part: Sequence[Artifact]) -> tuple[int, int]:
    """Returns where a part is in a list, which gets what it lacks of it at its end."""
    wanted = [artifact.id for artifact in part]
    known = [artifact.id for artifact in whole]
    for start in range(len(known) + 1):
        if known[start : start + len(wanted)] == wanted[: len(known) - start]:
            whole.extend(part[len(known) - start :])
            return start, start + len(part)
    raise AssertionError("the end of the list always fits")
