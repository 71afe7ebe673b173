# SPDX-License-Identifier: Apache-2.0
"""Models in this process: how they are loaded, and those that are kept from one job to the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

import pyarrow as pa

from penstock import files
from penstock.errors import PenstockError
from penstock.inference.flow import LoadedFacts
from penstock.inference.job import ModelRef
from penstock.inference.spec import ModelSettings
from penstock.models import LoadOptions, Predictor, TensorSpec, load, recognise


class LoadedModel(Protocol):
    """A model that is loaded. Only methods, plain arguments and plain results: it may live in another process."""

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Predicts the rows of a batch.

        Returns:
            By output, a NumPy array with a row per row, or an Arrow array.
        """

    def inputs(self) -> Sequence[TensorSpec]:
        """Returns what it takes, empty where that is not known."""

    def outputs(self) -> Sequence[TensorSpec]:
        """Returns what it gives, empty where that is not known."""

    def size_bytes(self) -> int:
        """Returns the bytes of its parameters, 0 where that is not known."""

    def device(self) -> str:
        """Returns where it runs."""

    def most_rows(self) -> int | None:
        """Returns the most rows that it takes in a call, ``None`` where it takes any number."""

    def with_signature(self, name: str) -> LoadedModel:
        """Returns the same model behind another of its signatures.

        Raises:
            ParameterError: It has no such signature, or none at all.
        """


class ModelLoader(Protocol):
    """Loads one model; pickled to workers, so it holds plain values."""

    @property
    def flavor(self) -> str:
        """The model's flavor, or the handler's name."""

    def load(self) -> LoadedModel:
        """Loads it.

        Raises:
            PenstockError: It does not load; the job fails.
        """


class PredictorModel:
    """A predictor of ``penstock.models`` as a :class:`LoadedModel`."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Any]:
        """Predicts the rows of a batch."""
        return self._predictor.predict(batch)

    def with_signature(self, name: str) -> PredictorModel:
        """Returns the same model behind another of its signatures."""
        return PredictorModel(self._predictor.with_signature(name))

    def inputs(self) -> Sequence[TensorSpec]:
        """Returns what it takes."""
        return self._predictor.signature.inputs

    def outputs(self) -> Sequence[TensorSpec]:
        """Returns what it gives."""
        return self._predictor.signature.outputs

    def size_bytes(self) -> int:
        """Returns the bytes of its parameters."""
        return self._predictor.size_bytes

    def device(self) -> str:
        """Returns where it runs."""
        return self._predictor.device

    def most_rows(self) -> int | None:
        """Returns the most rows that it takes in a call; foreign handlers alone have such a limit."""
        most: int | None = getattr(self._predictor, "most_rows", None)
        return most


@dataclass(frozen=True, slots=True)
class PredictorLoader:
    """Loads a model of one of Penstock's flavors."""

    ref: ModelRef
    settings: ModelSettings

    @property
    def flavor(self) -> str:
        """The model's flavor; empty where its files are of no known one."""
        if self.ref.flavor:
            return self.ref.flavor
        found = recognise(self.ref.uri)
        return found.name if found else ""

    def load(self) -> PredictorModel:
        """Loads it."""
        settings = self.settings
        options = LoadOptions(
            settings.device,
            settings.threads,
            settings.trusted or self.ref.trusted,
            settings.features,
            settings.loader_arguments,
        )
        return PredictorModel(
            load(self.ref.uri, self.ref.flavor, signature_name=self.settings.signature, options=options)
        )


def loader_for(ref: ModelRef, settings: ModelSettings, *, project_root: str = "") -> ModelLoader:
    """Returns what loads a model: Penstock's own loader of its flavor, or the user's Beam ``ModelHandler``."""
    if settings.handler is None:
        return PredictorLoader(ref, settings)
    from penstock.inference.handlers import foreign_loader

    made: ModelLoader = foreign_loader(ref, settings, project_root=project_root)
    return made


