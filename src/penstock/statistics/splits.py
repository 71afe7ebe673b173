# SPDX-License-Identifier: Apache-2.0
"""Which splits to work on. Imports nothing heavy: drivers decide this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.artifacts.standard import SplitArtifact
from penstock.errors import ParameterError, did_you_mean

SPAN = "span"


def known_splits(artifacts: Sequence[SplitArtifact]) -> tuple[str, ...]:
    """Returns the splits that at least one of the artifacts has, in the order in which they are first named."""
    return tuple(dict.fromkeys(split for artifact in artifacts for split in artifact.splits))


def selected_splits(artifacts: Sequence[SplitArtifact], exclude: Iterable[str] = ()) -> tuple[str, ...]:
    """Returns the artifacts' splits without the excluded ones.

    Raises:
        ParameterError: An excluded split does not exist, or none is left.
    """
    known = known_splits(artifacts)
    excluded = tuple(exclude)
    check_splits("exclude_splits", excluded, known)
    selected = tuple(split for split in known if split not in excluded)
    if not selected:
        raise ParameterError(
            "no split is left to work on",
            input="exclude_splits",
            expected=f"at least one of {', '.join(known) or '(none)'} not to be excluded",
            got=f"exclude_splits={list(excluded)}",
        )
    return selected


def check_splits(parameter: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Checks that all named splits exist.

    Raises:
        ParameterError: One does not; the error names those that do.
    """
    for name in names:
        if name not in known:
            raise ParameterError(
                f"{parameter} names a split {name!r} that the input does not have",
                input=parameter,
                expected=f"some of {', '.join(known) or '(none)'}",
                hint=did_you_mean(name, known),
            )


def split_folders(artifacts: Sequence[SplitArtifact], split: str) -> tuple[str, ...]:
    """Returns the folders of one split in all artifacts that have it."""
    return tuple(artifact.split_uri(split) for artifact in artifacts if split in artifact.splits)


def newest_span(artifacts: Sequence[SplitArtifact]) -> int:
    """Returns the greatest span of the artifacts, whether it stands in the declared or the custom property."""
    return max((artifact.span or artifact.get_int_custom_property(SPAN) for artifact in artifacts), default=0)
