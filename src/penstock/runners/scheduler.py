# SPDX-License-Identifier: Apache-2.0
"""Walks through a pipeline: nodes after their upstream nodes, loops opened on the way, the rest side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from penstock.ir.model import NodeIR
from penstock.runners.schedule import Closed, Job, Results, Schedule
from penstock.runtime.items import Item, instance_name, item_label
from penstock.runtime.layout import Layout
from penstock.runtime.results import NodeResult


class Work(Protocol):
    """What a walk has done."""

    @property
    def cancelled(self) -> bool:
        """Whether nothing new should start."""
        ...

    def launch(self, node_id: str, item: Item) -> NodeResult:
        """Runs a node, for one item of the loops around it."""
        ...

    def open_loop(self, loop_id: str, item: Item) -> int | Closed:
        """Returns how many items a loop has, for an item of the loops around it, or why its nodes do not run."""
        ...

    def ended(self, result: NodeResult) -> None:
        """Takes a result that came about without a launch."""
        ...


class _Walk:
    """One walk: does jobs, and tells the schedule what came of them."""

    def __init__(self, layout: Layout, work: Work) -> None:
        self.schedule = Schedule(layout, work.ended)
        self._layout = layout
        self._work = work

    def settled(self, job: Job) -> bool:
        """Says whether a job needs no start, because it cannot; what comes of that is noted then."""
        if job.opens:
            reason = self.schedule.ends.blocked_loop(job.id, job.item)
            reason = _CANCELLED if self._work.cancelled else reason
            if reason:
                self.schedule.closed(job, Closed("not run", reason))
            return bool(reason)
        blocked = self.schedule.ends.blocked(self._layout.nodes[job.id], job.item)
        if self._work.cancelled:
            blocked = NodeResult(job.id, "not run", _CANCELLED, item=item_label(job.item))
        if blocked is not None:
            self._work.ended(blocked)
            self.schedule.ended(blocked, job.item)
        return blocked is not None

    def done(self, job: Job) -> NodeResult | int | Closed:
        """Does a job."""
        return (self._work.open_loop if job.opens else self._work.launch)(job.id, job.item)

    def note(self, job: Job, outcome: NodeResult | int | Closed) -> None:
        """Takes note of what came of a job."""
        if isinstance(outcome, NodeResult):
            self.schedule.ended(outcome, job.item)
        elif isinstance(outcome, Closed):
            self.schedule.closed(job, outcome)
        else:
            self.schedule.opened(job, outcome)


_CANCELLED = "the run was cancelled"


def walk(layout: Layout, work: Work) -> Results:
    """Launches nodes, and items, one after another in this thread."""
    walking = _Walk(layout, work)
    while walking.schedule.first is not None:
        job = walking.schedule.take()
        if not walking.settled(job):
            walking.note(job, walking.done(job))
    return walking.schedule.all_results()


def walk_side_by_side(layout: Layout, work: Work, *, max_workers: int) -> Results:
    """Launches nodes, and items, in threads; nothing new starts once the work is cancelled.

    A node takes one of ``max_workers`` slots, or as many as it asks for processor cores, and waits until so many are
    free. What ``launch`` raises is raised when the nodes that run have ended. What is raised in this thread, by a
    signal for instance, is raised at once: the threads do not keep the process from ending.
    """
    walking = _Walk(layout, work)
    free = max_workers
    running = 0
    failure: BaseException | None = None
    ended: SimpleQueue[tuple[Job, NodeResult | int | Closed | BaseException]] = SimpleQueue()
    while running or (walking.schedule.first is not None and failure is None):
        while failure is None and (job := walking.schedule.first) is not None:
            slots = 0 if job.opens else _slots(layout.nodes[job.id], max_workers)
            if slots > free:
                break
            walking.schedule.take()
            if not walking.settled(job):
                running, free = running + 1, free - slots
                name = instance_name(job.id, job.item)
                Thread(target=_do, args=(walking.done, job, ended), name=name, daemon=True).start()
        if running:
            job, outcome = ended.get()
            running -= 1
            free += 0 if job.opens else _slots(layout.nodes[job.id], max_workers)
            if isinstance(outcome, BaseException):
                failure = failure or outcome
            else:
                walking.note(job, outcome)
    if failure is not None:
        raise failure
    return walking.schedule.all_results()


def _slots(node: NodeIR, max_workers: int) -> int:
    cpus = node.resources.cpus if node.resources is not None else None
    return min(max(1, math.ceil(cpus or 1)), max_workers)


def _do(
    done: Callable[[Job], NodeResult | int | Closed],
    job: Job,
    ended: SimpleQueue[tuple[Job, NodeResult | int | Closed | BaseException]],
) -> None:
    try:
        ended.put((job, done(job)))
    except BaseException as error:  # raised again in the thread that waits for it
        ended.put((job, error))
