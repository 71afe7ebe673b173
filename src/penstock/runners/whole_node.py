# SPDX-License-Identifier: Apache-2.0
"""Runs a node as a whole, all the items for which it runs, side by side; or one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from penstock.errors import UsageError
from penstock.runners.ends import Ends
from penstock.runners.schedule import Closed
from penstock.runners.session import Session
from penstock.runtime.items import Item, instance_name, item_label
from penstock.runtime.results import NodeResult, combined

_CANCELLED = "the run was cancelled"


def launch_whole(session: Session, node_id: str, ends: Ends, *, max_workers: int) -> NodeResult:
    """Launches a node for each of its items, and returns how it ended as a whole.

    Args:
        session: The run.
        node_id: The node.
        ends: What has ended before; what depends on a failure is not launched.
        max_workers: How many items run at a time; a single one runs in this thread.
    """
    loops = session.launcher.layout.loops_of(node_id)
    if not loops:
        return _launched(session, node_id, (), ends)
    instances = list(_instances(session, loops, (), ends))
    first, closed = instances[0]
    if first == () and closed is not None:
        return _closed(session, node_id, first, closed)

    def ended(item: Item, closed: Closed | None) -> NodeResult:
        return (
            _launched(session, node_id, item, ends)
            if closed is None
            else _closed(session, node_id, item, closed)
        )

    whole = combined(node_id, _all(ended, instances, max_workers))
    session.ended(whole)
    return whole


def launch_item(session: Session, node_id: str, item: Item, ends: Ends) -> NodeResult:
    """Launches a node for one item, and returns how that ended.

    Raises:
        UsageError: The loops around it have no such item.
    """
    for depth, loop in enumerate(session.launcher.layout.loops_of(node_id)):
        opened = _opened(session, loop, item[:depth], ends)
        if isinstance(opened, Closed):
            return _closed(session, node_id, item, opened)
        if item[depth] >= opened:
            raise UsageError(
                f"there is no {instance_name(node_id, item)}",
                expected=f"a number below {opened:,}, the count of items of {loop}",
                got=str(item[depth]),
            )
    return _launched(session, node_id, item, ends)


def _all(
    ended: Callable[[Item, Closed | None], NodeResult],
    instances: list[tuple[Item, Closed | None]],
    max_workers: int,
) -> list[NodeResult]:
    if max_workers == 1:
        return [ended(item, closed) for item, closed in instances]
    with ThreadPoolExecutor(max_workers) as pool:
        return list(pool.map(lambda instance: ended(*instance), instances))


def _instances(
    session: Session, loops: tuple[str, ...], prefix: Item, ends: Ends
) -> Iterator[tuple[Item, Closed | None]]:
    """Yields the items for which a node runs; or of which outer item it does not, and why."""
    if len(prefix) == len(loops):
        yield prefix, None
        return
    opened = _opened(session, loops[len(prefix)], prefix, ends)
    if isinstance(opened, Closed):
        yield prefix, opened
        return
    for index in range(opened):
        yield from _instances(session, loops, (*prefix, index), ends)


def _opened(session: Session, loop: str, prefix: Item, ends: Ends) -> int | Closed:
    blocked = _CANCELLED if session.cancelled else ends.blocked_loop(loop, prefix)
    return Closed("not run", blocked) if blocked else session.open_loop(loop, prefix)


def _launched(session: Session, node_id: str, item: Item, ends: Ends) -> NodeResult:
    blocked = ends.blocked(session.launcher.layout.node(node_id), item)
    if session.cancelled:
        blocked = NodeResult(node_id, "not run", _CANCELLED, item=item_label(item))
    if blocked is None:
        return session.launch(node_id, item)
    session.ended(blocked)
    return blocked


def _closed(session: Session, node_id: str, item: Item, closed: Closed) -> NodeResult:
    result = NodeResult(node_id, closed.state, closed.reason, item=item_label(item))
    session.ended(result)
    return result
