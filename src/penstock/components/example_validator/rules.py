# SPDX-License-Identifier: Apache-2.0
"""``fail_on``: which anomalies stop the run.

A rule is ``any``, ``error`` (what TFDV marks as an error, not a warning) or one of TFDV's anomaly types, such as
``SCHEMA_MISSING_COLUMN``; with ``@feature`` behind it, it holds for that feature only. ``any@tips`` is every anomaly
of ``tips``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from penstock.errors import ParameterError, did_you_mean

ANY = "any"
ERROR = "error"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly of one split.

    Attributes:
        split: The split.
        feature: Path of the feature, with dots; empty where the anomaly is of the whole data set.
        types: TFDV's names of what is wrong.
        is_error: Whether TFDV marks it as an error rather than a warning.
        description: TFDV's words for it.
    """

    split: str
    feature: str
    types: tuple[str, ...]
    is_error: bool
    description: str

    def __str__(self) -> str:
        subject = self.feature or "the data set"
        return f"{subject} in {self.split}: {', '.join(self.types)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of ``fail_on``.

    Attributes:
        type: ``any``, ``error`` or the name of an anomaly type.
        feature: The feature that it holds for; ``None`` means all, and the data set.
    """

    type: str
    feature: str | None

    def matches(self, anomaly: Anomaly) -> bool:
        """Says whether the rule names this anomaly."""
        if self.feature is not None and anomaly.feature != self.feature:
            return False
        if self.type == ERROR:
            return anomaly.is_error
        return self.type == ANY or self.type in anomaly.types


def parse_rules(fail_on: str | Sequence[str] | None) -> tuple[Rule, ...]:
    """Returns the rules that a parameter stands for.

    Raises:
        ParameterError: One of them is no rule.
    """
    texts = (fail_on,) if isinstance(fail_on, str) else tuple(fail_on or ())
    return tuple(_parse(text) for text in texts)


def stopping(anomalies: Iterable[Anomaly], rules: Sequence[Rule]) -> tuple[Anomaly, ...]:
    """Returns the anomalies that at least one rule names."""
    return tuple(anomaly for anomaly in anomalies if any(rule.matches(anomaly) for rule in rules))


def _parse(text: str) -> Rule:
    type_, at, feature = text.partition("@")
    known = {ANY, ERROR} if type_ in (ANY, ERROR) else {ANY, ERROR, *_anomaly_types()}
    if type_ not in known or (at and not feature):
        raise ParameterError(
            f"fail_on has no rule {text!r}",
            input="fail_on",
            expected="'any', 'error' or an anomaly type of TFDV, alone or followed by '@feature'",
            got=text,
            hint=did_you_mean(type_, known),
        )
    return Rule(type_, feature or None)


def _anomaly_types() -> set[str]:
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    return set(anomalies_pb2.AnomalyInfo.Type.keys())
