# SPDX-License-Identifier: Apache-2.0
"""Which models serve: what the watch offers is tried, taken or refused, between two ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from penstock.inference.job import ModelRef
from penstock.inference.streaming.telling import Teller, model_text
from penstock.inference.streaming.watching import ModelWatch, Offer

Models = Mapping[str, ModelRef]


class Serving:
    """The models of a stream.

    Args:
        watch: Finds and loads models.
        refusal: Says why models do not fit where others have served, ``""`` where they do.
        teller: Is told what happens.
        changed: Called before other models serve.
    """

    def __init__(
        self,
        watch: ModelWatch,
        refusal: Callable[[Models, Models], str],
        teller: Teller,
        changed: Callable[[Models], None],
    ) -> None:
        self._watch = watch
        self._refusal = refusal
        self._teller = teller
        self._changed = changed
        self._models: Models | None = None
        self._before: Models | None = None
        self.has_looked = False

    @property
    def is_ready(self) -> bool:
        """Whether there are models to serve with."""
        return self._models is not None

    @property
    def models(self) -> Models:
        """The models that serve."""
        if self._models is None:
            raise RuntimeError("no models serve")  # the loop asks is_ready first
        return self._models

    def refresh(self) -> None:
        """Takes what the watch has found.

        Raises:
            PenstockError: No model that was found loads, and none serves.
        """
        offer = self._watch.take()
        if offer is None:
            return
        self.has_looked = True
        for warning in offer.warnings:
            self._teller.say("warning", warning)
        if offer.failure is not None:
            raise offer.failure
        if offer.missing:
            self._wait(offer.missing)
        elif offer.models is not None:
            self._take(offer)

    def _wait(self, missing: str) -> None:
        self._before, self._models = self._models or self._before, None
        self._teller.say("waiting", f"{missing}: waiting for one", missing=missing)

    def _take(self, offer: Offer) -> None:
        found = offer.models or {}
        for candidate in _candidates(self._models, found):
            reason = self._refusal(self._models, candidate) if self._models is not None else ""
            if not reason:
                self._serve(candidate, found)
                return
            self._tell_refused(candidate, reason)
        self._watch.refuse(found)

    def _serve(self, models: Models, found: Models) -> None:
        returns = self._models is None and models == self._before
        if not returns:
            self._changed(models)
        self._models = models
        self._watch.serves(models)
        if models != found:
            self._watch.refuse(found)
        self._teller.serving(models)

    def _tell_refused(self, candidate: Models, reason: str) -> None:
        serving = self._models or {}
        fresh = [f"{name} {model_text(ref)}" for name, ref in candidate.items() if ref != serving.get(name)]
        served = [
            f"{name} {model_text(serving[name])}"
            for name, ref in candidate.items()
            if ref != serving.get(name)
        ]
        self._teller.say(
            "warning",
            f"model {' and '.join(fresh)} does not fit: {reason}; {' and '.join(served)} goes on serving",
            reason=reason,
        )


def _candidates(serving: Models | None, found: Models) -> Iterator[Models]:
    """Yields what to try: all that is new together, since models may belong together; then one alone."""
    yield found
    fresh = [name for name, ref in found.items() if serving is not None and ref != serving.get(name)]
    if serving is not None and len(fresh) > 1:
        for name in fresh:
            yield {**serving, name: found[name]}
