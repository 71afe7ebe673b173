# SPDX-License-Identifier: Apache-2.0
"""Models of the metadata store: which version one is, and whether its files may be unpickled."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from penstock import files
from penstock.artifacts.artifact import IS_EXTERNAL, Artifact
from penstock.artifacts.standard import Model, PushedModel
from penstock.errors import PenstockError
from penstock.inference.job import ModelRef
from penstock.metadata.store import MetadataStore
from penstock.models.properties import FLAVOR, recorded_info
from penstock.models.registry import describe
from penstock.models.signature import ModelInfo

_PUSHED_VERSION = "pushed_version"
_DIGEST_LETTERS = 12


def recorded_model(model: Model, store: MetadataStore) -> ModelRef:
    """Returns a recorded model as the engine takes it.

    Its version is the one under which it was pushed last; of one that was not, the run that made it; of one that no run
    has made, the beginning of its content's digest. It may be unpickled where a node of this store has made it; what
    was imported has come from elsewhere.
    """
    makers = store.lineage(model.id, "up", max_hops=1).executions.values()
    external = model.get_int_custom_property(IS_EXTERNAL) == 1
    runs = [maker.run_id for maker in makers if not external]
    return ModelRef(
        uri=servable_uri(model),
        flavor=model.get_string_custom_property(FLAVOR) or None,
        artifact_id=model.id,
        version=_pushed_version(model, store) or next(iter(runs), model.content_digest[:_DIGEST_LETTERS]),
        trusted=bool(runs),
    )


def servable_uri(model: Model) -> str:
    """Returns where the servable model is: below the artifact, or the artifact itself where it was imported so."""
    external = model.get_int_custom_property(IS_EXTERNAL) == 1
    return model.uri if external and not files.exists(model.serving_uri) else model.serving_uri


def model_info(model: Model) -> ModelInfo:
    """Returns what is recorded of a model, or else what its files say.

    Raises:
        DataError: Its files are missing, damaged, or of no known flavor.
    """
    recorded = recorded_info(model)
    return recorded if recorded is not None and recorded.signatures else describe(servable_uri(model))


def known_models(models: Mapping[str, ModelRef]) -> dict[str, ModelInfo]:
    """Returns what the files of models say of them, by name, without those that say nothing."""
    known = {}
    for name, ref in models.items():
        with suppress(PenstockError):  # also where a handler has no files at all
            known[name] = describe(ref.uri)
    return known


def _pushed_version(model: Artifact, store: MetadataStore) -> str:
    made = store.lineage(model.id, "down", max_hops=1).artifacts
    pushed = [artifact for identity, artifact in sorted(made.items()) if isinstance(artifact, PushedModel)]
    return pushed[-1].get_string_custom_property(_PUSHED_VERSION) if pushed else ""
