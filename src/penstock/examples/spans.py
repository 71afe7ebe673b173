# SPDX-License-Identifier: Apache-2.0
"""Spans and versions in file patterns.

A pattern may have ``{SPAN}``, or all of ``{YYYY}``, ``{MM}`` and ``{DD}`` (the span is then the number of days since
1970-01-01), and with either of these ``{VERSION}``. ``{SPAN:3}`` and ``{VERSION:3}`` are exactly three digits.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from penstock import files
from penstock.errors import DataError, ParameterError, did_you_mean
from penstock.messages.range_config import RangeConfig

_EPOCH = datetime.date(1970, 1, 1)
_DATE = ("YYYY", "MM", "DD")
_WIDTHS = {"YYYY": 4, "MM": 2, "DD": 2}
_KNOWN = ("SPAN", "VERSION", *_DATE)
_SPEC = re.compile(r"\{([^{}:/]*)(?::([^{}/]*))?\}")
_GLOB = re.compile(r"\*\*/?|\*|\?|\[!?\]?[^\]]*\]")


@dataclass(frozen=True, slots=True)
class SpanRange:
    """Which spans may be taken; the latest of these is.

    Attributes:
        first: The lowest, inclusive; ``None`` for no bound.
        last: The highest, inclusive; ``None`` for no bound.
    """

    first: int | None = None
    last: int | None = None

    def __contains__(self, span: int) -> bool:
        return (self.first is None or span >= self.first) and (self.last is None or span <= self.last)

    def __str__(self) -> str:
        if self.first is not None and self.first == self.last:
            return f"span {self.first}"
        return "any span" if self.first is None else f"a span from {self.first} on"


@dataclass(frozen=True, slots=True)
class Located:
    """Where the files of one or more splits are, once span and version are settled.

    Attributes:
        span: The span, 0 where the patterns have none.
        version: The version, ``None`` where the patterns have none.
        patterns: Per split, its pattern with span and version filled in.
    """

    span: int
    version: int | None
    patterns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A span and version that files exist for, and the texts that stand for them in the files' names."""

    span: int
    version: int | None
    texts: tuple[tuple[str, str], ...]

    @property
    def order(self) -> tuple[int, int]:
        return self.span, -1 if self.version is None else self.version


def span_range(config: RangeConfig | None) -> SpanRange:
    """Returns which spans a ``RangeConfig`` lets an ExampleGen take.

    Raises:
        ParameterError: It asks for more than one span.
    """
    if config is None:
        return SpanRange()
    if config.HasField("static_range"):
        static = config.static_range
        if static.start_span_number != static.end_span_number:
            raise ParameterError(
                "an ExampleGen takes one span at a time",
                input="range_config",
                expected="static_range with start_span_number equal to end_span_number",
                got=f"{static.start_span_number} to {static.end_span_number}",
                hint="take several spans together with a Resolver and SpanRangeStrategy",
            )
        return SpanRange(static.start_span_number, static.start_span_number)
    if config.HasField("rolling_range"):
        rolling = config.rolling_range
        if rolling.num_spans != 1:
            raise ParameterError(
                "an ExampleGen takes one span at a time",
                input="range_config",
                expected="rolling_range with num_spans=1",
                got=f"num_spans={rolling.num_spans}",
                hint="take several spans together with a Resolver and SpanRangeStrategy",
            )
        return SpanRange(first=rolling.start_span_number or None)
    return SpanRange()


def locate(base: str, patterns: Mapping[str, str], allowed: SpanRange) -> Located:
    """Finds the latest span, and of that the latest version, that the range allows.

    Args:
        base: Folder (URI) that the patterns are relative to.
        patterns: Glob pattern per split, with or without span and version.
        allowed: Which spans may be taken.

    Raises:
        ParameterError: A pattern's placeholders are wrong, or differ between splits.
        DataError: No file matches, or the splits have different latest spans or versions.
    """
    specs = {split: _specs(split, pattern) for split, pattern in patterns.items()}
    _check_same(specs)
    if not any(specs.values()):
        if allowed != SpanRange():
            raise ParameterError(
                f"range_config asks for {allowed}, but the input has no spans",
                input="range_config",
                expected="{SPAN}, or {YYYY}{MM}{DD}, in every split's pattern",
                got=", ".join(patterns.values()),
            )
        return Located(0, None, dict(patterns))
    latest = {split: _latest(base, split, pattern, allowed) for split, pattern in patterns.items()}
    first_split, first = next(iter(latest.items()))
    for split, found in latest.items():
        if found.order != first.order:
            raise DataError(
                "the splits have different latest spans or versions",
                input=patterns[split],
                expected=f"{_say(first)}, as split {first_split!r} has",
                got=f"{_say(found)} in split {split!r}",
                hint="let the data of all splits arrive, or name the span with range_config",
            )
    filled = {split: _fill(patterns[split], dict(found.texts)) for split, found in latest.items()}
    return Located(first.span, first.version, filled)


def span_of_date(date: datetime.date) -> int:
    """Returns the span of a day: the number of days since 1970-01-01."""
    return (date - _EPOCH).days


