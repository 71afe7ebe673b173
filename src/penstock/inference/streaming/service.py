# SPDX-License-Identifier: Apache-2.0
"""The stream itself: a loop of ticks in one process, from the first look at the source to a clean end.

A tick claims what came in, scores it, publishes each input's results, records that it is done, and tells the source so,
in this order. Whatever ends the process in between, the next one finds in the journal where to go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace

from penstock.errors import CancelledError, PenstockError
from penstock.inference.job import ModelRef
from penstock.inference.streaming.finding import ModelFinder
from penstock.inference.streaming.incoming import Incoming, Source, SourceLostError
from penstock.inference.streaming.journal import Journal, models_key, models_of
from penstock.inference.streaming.lineage import Registration, StreamRecord
from penstock.inference.streaming.messages import BatchFolder
from penstock.inference.streaming.patience import Patience
from penstock.inference.streaming.scoring import RunJob, Scorer, TickResult
from penstock.inference.streaming.serving import Serving
from penstock.inference.streaming.setup import (
    LoadedModels,
    StreamSetup,
    deliver_to,
    open_source,
    prepare_engine,
    run_job,
)
from penstock.inference.streaming.state_folder import StateFolder
from penstock.inference.streaming.telling import Event, Teller, Totals
from penstock.inference.streaming.trial import Trial
from penstock.inference.streaming.watching import ModelWatch, Pins
from penstock.metadata.store import MetadataStore
from penstock.runtime.loading import make_importable

_FORGET_EVERY_SECONDS = 600.0
_THREAD_SECONDS = 1.0
_LONGEST_MANIFEST = 100_000
"""Inputs after which a manifest is published and another begun, though the models are the same."""
_SERVED = "models"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a stream ends by itself.

    Attributes:
        max_inputs: After so many files or batches of messages; ``None`` means never.
        idle_seconds: When nothing came in for so long; ``None`` means never.
    """

    max_inputs: int | None = None
    idle_seconds: float | None = None


def serve(
    setup: StreamSetup,
    ending: threading.Event,
    display: Callable[[Event], None],
    limits: Limits | None = None,
    *,
    run: RunJob | None = None,
    pins: Pins | None = None,
) -> Totals:
    """Serves until ``ending`` is set, or a limit is reached.

    Args:
        setup: The stream.
        ending: Ends it, after the tick that is under way.
        display: Shows what happens.
        limits: When it ends by itself.
        run: Runs a job; ``None`` means the engine in this process.
        pins: Where models are loaded; ``None`` means in this process.

    Returns:
        What was done.

    Raises:
        UsageError: Another process has the state folder, or it belongs to another source.
        PenstockError: Something failed that did not mend itself; what is claimed is done by the next process.
    """
    setup = setup.ready()
    make_importable(setup.project_root)
    with ExitStack() as held:
        state = held.enter_context(StateFolder(setup.state_folder()))
        journal = held.enter_context(closing(Journal(state.path, setup.source_label())))
        batches = BatchFolder(state.file("batches"))
        batches.keep_only(item.name for item in (*journal.claimed(), *journal.unsettled()))
        source = held.enter_context(closing(open_source(setup, journal, batches, ending.wait)))
        store = held.enter_context(MetadataStore.open(setup.metadata))
        record = StreamRecord(_registration(setup), setup.paths(), store)
        teller = Teller(display, state.file("status.json"), {"stream": setup.name, "run": record.run_id})
        try:
            finder = ModelFinder(setup.models, store, record.imported())
            watch = ModelWatch(
                finder.find,
                finder.why_missing,
                pins or LoadedModels(setup),
                setup.spec.refresh_seconds if finder.changes else None,
                models_of(journal.fact(_SERVED) or "{}"),
            )
            parts = Parts(state, source, journal, batches, record, teller, watch, run or run_job)
            Stream(setup, parts, ending, limits or Limits()).serve(prepare_engine if run is None else None)
        except BaseException as error:
            _ended_by(error, record, teller)
            raise
        record.end("COMPLETE")
        totals = teller.totals
        facts = {"inputs": totals.inputs, "rows": totals.rows, "failed": totals.failed}
        teller.say("ended", _ended_text(totals), **facts)
        return teller.totals


@dataclass(frozen=True, slots=True)
class Parts:
    """What a stream works with, all of it open."""

    state: StateFolder
    source: Source
    journal: Journal
    batches: BatchFolder
    record: StreamRecord
    teller: Teller
    watch: ModelWatch
    run: RunJob


