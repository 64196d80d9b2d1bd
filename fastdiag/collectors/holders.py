"""Who holds the service's database connections, in one line a worker: how many, of how many, and doing what.

"15 of 15 database connections of its pool, all idle in transaction, untouched for up to 11 min": so a person
sees at once whether a pool is leaked, held over other work, or busy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Part, Reading

IDLE_IN_TRANSACTION: Final = "idle in transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One connection as the database shows it.

    state      as in pg_stat_activity, or `waiting for a lock`, `listening`
    state_s    how long it has been in that state
    open_s     age of its transaction; 0 without one
    is_taken   whether nobody else can use it
    unchanged  whether it did nothing at all between two looks
    """

    worker: str
    state: str
    state_s: float
    open_s: float
    is_taken: bool
    unchanged: bool


def holders(held: Sequence[Held], pool_size: float | None) -> list[Part]:
    """Return a part for each worker, most first: the connections it uses, in words as label `holds`."""
    workers: dict[str, list[Held]] = {}
    for each in held:
        workers.setdefault(each.worker, []).append(each)
    parts = [_part(worker, sessions, pool_size) for worker, sessions in workers.items()]
    return sorted(parts, key=lambda part: (-part.value, part.labels))


def pool_of_one(size: Reading | None, workers: Reading | None) -> float | None:
    """Return the connections that the pool of one worker may open, where that is known: all alike, or one."""
    if size is None or size.value is None:
        return None
    instances: dict[str, float] = {}
    for part in size.by:
        instance = dict(part.labels).get("instance", "")
        instances[instance] = instances.get(instance, 0.0) + part.value
    if instances and "" not in instances and len(set(instances.values())) == 1:
        return next(iter(instances.values()))
    return size.value if workers is not None and workers.value == 1 else None


def _part(worker: str, sessions: Sequence[Held], pool_size: float | None) -> Part:
    taken = [session for session in sessions if session.is_taken]
    if pool_size is not None and pool_size >= len(sessions):
        of = f"{len(taken)} of {pool_size:.0f} database connections of its pool"
    else:
        of = f"{len(taken)} of its {len(sessions)} open database connections"
    what = f", {_doing(taken)}" if taken else ""
    return Part(labels=(("holds", f"{of}{what}"), ("worker", worker)), value=float(len(taken)))


def _doing(taken: Sequence[Held]) -> str:
    """Return `all idle in transaction, untouched for up to 11 min`, or `9 active, 1 idle (longest 7 s)`."""
    states = Counter(session.state for session in taken)
    if len(states) > 1:
        counts = ", ".join(f"{count} {state}" for state, count in states.most_common())
        return f"{counts}, for up to {_longest(session.state_s for session in taken)}"
    state = next(iter(states))
    all_of = "all " if len(taken) > 1 else ""
    if not state.startswith(IDLE_IN_TRANSACTION):
        return f"{all_of}{state}, for up to {_longest(session.state_s for session in taken)}"
    if any(session.unchanged for session in taken):
        return f"{all_of}{state}, untouched for up to {_longest(session.state_s for session in taken)}"
    return f"{all_of}{state}, in transactions of up to {_longest(session.open_s for session in taken)}"


def _longest(seconds: Iterable[float]) -> str:
    return format_value(max(seconds), Unit.SECONDS)
