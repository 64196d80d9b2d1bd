"""Readings of locks: how many wait, how long, and who is at the root."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from fastdiag.collectors.postgres.rows import IDLE_IN_TRANSACTION, Blocking, LockWaits
from fastdiag.collectors.postgres.samples import Samples, labels, window
from fastdiag.collectors.postgres.session import Session
from fastdiag.collectors.sink import Sink
from fastdiag.model.signal import Missing, Part, Reason

PREPARED: Final = 0
"""The pid that pg_blocking_pids reports for a prepared transaction."""

MORE_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTree:
    """The oldest waiters, and who blocks whom on the way from them to the roots."""

    waiters: frozenset[int]
    edges: tuple[Blocking, ...]


def report_lock_waits(sink: Sink, samples: Samples) -> None:
    """Write db.locks.waiting (the fewer of both samples) and db.locks.oldest."""
    first, last = samples.first.lock_waits, samples.last.lock_waits
    if isinstance(last, Missing):
        _miss(sink, last, "db.locks.waiting", "db.locks.oldest")
    elif isinstance(first, Missing):
        _miss(sink, first, "db.locks.waiting", "db.locks.oldest")
    else:
        sink.reading(
            "db.locks.waiting",
            min(first.waiting, last.waiting),
            window=window(first.waiting, last.waiting, are_two=samples.are_two),
            bias=samples.bias if last.waiting else None,
        )
        _report_oldest(sink, samples, last)


def _report_oldest(sink: Sink, samples: Samples, waits: LockWaits) -> None:
    if waits.waiting and waits.oldest_s is None and samples.hidden and not waits.is_exact:
        sink.missing("db.locks.oldest", Reason.DENIED, samples.hidden_story)
        return
    bias = None if waits.is_exact or not waits.waiting else "counted from the start of the statement"
    sink.reading("db.locks.oldest", max(0.0, waits.oldest_s or 0.0), bias=bias)


def ask_lock_tree(session: Session, waits: LockWaits | Missing) -> LockTree | Missing:
    """Ask who holds up the oldest 20 waiters, and who holds up those in turn, as far as they wait too.

    One statement nearly always suffices: whoever is waited for and waits has mostly waited for longer.
    """
    if isinstance(waits, Missing):
        return waits
    if not waits.waiting:
        return LockTree(waiters=frozenset(), edges=())
    edges = session.ask("lock_blockers", Blocking, {"pids": None})
    if isinstance(edges, Missing):
        return edges
    waiters = frozenset(edge.waiter for edge in edges)
    for _ in range(MORE_ROUNDS):
        unexplained = {edge.blocker for edge in edges if edge.blocker_waits} - {edge.waiter for edge in edges}
        if not unexplained or session.statements_left <= 1:  # one is for what comes after
            break
        more = session.ask("lock_blockers", Blocking, {"pids": sorted(unexplained)})
        edges += [] if isinstance(more, Missing) else more
    return LockTree(waiters=waiters, edges=tuple(edges))


def waiters_by_root(edges: Iterable[Blocking], waiters: Collection[int]) -> dict[int, set[int]]:
    """Return for each session that blocks and does not wait itself which waiters it holds up in the end.

    Sessions that wait for each other in a ring have no root: the server ends such a deadlock by itself.
    """
    blockers: dict[int, set[int]] = {}
    roots: dict[int, set[int]] = {}
    for edge in edges:
        blockers.setdefault(edge.waiter, set()).add(edge.blocker)
        if not edge.blocker_waits:
            roots[edge.blocker] = set()
    for waiter in waiters:
        for root in _reachable(waiter, blockers) & roots.keys():
            roots[root].add(waiter)
    return roots


def report_blockers(sink: Sink, samples: Samples, tree: LockTree | Missing) -> None:
    """Write db.locks.behind_one (a part for each root, the worst first) and db.locks.idle_blockers."""
    if isinstance(tree, Missing):
        _miss(sink, tree, "db.locks.behind_one", "db.locks.idle_blockers")
        return
    by_root = waiters_by_root(tree.edges, tree.waiters)
    roots = {edge.blocker: edge for edge in tree.edges if edge.blocker in by_root}
    parts = [Part(labels=_named(roots[pid]), value=len(behind)) for pid, behind in by_root.items()]
    parts.sort(key=lambda part: (-part.value, part.labels))
    sink.reading("db.locks.behind_one", parts[0].value if parts else 0, by=parts)
    if any(_is_hidden(root) for root in roots.values()):
        sink.missing("db.locks.idle_blockers", Reason.DENIED, f"who blocks is hidden: {samples.grant}")
        return
    idle = [part for part in parts if dict(part.labels)["state"].startswith(IDLE_IN_TRANSACTION)]
    sink.reading("db.locks.idle_blockers", len(idle), by=idle)


def _reachable(waiter: int, blockers: dict[int, set[int]]) -> set[int]:
    found: set[int] = set()
    ahead = [waiter]
    while ahead:
        fresh = blockers.get(ahead.pop(), set()) - found
        found |= fresh
        ahead.extend(fresh)
    return found


def _is_hidden(root: Blocking) -> bool:
    return root.blocker != PREPARED and root.backend_type is None


def _named(root: Blocking) -> tuple[tuple[str, str], ...]:
    state = root.state or (root.backend_type or "hidden")
    if root.blocker == PREPARED:
        state = "prepared transaction"
    return labels(pid=str(root.blocker), application=root.application, state=state, user=root.user)


def _miss(sink: Sink, refusal: Missing, *signals: str) -> None:
    for signal in signals:
        sink.missing(signal, refusal.reason, refusal.detail)