def _specs(split: str, pattern: str) -> dict[str, int | None]:
    """Returns the placeholders of a pattern with their widths."""
    found: dict[str, int | None] = {}
    for match in _SPEC.finditer(pattern):
        name, width = match.groups()
        if name not in _KNOWN or (width is not None and name in _DATE):
            raise _wrong(split, pattern, f"{match.group()} is no placeholder", did_you_mean(name, _KNOWN))
        if name in found:
            raise _wrong(split, pattern, f"{{{name}}} is there twice", "keep one of them")
        if width is not None and (not width.isdigit() or int(width) < 1):
            raise _wrong(
                split, pattern, f"the width of {match.group()} is not a positive integer", "write {SPAN:2}"
            )
        found[name] = _WIDTHS.get(name) if width is None else int(width)
    dates = [name for name in _DATE if name in found]
    if dates and (len(dates) < len(_DATE) or "SPAN" in found):
        raise _wrong(
            split, pattern, "the span is not said once", "write {SPAN}, or all of {YYYY}, {MM} and {DD}"
        )
    if "VERSION" in found and not dates and "SPAN" not in found:
        raise _wrong(split, pattern, "it has a version but no span", "add {SPAN}, or {YYYY}{MM}{DD}")
    return found


def _check_same(specs: Mapping[str, Mapping[str, int | None]]) -> None:
    first_split, first = next(iter(specs.items()))
    for split, found in specs.items():
        if set(found) != set(first):
            raise ParameterError(
                "the patterns of the splits have different placeholders",
                input="input_config",
                expected=f"{', '.join(sorted(first)) or 'none'}, as in split {first_split!r}",
                got=f"{', '.join(sorted(found)) or 'none'} in split {split!r}",
            )


def _wrong(split: str, pattern: str, got: str, hint: str) -> ParameterError:
    return ParameterError(
        f"the pattern {pattern!r} of split {split!r} is wrong", input="input_config", got=got, hint=hint
    )


def _latest(base: str, split: str, pattern: str, allowed: SpanRange) -> _Candidate:
    found = list(_candidates(base, pattern))
    fitting = [candidate for candidate in found if candidate.span in allowed]
    if not fitting:
        spans = sorted({candidate.span for candidate in found})
        raise DataError(
            f"no file of split {split!r} matches {pattern!r} under {base}",
            input=pattern,
            expected=f"files of {allowed}",
            got=f"files of the spans {', '.join(map(str, spans))}" if spans else "no file",
            hint="check the folder, the pattern and the span",
        )
    latest = max(fitting, key=lambda candidate: candidate.order)
    for other in fitting:
        if other.order == latest.order and other.texts != latest.texts:
            raise DataError(
                f"split {split!r} has {_say(latest)} twice under {base}",
                input=pattern,
                got=" and ".join(sorted(_fill(pattern, dict(c.texts)) for c in (latest, other))),
                hint="give the placeholder a width, such as {SPAN:2}, or remove one of them",
            )
    return latest


def _candidates(base: str, pattern: str) -> Iterator[_Candidate]:
    expression = re.compile(_regex(pattern))
    prefix = files.join(base, "")
    for uri in files.glob(_SPEC.sub("*", pattern), base=base):
        match = expression.fullmatch(uri.removeprefix(prefix))
        if match is None:
            continue
        texts = match.groupdict()
        span = _span(texts)
        if span is not None:
            version = int(texts["VERSION"]) if "VERSION" in texts else None
            yield _Candidate(span, version, tuple(sorted(texts.items())))


def _span(texts: Mapping[str, str]) -> int | None:
    """Returns the span that the placeholders' texts say, ``None`` if they are no date."""
    if "SPAN" in texts:
        return int(texts["SPAN"])
    try:
        return span_of_date(datetime.date(*(int(texts[name]) for name in _DATE)))
    except ValueError:
        return None


def _regex(pattern: str) -> str:
    """Returns a regular expression for a glob pattern with placeholders, each of these a named group."""
    parts, position = [], 0
    tokens = re.compile(f"{_SPEC.pattern}|{_GLOB.pattern}")
    for token in tokens.finditer(pattern):
        parts += [re.escape(pattern[position : token.start()]), _regex_of(token.group())]
        position = token.end()
    return "".join([*parts, re.escape(pattern[position:])])


def _regex_of(token: str) -> str:
    spec = _SPEC.fullmatch(token)
    if spec is not None:
        name, width = spec.groups()
        width = width or _WIDTHS.get(name)
        return rf"(?P<{name}>[0-9]{f'{{{width}}}' if width else '+'})"
    if token.startswith("**"):
        return r"(?:.*/)?" if token.endswith("/") else ".*"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    return f"[^{token[2:]}" if token.startswith("[!") else token


def _fill(pattern: str, texts: Mapping[str, str]) -> str:
    return _SPEC.sub(lambda match: texts[match.group(1)], pattern)


def _say(found: _Candidate) -> str:
    return f"span {found.span}" + ("" if found.version is None else f", version {found.version}")
