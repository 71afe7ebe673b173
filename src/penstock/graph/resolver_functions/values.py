# SPDX-License-Identifier: Apache-2.0
"""What a resolver function works on while it is traced: stand-ins for artifacts, and the operations that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError

Expression = Mapping[str, Any]
"""Plain JSON: ``{"source": key}``, ``{"each": {key: expression}}``, ``{"item": key, "of": expression}`` or
``{"op": name, "of": [expression], …settings}``.
"""


@dataclass(frozen=True, slots=True)
class _Traced:
    """Base of the stand-ins; they know types and how they came to be, and no artifact."""

    expression: Expression

    def __bool__(self) -> bool:
        raise _unknown(self, "is asked whether it is true")

    def __len__(self) -> int:
        raise _unknown(self, "is asked for its length")

    def __iter__(self) -> Iterator[Any]:
        raise _unknown(self, "is gone through")


@dataclass(frozen=True, slots=True)
class ArtifactList(_Traced):
    """Artifacts of one type.

    Attributes:
        type: Their type.
    """

    type: type[Artifact]


@dataclass(frozen=True, slots=True)
class ArtifactMap(_Traced):
    """Lists of artifacts, by key.

    Attributes:
        types: Type by key.
    """

    types: Mapping[str, type[Artifact]] = field(default_factory=dict)

    def __getitem__(self, key: str) -> ArtifactList:
        if key not in self.types:
            raise PipelineError(
                f"what a resolver function chooses has no key {key!r}",
                expected=", ".join(self.types),
                got=repr(key),
            )
        return ArtifactList({"item": key, "of": self.expression}, self.types[key])


@dataclass(frozen=True, slots=True)
class ArtifactGroups(_Traced):
    """Groups, each of lists of artifacts by key: what ``ForEach`` goes over.

    Attributes:
        types: Type by key, the same in each group.
    """

    types: Mapping[str, type[Artifact]] = field(default_factory=dict)


Traced = ArtifactList | ArtifactMap | ArtifactGroups


def each_of(lists: Mapping[str, ArtifactList]) -> ArtifactMap:
    """Returns several lists as one value."""
    return ArtifactMap(
        {"each": {key: dict(value.expression) for key, value in lists.items()}},
        {key: value.type for key, value in lists.items()},
    )


def _unknown(value: object, what: str) -> PipelineError:
    return PipelineError(
        f"what a resolver function works on {what}, and there are no artifacts before the pipeline runs",
        got=type(value).__name__,
        hint="a resolver function calls operations and returns what the last one gives",
    )
