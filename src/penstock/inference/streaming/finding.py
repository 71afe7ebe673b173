# SPDX-License-Identifier: Apache-2.0
"""Finds the models that a stream should serve with, in the history of the pipelines that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Model
from penstock.graph.resolver_strategy import (
    Choice,
    LatestArtifactStrategy,
    LatestBlessedModelStrategy,
    NamedArtifactStrategy,
    ResolverStrategy,
)
from penstock.inference.config_file import ModelSource
from penstock.inference.job import ModelRef
from penstock.inference.recorded_models import recorded_model
from penstock.metadata.store import MetadataStore
from penstock.runtime.presence import is_there

_MODEL, _BLESSING = "model", "blessing"


@dataclass(frozen=True, slots=True)
class _History:
    """A pipeline's artifacts as a resolver strategy chooses from them."""

    store: MetadataStore
    source: ModelSource

    def newest_first(self, key: str) -> Iterator[Artifact]:
        """Yields the models, or the blessings, that are there, newest first."""
        is_model = key == _MODEL
        found = self.store.newest_artifacts(
            "Model" if is_model else "ModelBlessing",
            pipeline=self.source.pipeline,
            node_id=self.source.node if is_model else None,
        )
        return filter(is_there, found)


class ModelFinder:
    """Finds models.

    Args:
        sources: Where each model comes from.
        store: The metadata store; it is only read.
        given: The models that come from elsewhere than a pipeline, which do not change.
    """

    def __init__(
        self, sources: Mapping[str, ModelSource], store: MetadataStore, given: Mapping[str, ModelRef]
    ) -> None:
        self._sources = {name: source for name, source in sources.items() if source.pipeline}
        self._store = store
        self._given = dict(given)
        self._known: dict[int, ModelRef] = {}

    @property
    def changes(self) -> bool:
        """Whether there is a model of a pipeline among them, of which a newer one may come."""
        return any(not isinstance(source.select, int) for source in self._sources.values())

    def find(self) -> dict[str, ModelRef | None]:
        """Returns the model to serve with for each name, ``None`` where there is none now.

        Raises:
            PenstockError: The store, or the place of the models, is out of reach.
        """
        found = {name: self._newest(source) for name, source in self._sources.items()}
        return {**self._given, **found}

    def why_missing(self, name: str) -> str:
        """Says what there is not where ``find`` finds no model of a name."""
        source = self._sources[name]
        if isinstance(source.select, int):
            return f"pipeline {source.pipeline} has no model {source.select} whose files are there"
        kind = "model" if source.select == "newest" else "blessed model"
        return f"pipeline {source.pipeline} has no {kind}"

    def _newest(self, source: ModelSource) -> ModelRef | None:
        strategy, channels = _strategy(source)
        resolved = strategy.resolve(channels, _History(self._store, source)) or {}
        artifacts = resolved.artifacts if isinstance(resolved, Choice) else resolved
        models = artifacts.get(_MODEL, [])
        if not models or not isinstance(models[0], Model):
            return None
        model = models[0]
        # Its version does not change while it serves, though it may be pushed meanwhile: results would tell it as two.
        if model.id not in self._known:
            self._known[model.id] = recorded_model(model, self._store)
        return self._known[model.id]


def _strategy(source: ModelSource) -> tuple[ResolverStrategy, dict[str, str]]:
    if isinstance(source.select, int):
        return NamedArtifactStrategy(source.select), {_MODEL: "Model"}
    if source.select == "newest":
        return LatestArtifactStrategy(), {_MODEL: "Model"}
    return LatestBlessedModelStrategy(), {_MODEL: "Model", _BLESSING: "ModelBlessing"}