class Stream:
    """One stream while it serves; see :func:`serve`."""

    def __init__(self, setup: StreamSetup, parts: Parts, ending: threading.Event, limits: Limits) -> None:
        self._spec = setup.spec
        self._ending = ending
        self._limits = limits
        self._state = parts.state
        self._source = parts.source
        self._journal = parts.journal
        self._record = parts.record
        self._teller = parts.teller
        self._watch = parts.watch
        places = setup.places()
        self._scorer = Scorer(
            setup.graph, places, parts.run, deliver_to(setup), self._source.changed, parts.batches.refused
        )
        self._trial = Trial(setup.graph, places, parts.run)
        self._serving = Serving(self._watch, self._trial.refusal, self._teller, self._swap)
        self._patience = Patience(setup.spec.missing_seconds, self._teller, ending.wait)
        self._claimed: list[Incoming] = []
        self._found: list[Incoming] = []
        self._in_generation = 0
        self._last_input = time.monotonic()
        self._next_forget = time.monotonic() + _FORGET_EVERY_SECONDS

    def serve(self, prepare: Callable[[], None] | None = None) -> None:
        """Serves until the end.

        Args:
            prepare: Is called before models are loaded: two threads that import at a time may meet half-made modules.
        """
        self._teller.say("started", f"reading {self._source.label}", source=self._source.label)
        self._record.recover(self._journal)
        self._claimed = self._journal.claimed()
        if prepare is not None:
            prepare()
        self._watch.start()
        try:
            while not self._is_over():
                self._refresh()
                if self._serving.is_ready:
                    with self._patience.attempt():
                        self._step()
                else:
                    self._ending.wait(self._spec.poll_seconds)
                self._teller.quiet()
            self._record.finish(self._journal)
            with suppress(SourceLostError):  # the next start tells the source
                self._settle()
        finally:
            self._watch.stop(_THREAD_SECONDS)

    # --------------------------------------------------------------------------------------------------------- private

    def _is_over(self) -> bool:
        if self._ending.is_set():
            return True
        most, idle = self._limits.max_inputs, self._limits.idle_seconds
        if most is not None and self._teller.totals.inputs >= most:
            return True
        quiet = self._serving.has_looked and not self._claimed and not self._found
        return idle is not None and quiet and time.monotonic() - self._last_input >= idle

    def _refresh(self) -> None:
        had_looked = self._serving.has_looked
        self._serving.refresh()
        if not had_looked:
            self._last_input = time.monotonic()

    def _step(self) -> None:
        """Does what is claimed, else looks for more."""
        self._state.check()
        self._settle()
        if not self._claimed:
            # What was found stays found where the journal cannot be written: the source would not bring it again.
            self._found = self._found or self._source.poll(self._spec.poll_seconds)
            if not self._found:
                self._forget()
                return
            self._journal.claim(self._found, self._source.positions(self._found))
            self._claimed, self._found = self._found, []
        self._tick(self._claimed)
        self._claimed = []

    def _settle(self) -> None:
        """Tells the source what is done and it does not know yet."""
        unsettled = self._journal.unsettled()
        if unsettled:
            self._source.settle(unsettled)
            self._journal.settled(unsettled)

    def _tick(self, claimed: Sequence[Incoming]) -> None:
        result = self._scorer.score(claimed, self._serving.models)
        given_up = [
            replace(item, defect=reason)
            for item, reason in result.unread
            if self._source.unreadable(item, reason)
        ]
        if given_up:
            result += self._scorer.score(given_up, self._serving.models)
        self._journal.done(result.done)
        finished = {item.identity for item, _ in result.done}
        for item in claimed:
            if item.identity not in finished:  # it could not be read yet, or is another file by now
                self._journal.release(item)
        self._tell(result)
        self._trial.remember(result)

    def _tell(self, result: TickResult) -> None:
        for item, outcome in result.done:
            if item.defect:
                text = f"{item.label} goes to the dead letters as a whole: {item.defect}"
                self._teller.say("warning", text, input=item.uri)
            elif outcome.failed and not outcome.rows:
                self._teller.say("warning", f"{item.label}: not one row could be scored", input=item.label)
        self._teller.tick(result.done)
        if result.done:
            self._last_input = time.monotonic()
            self._in_generation += len(result.done)
        if self._in_generation >= _LONGEST_MANIFEST:
            self._begin_generation(self._serving.models)

    def _swap(self, models: Mapping[str, ModelRef]) -> None:
        self._begin_generation(models)
        self._journal.remember(_SERVED, models_key(models))

    def _begin_generation(self, models: Mapping[str, ModelRef]) -> None:
        self._record.serve(models, self._journal)
        self._in_generation = 0

    def _forget(self) -> None:
        if time.monotonic() >= self._next_forget:
            self._journal.forget(self._spec.keep_done, self._source.present())
            self._next_forget = time.monotonic() + _FORGET_EVERY_SECONDS


def _registration(setup: StreamSetup) -> Registration:
    places = setup.places()
    properties = {
        "input_base": setup.source_label(),
        "output": places.output,
        "dead_letters": places.dead_letters,
        "state": setup.state_folder(),
        "graph": repr(setup.graph),
        "parameters": dict(setup.parameters),
    }
    return Registration(
        setup.name, setup.pipeline_root, setup.project_root, setup.metadata, properties, setup.run_id
    )


def _ended_by(error: BaseException, record: StreamRecord, teller: Teller) -> None:
    """Records and tells an end that was not meant, as far as that goes."""
    cancelled = isinstance(error, (CancelledError, KeyboardInterrupt))
    with suppress(PenstockError):
        record.end("CANCELED" if cancelled else "FAILED", error)
    with suppress(PenstockError):
        teller.say("failed", f"ended by an error: {str(error) or type(error).__name__}")


def _ended_text(totals: Totals) -> str:
    failed = f", {totals.failed:,} failed" if totals.failed else ""
    return f"ended: {totals.inputs:,} in, {totals.rows:,} rows out{failed}"
