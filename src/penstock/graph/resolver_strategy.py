# SPDX-License-Identifier: Apache-2.0
"""Strategies by which a Resolver chooses artifacts from the history of a pipeline."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from penstock.artifacts.artifact import Artifact
from penstock.errors import ParameterError, PipelineError, ResolutionError, did_you_mean
from penstock.messages.range_config import RangeConfig

Resolved = Mapping[str, list[Artifact]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a strategy has chosen, where there is more to say than which artifacts.

    Attributes:
        artifacts: By output key; a key that is left out has none.
        groups: Where a ``ForEach`` goes over groups: for each, the part of the artifacts of each key that is its own,
            as the place of the first and the one after the last.
        skip: Why the node, and what needs something of it, is skipped; ``None`` where it is not.
        note: What to tell of it where there is nothing.
    """

    artifacts: Resolved
    groups: Sequence[Mapping[str, tuple[int, int]]] | None = None
    skip: str | None = None
    note: str = ""


class History(Protocol):
    """What a strategy may choose from."""

    def newest_first(self, key: str) -> Iterator[Artifact]:
        """Yields the live artifacts of one of the Resolver's channels, newest first, reading only as many as asked."""
        ...


class ResolverStrategy:
    """Chooses artifacts; subclasses take their settings as constructor arguments of plain types."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ResolverStrategy:
        """Makes the strategy from a Resolver's ``config``.

        Raises:
            ParameterError: The strategy does not take these arguments.
        """
        cls._check_method()
        _check_names(cls, config)
        try:
            return cls(**config)
        except TypeError as error:
            raise ParameterError(
                f"{cls.__name__} does not take this config", got=f"{dict(config)}: {error}"
            ) from None

    @classmethod
    def _check_method(cls) -> None:
        if cls.resolve is ResolverStrategy.resolve and not hasattr(cls, "resolve_artifacts"):
            raise PipelineError(
                f"strategy {cls.__name__} chooses nothing",
                expected="a method resolve(self, channels, history), or TFX's resolve_artifacts(store, input_dict)",
            )

    def check_channels(self, types: Mapping[str, str]) -> None:
        """Refuses channels that the strategy cannot work on; ``types`` are the type names by key."""

    def resolve(self, channels: Mapping[str, str], history: History) -> Resolved | Choice | None:
        """Returns the chosen artifacts per key, an empty list where there is none yet.

        ``channels`` gives the artifact type's name by key. ``None`` says that the
        history does not hold enough; a node that needs one of these then fails.

        A strategy that was written for TFX has ``resolve_artifacts(store, input_dict)`` instead, which is given all
        artifacts of each key, the oldest first, and a store that can only be read.
        """
        self._check_method()
        tfx_method: Any = getattr(self, "resolve_artifacts", None)
        given = {key: list(history.newest_first(key))[::-1] for key in channels}
        chosen: Resolved | None = tfx_method(getattr(history, "store", None), given)
        return chosen


def _check_names(strategy: type[ResolverStrategy], config: Mapping[str, Any]) -> None:
    """Refuses settings that a strategy does not know, and with the nearest that it does."""
    known = inspect.signature(strategy).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        return
    for name in config:
        if name not in known:
            raise ParameterError(
                f"{strategy.__name__} does not take this config: there is no {name!r}",
                got=repr(dict(config)),
                hint=did_you_mean(name, known),
            )


class LatestArtifactStrategy(ResolverStrategy):
    """Chooses the newest artifacts of each channel, by id.

    Args:
        desired_num_of_artifacts: How many; with fewer there is no answer.
    """

    def __init__(self, desired_num_of_artifacts: int = 1) -> None:
        if not isinstance(desired_num_of_artifacts, int) or desired_num_of_artifacts < 1:
            raise ParameterError(
                "desired_num_of_artifacts must be at least 1",
                expected="a whole number",
                got=repr(desired_num_of_artifacts),
            )
        self._count = desired_num_of_artifacts

    def resolve(self, channels: Mapping[str, str], history: History) -> Resolved | None:
        """Returns the newest artifacts per key, or ``None`` where one key has too few."""
        chosen = {key: list(islice(history.newest_first(key), self._count)) for key in channels}
        return chosen if all(len(found) == self._count for found in chosen.values()) else None


class NamedArtifactStrategy(ResolverStrategy):
    """Chooses one artifact by its id, on a single channel; empty where the history does not have it.

    Args:
        artifact_id: Id of the artifact.
    """

    def __init__(self, artifact_id: int) -> None:
        if isinstance(artifact_id, bool) or not isinstance(artifact_id, int) or artifact_id < 1:
            raise ParameterError(
                "artifact_id must be the id of an artifact", expected="at least 1", got=repr(artifact_id)
            )
        self._id = artifact_id

    def check_channels(self, types: Mapping[str, str]) -> None:
        """Refuses more than one channel: an id is that of one artifact."""
        if len(types) != 1:
            raise PipelineError("NamedArtifactStrategy needs one channel", got=", ".join(types))

    def resolve(self, channels: Mapping[str, str], history: History) -> Resolved:
        """Returns the artifact of that id."""
        (key,) = channels
        at_most = next((a for a in history.newest_first(key) if a.id <= self._id), None)
        return {key: [at_most] if at_most is not None and at_most.id == self._id else []}


class LatestBlessedModelStrategy(ResolverStrategy):
    """Chooses the model of the newest blessing that says yes, and that blessing.

    The two channels must be one of Model and one of ModelBlessing. Where nothing was blessed yet both outputs are
    empty, which suits an Evaluator's optional baseline.
    """

    def check_channels(self, types: Mapping[str, str]) -> None:
        """Refuses anything but one channel of models and one of blessings."""
        if sorted(types.values()) != ["Model", "ModelBlessing"]:
            raise PipelineError(
                "LatestBlessedModelStrategy needs one channel of Model and one of ModelBlessing",
                got=", ".join(f"{key}: {name}" for key, name in types.items()),
            )

    def resolve(self, channels: Mapping[str, str], history: History) -> Resolved:
        """Returns the newest blessed model and its blessing, or empty lists."""
        models, blessings = sorted(channels, key=channels.__getitem__)  # "Model" sorts before "ModelBlessing"
        for blessing in history.newest_first(blessings):
            if blessing.get_int_custom_property("blessed") != 1:
                continue
            model_id = blessing.get_int_custom_property("current_model_id")
            model = next((m for m in history.newest_first(models) if m.id <= model_id), None)
            if model is not None and model.id == model_id:
                return {models: [model], blessings: [blessing]}
        return {key: [] for key in channels}


class SpanRangeStrategy(ResolverStrategy):
    """Chooses the newest artifact of each span in a range, newest span first.

    Args:
        range_config: A ``RangeConfig``: ``static_range`` (both ends included, none of which may be missing), or
            ``rolling_range`` (what there is of the ``num_spans`` spans up to the newest, from ``start_span_number``
            on).
    """

    def __init__(self, range_config: RangeConfig | Mapping[str, Any] | str) -> None:
        self._range: RangeConfig = RangeConfig.coerce(range_config)
        if self._range.WhichOneof("range") is None:
            raise ParameterError(
                "SpanRangeStrategy needs a range", expected="range_config with static_range or rolling_range"
            )
        static, rolling = self._range.static_range, self._range.rolling_range
        is_static = self._range.WhichOneof("range") == "static_range"
        if static.end_span_number < static.start_span_number if is_static else rolling.num_spans < 1:
            raise ParameterError(
                "range_config holds no span",
                expected="an end_span_number not before the start, or num_spans of at least 1",
                got=str(self._range),
            )

    def resolve(self, channels: Mapping[str, str], history: History) -> Choice:
        """Returns the artifacts per key; with none of a rolling range yet, none at all.

        Raises:
            ResolutionError: A span of the static range has no artifact.
        """
        by_key = {key: _newest_by_span(key, history) for key in channels}
        if self._range.WhichOneof("range") == "static_range":
            return Choice({key: self._static(key, by_span) for key, by_span in by_key.items()})
        chosen = {key: self._rolling(by_span) for key, by_span in by_key.items()}
        nothing = [key for key, artifacts in chosen.items() if not artifacts]
        if nothing:
            start = self._range.rolling_range.start_span_number
            return Choice({}, note=f"nothing: no {nothing[0]} of any span from {start} on")
        return Choice(chosen)

    def _static(self, key: str, by_span: Mapping[int, Artifact]) -> list[Artifact]:
        static = self._range.static_range
        wanted = range(static.end_span_number, static.start_span_number - 1, -1)
        missing = [span for span in wanted if span not in by_span]
        if missing:
            raise ResolutionError(
                f"no {key} of span {', '.join(map(str, sorted(missing)))} in the history",
                expected=f"spans {wanted[-1]} to {wanted[0]}",
                got=f"spans {', '.join(map(str, sorted(by_span))) or '(none)'}",
                hint="run the pipeline on the missing spans first",
            )
        return [by_span[span] for span in wanted]

    def _rolling(self, by_span: Mapping[int, Artifact]) -> list[Artifact]:
        rolling = self._range.rolling_range
        newest = max(by_span, default=-1)
        oldest = max(newest - rolling.num_spans + 1, rolling.start_span_number)
        return [by_span[span] for span in sorted(by_span, reverse=True) if span >= oldest]


def _newest_by_span(key: str, history: History) -> dict[int, Artifact]:
    by_span: dict[int, Artifact] = {}
    for artifact in history.newest_first(key):
        # TFX's ExampleGen records it among the custom properties, whatever else does so where it is declared.
        if artifact.has_custom_property("span"):
            by_span.setdefault(artifact.get_int_custom_property("span"), artifact)
        elif isinstance(span := artifact.properties.get("span"), int):
            by_span.setdefault(span, artifact)
    return by_span