class Resident:
    """A model in memory, with what is known of it. Steps that call several of its signatures share it.

    Args:
        loader: Loads it.
        uri: Its files, whose size counts where the framework tells none.

    Raises:
        PenstockError: It does not load.
    """

    def __init__(self, loader: ModelLoader, uri: str) -> None:
        started = time.monotonic()
        model = loader.load()
        seconds = time.monotonic() - started
        self._by_signature: dict[str | None, LoadedModel] = {None: model}
        size = model.size_bytes() or _size_of_files(uri)
        self._facts = LoadedFacts(seconds, size, model.device(), loader.flavor)

    def predict(self, batch: pa.RecordBatch, signature: str | None = None) -> Mapping[str, Any]:
        """Predicts the rows of a batch; see :class:`LoadedModel`."""
        return self._behind(signature).predict(batch)

    def inputs(self, signature: str | None = None) -> tuple[TensorSpec, ...]:
        """Returns what it takes, empty where that is not known."""
        return tuple(self._behind(signature).inputs())

    def outputs(self, signature: str | None = None) -> tuple[TensorSpec, ...]:
        """Returns what it gives, empty where that is not known."""
        return tuple(self._behind(signature).outputs())

    def facts(self) -> LoadedFacts:
        """Returns what is known of it."""
        return self._facts

    def most_rows(self) -> int | None:
        """Returns the most rows that it takes in a call, ``None`` where it takes any number."""
        return self._by_signature[None].most_rows()

    def _behind(self, signature: str | None) -> LoadedModel:
        if signature not in self._by_signature:
            self._by_signature[signature] = self._by_signature[None].with_signature(str(signature))
        return self._by_signature[signature]


_pinned: dict[str, Resident] = {}
_resident: WeakValueDictionary[str, Resident] = WeakValueDictionary()
_loading = threading.Lock()


def pin(ref: ModelRef, settings: ModelSettings, *, project_root: str = "") -> Resident:
    """Loads a model now, and keeps it in this process for all jobs that name it with the same settings.

    Raises:
        PenstockError: It does not load.
    """
    key = _key(ref, settings)
    _pinned[key] = acquire(ref, settings, project_root=project_root)
    return _pinned[key]


def unpin(ref: ModelRef, settings: ModelSettings) -> None:
    """Forgets a model that :func:`pin` has loaded."""
    _pinned.pop(_key(ref, settings), None)


def is_pinned(ref: ModelRef, settings: ModelSettings) -> bool:
    """Says whether :func:`pin` has loaded a model."""
    return _key(ref, settings) in _pinned


def acquire(ref: ModelRef, settings: ModelSettings, *, project_root: str = "") -> Resident:
    """Returns a model that is in use in this process, or loads it.

    Raises:
        PenstockError: It does not load.
    """
    key = _key(ref, settings)
    # Looked up without the lock first: a model that serves must not wait for another one that is being loaded.
    found = _resident.get(key)
    if found is not None:
        return found
    with _loading:
        found = _resident.get(key)
        if found is None:
            found = load_copy(ref, settings, project_root=project_root)
            _resident[key] = found
        return found


def load_copy(ref: ModelRef, settings: ModelSettings, *, project_root: str = "") -> Resident:
    """Loads a model that no one else in this process uses.

    Raises:
        PenstockError: It does not load.
    """
    return Resident(loader_for(ref, settings, project_root=project_root), ref.uri)


def _key(ref: ModelRef, settings: ModelSettings) -> str:
    # How it is called, and with whom it is shared, is no matter of the loaded model.
    loading = replace(settings, batch_rows=1, timeout_seconds=None, large_model=False, model_copies=None)
    return repr((astuple(ref), astuple(loading)))


def _size_of_files(uri: str) -> int:
    try:
        return files.tree_size(uri) if uri else 0
    except PenstockError:
        return 0
