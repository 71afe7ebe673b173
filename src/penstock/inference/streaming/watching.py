# SPDX-License-Identifier: Apache-2.0
"""Looks for newer models and loads them, in a thread of its own, while the present ones serve."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from penstock import files
from penstock.errors import PenstockError
from penstock.inference.job import ModelRef

Models = Mapping[str, ModelRef]
Found = Mapping[str, ModelRef | None]


class Pins(Protocol):
    """Where models are loaded."""

    def pin(self, name: str, ref: ModelRef) -> object:
        """Loads a model and keeps it.

        Raises:
            PenstockError: It does not load.
        """

    def unpin(self, name: str, ref: ModelRef) -> None:
        """Lets a model go."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the watch has found; the stream takes it between two ticks.

    Attributes:
        models: Models that are loaded, to serve with from now on; ``None`` where some are missing.
        missing: What is missing, in words.
        failure: Why there is nothing to serve with, although models were found.
        warnings: What was found and cannot be used.
    """

    models: Models | None = None
    missing: str = ""
    failure: PenstockError | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Refused:
    """A model that cannot be used, and how its files looked then."""

    ref: ModelRef
    stamp: object = field(default=None)


class ModelWatch:
    """Looks for models again and again.

    A model that fails is told once, and tried again when its files have changed; meanwhile the one before it serves.

    Args:
        find: Finds the models that should serve, ``None`` for one that there is none of.
        why_missing: Says what there is not.
        pins: Loads models.
        every_seconds: How often to look; ``None`` means once.
        fallback: Models that served when the stream ran last, for a start with newer ones that fail.
    """

    def __init__(
        self,
        find: Callable[[], Found],
        why_missing: Callable[[str], str],
        pins: Pins,
        every_seconds: float | None,
        fallback: Models | None = None,
    ) -> None:
        self._find = find
        self._why_missing = why_missing
        self._pins = pins
        self._every = every_seconds
        self._fallback = dict(fallback or {})
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._offer_made: Offer | None = None
        self._unanswered = False
        self._serving: dict[str, ModelRef] = {}
        self._loaded: dict[str, list[ModelRef]] = {}
        self._refused: dict[str, _Refused] = {}
        self._told = ""
        self._thread = threading.Thread(target=self._watch, name="models", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def take(self) -> Offer | None:
        """Returns what was found since the last call, ``None`` where nothing was."""
        with self._lock:
            offer, self._offer_made = self._offer_made, None
            # One with models counts until it is answered: what it has loaded must not be let go by the next.
            self._unanswered = offer is not None and offer.models is not None
            return offer

    def serves(self, models: Models) -> None:
        """Answers an offer: these models serve from now on; lets go of all others."""
        with self._lock:
            self._unanswered = False
            self._serving = dict(models)
            for name, refs in self._loaded.items():
                for ref in refs:
                    if ref != models.get(name):
                        self._pins.unpin(name, ref)
                self._loaded[name] = [ref for ref in refs if ref == models.get(name)]

    def refuse(self, models: Models) -> None:
        """Answers an offer: its models do not fit, and those that serve go on."""
        with self._lock:
            for name, ref in models.items():
                if ref != self._serving.get(name):
                    self._refused[name] = _Refused(ref, _stamp(ref))
        self.serves(self._serving)

    def stop(self, wait_seconds: float) -> bool:
        """Ends the watch; returns whether its thread has ended by then, which one that loads a model has not."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(wait_seconds)
        return not self._thread.is_alive()

    # --------------------------------------------------------------------------------------------------------- private

    def _watch(self) -> None:
        while True:
            with self._lock:
                open_offer = self._offer_made is not None or self._unanswered
            if not open_offer:
                offer = self._look()
                with self._lock:
                    self._offer_made = offer
            done = self._every is None and bool(self._serving)
            if done or self._stop.wait(self._every or 1.0):
                return

    def _look(self) -> Offer | None:
        try:
            found = self._find()
        except PenstockError as error:
            return self._once(f"cannot look for models: {error}", failure=None)
        except Exception as error:  # whatever it is, it must not end the watch without a word
            return self._once(f"cannot look for models: {type(error).__name__}: {error}", failure=None)
        missing = [self._why_missing(name) for name, ref in found.items() if ref is None]
        if missing:
            return self._missing("; ".join(missing))
        return self._offer({name: ref for name, ref in found.items() if ref is not None})

    def _missing(self, text: str) -> Offer | None:
        if text == self._told:
            return None
        self._told = text
        with self._lock:
            self._serving = {}  # whatever is found next is offered, be it what served before
        return Offer(missing=text)

    def _once(self, text: str, failure: PenstockError | None) -> Offer | None:
        if text == self._told:
            return None
        self._told = text
        return Offer(failure=failure, warnings=() if failure else (text,))

    def _offer(self, found: Models) -> Offer | None:
        """Loads what is new and returns what to serve with, if that is anything else than before."""
        with self._lock:
            serving = dict(self._serving)
        wanted: dict[str, ModelRef] = {}
        warnings: list[str] = []
        failure: PenstockError | None = None
        for name, ref in found.items():
            usable, error = self._usable(name, ref)
            if error is not None:
                failure = error
            if usable:
                wanted[name] = ref
                continue
            other = serving.get(name) or self._instead(name, ref)
            if other is not None:
                wanted[name] = other
            if error is not None and other is not None:
                warnings.append(
                    f"model {name} {ref.version or ref.uri} cannot be used: {error};"
                    f" {other.version or other.uri} goes on serving"
                )
        if len(wanted) < len(found):
            return self._once(str(failure), failure) if failure is not None else None
        if wanted == serving:
            return Offer(warnings=tuple(warnings)) if warnings else None
        self._told = ""
        return Offer(models=wanted, warnings=tuple(warnings))

    def _usable(self, name: str, ref: ModelRef) -> tuple[bool, PenstockError | None]:
        """Loads a model unless that was done before; returns whether it can serve, and what is to be told if not."""
        refused = self._refused.get(name)
        if refused is not None and refused.ref == ref and refused.stamp == _stamp(ref):
            return False, None
        try:
            self._load(name, ref)
        except PenstockError as error:
            self._refused[name] = _Refused(ref, _stamp(ref))
            return False, error
        except Exception as error:  # a library's own: the model is what is wrong
            self._refused[name] = _Refused(ref, _stamp(ref))
            return False, PenstockError(f"the model does not load: {type(error).__name__}: {error}")
        return True, None

    def _instead(self, name: str, ref: ModelRef) -> ModelRef | None:
        """Returns the model that served when the stream ran last, loaded, if there is one."""
        other = self._fallback.get(name)
        if other is None or other == ref:
            return None
        return other if self._usable_quietly(name, other) else None

    def _usable_quietly(self, name: str, ref: ModelRef) -> bool:
        try:
            self._load(name, ref)
        except Exception:  # the newer model's own failure is what is told
            return False
        return True

    def _load(self, name: str, ref: ModelRef) -> None:
        self._pins.pin(name, ref)
        with self._lock:
            if ref not in self._loaded.setdefault(name, []):
                self._loaded[name].append(ref)


def _stamp(ref: ModelRef) -> object:
    """Returns what shows whether a model's files have changed."""
    try:
        return tuple((entry.name, entry.size) for entry in files.walk(ref.uri)) if ref.uri else ()
    except PenstockError as error:
        return str(error)
