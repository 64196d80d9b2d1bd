"""A fleet in words that every form of the view shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from fastdiag.model.diagnosis import Status
from fastdiag.model.fleet import Difference, Fleet, Group, Level, Member, Oddity, Outlier, PartlySeen
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.snapshot import Snapshot
from fastdiag.render.words import count, filled, listed, lowered, moment, percent

MAX_NAMED: Final = 6
"""Members that a line names, and signals, unless more is asked for."""
MAX_SIGNALS: Final = 3
MAX_VALUES: Final = 4
MAX_ODDITIES: Final = 8
MAX_CAUSES: Final = 8
MAX_PARTLY: Final = 4
_NAMELESS: Final = frozenset({"", "unknown"})
_PINNED: Final = 0.95
"""As the function `pinned` of rules has it: at least so near to full."""
_NOUNS: Final = {Level.HOST: "host", Level.WORKER: "worker"}
_UNEXPLAINED: Final = "no cause is likely"
_WITHOUT_CAUSE: Final = {
    Status.OK: "nothing wrong was seen",
    Status.INCONCLUSIVE: "too little was seen to tell",
    Status.WARNING: _UNEXPLAINED,
    Status.CRITICAL: _UNEXPLAINED,
}


def headline(fleet: Fleet) -> str:
    """Return the sentence that follows the status word: how many fare so, and why most of them do."""
    worst = [group for group in fleet.groups if group.status is fleet.status]
    bad = sum(len(group.members) for group in worst)
    total = len(fleet.members)
    fare = f"{bad} of {count(total, 'host')}"
    if fleet.status is Status.OK:
        return f"{_lead(fleet)}{fare} look healthy"
    named = [group for group in worst if group.title]
    if not named:
        return f"{_lead(fleet)}{fare}; what was seen does not tell why"
    causes = [f"{lowered(group.title or '')} ({len(group.members)})" for group in named]
    return f"{_lead(fleet)}{fare}: {listed(causes, at_most=3)}"


def _lead(fleet: Fleet) -> str:
    names = Counter(member.diagnosis.snapshot.service for member in fleet.members)
    known = [name for name in names if name not in _NAMELESS]
    return f"{known[0]}: " if len(known) == 1 else ""


def moments(fleet: Fleet) -> str:
    """Return from when to when the snapshots were taken."""
    taken = sorted(filter(None, (member.diagnosis.snapshot.taken_at for member in fleet.members)))
    if not taken:
        return ""
    first, last = moment(taken[0]), moment(taken[-1])
    return first if first == last else f"{first} - {last}"


def group(found: Group) -> str:
    """Return what a group's members have in common."""
    if found.title is None:
        return _WITHOUT_CAUSE[found.status]
    low, high = percent(found.low), percent(found.high)
    return f"{lowered(found.title)} ({low if low == high else f'{low} to {high}'})"


def names(members: Sequence[str], *, in_full: bool = False) -> str:
    """Return names, of many the first."""
    return listed(members, at_most=None if in_full else MAX_NAMED)


def shown(fleet: Fleet, *, in_full: bool = False) -> tuple[Oddity, ...]:
    """Return by what some stand out: beyond a threshold of the rules, else at all; not more than are read."""
    if in_full:
        return fleet.oddities
    telling = [one for one in fleet.oddities if one.crossed] or list(fleet.oddities)
    return tuple(one for one in telling if not _is_told_by_workers(one, telling))[:MAX_ODDITIES]


def _is_told_by_workers(found: Oddity, others: Sequence[Oddity]) -> bool:
    """Whether these hosts stand out only because workers of theirs do, which are told by the same signal."""
    hosts = {one.member for one in found.outliers}
    return found.level is Level.HOST and any(
        other.signal == found.signal
        and other.level is Level.WORKER
        and other.is_high is found.is_high
        and hosts <= {one.member for one in other.outliers}
        for other in others
    )


def share(oddity: Oddity) -> str:
    """Return `3 of 120 workers`."""
    return f"{len(oddity.outliers)} of {count(oddity.compared, _NOUNS[oddity.level])}"


def oddity(found: Oddity, fleet: Fleet) -> str:
    """Return `pinned: workers.cpu.max 97% to 100%, median 12% (>= 90%)`."""
    values = sorted(outlier.value for outlier in found.outliers)
    low, high = (format_value(value, found.unit) for value in (values[0], values[-1]))
    seen = low if low == high else f"{low} to {high}"
    is_pinned = found.unit is Unit.RATIO and values[0] >= _PINNED > found.median
    lead = "pinned: " if is_pinned else ""
    usual = format_value(found.median, found.unit)
    return f"{lead}{found.signal} {seen}, median {usual}{_crossed(found, fleet)}"


def _crossed(found: Oddity, fleet: Fleet) -> str:
    """Return the last threshold of the rules beyond which they are, with the parameters of the first host."""
    if not found.crossed:
        return ""
    parameters = fleet.members[0].diagnosis.snapshot.parameters
    return f" ({filled(found.crossed[-1].removeprefix(f'{found.signal} '), parameters)})"


def outliers(found: Oddity, *, in_full: bool = False) -> str:
    """Return who stands out: `web1`, or `web1 worker 4127`."""
    return names([outlier(one) for one in found.outliers], in_full=in_full)


def outlier(found: Outlier) -> str:
    """Return a member, and its process where it is one."""
    process = " ".join(f"{name} {value}" for name, value in found.labels)
    return f"{found.member} {process}".strip()


def partly(found: PartlySeen, *, in_full: bool = False) -> str:
    """Return `12 signals (db.locks, ...): not by web3`, or `...: only by web7` where only few see them."""
    signals = listed(found.signals, at_most=None if in_full else MAX_SIGNALS)
    are_few = len(found.seen_by) < len(found.unseen_by)
    who = names(found.seen_by if are_few else found.unseen_by, in_full=in_full)
    return f"{count(len(found.signals), 'signal')} ({signals}): {'only' if are_few else 'not'} by {who}"


def difference(found: Difference, *, in_full: bool = False) -> str:
    """Return `0.2.0: 19 hosts; 0.1.0: web7`; of many values the most common, and of few hosts their names."""
    told = [f"{value or 'none'}: {_named(who, in_full=in_full)}" for value, who in found.values.items()]
    shown = told if in_full else told[:MAX_VALUES]
    left = len(told) - len(shown)
    return "; ".join([*shown, *([f"and {count(left, 'other value')}"] if left else [])])


def _named(members: Sequence[str], *, in_full: bool) -> str:
    if in_full or len(members) <= MAX_NAMED:
        return names(members, in_full=in_full)
    return count(len(members), "host")


def vitals(member: Member) -> list[str]:
    """Return what a row of a table says of a member's signals: latency, errors, CPU, pool."""
    return [_first(member.diagnosis.snapshot, signals) for signals in _VITALS.values()]


_VITALS: Final = {
    "latency": ("http.latency.p95", "probe.latency"),
    "errors": ("http.errors.ratio", "probe.failures"),
    "CPU": ("service.cpu",),
    "pool": ("db.pool.utilization", "db.service.utilization", "db.connections.utilization"),
}
VITALS: Final = tuple(_VITALS)
"""The titles of ``vitals``."""


def _first(snapshot: Snapshot, signals: Sequence[str]) -> str:
    readings = (snapshot.readings.get(signal) for signal in signals)
    seen = next((one for one in readings if one is not None and one.value is not None), None)
    return format_value(seen.value, seen.unit) if seen is not None and seen.value is not None else "?"
