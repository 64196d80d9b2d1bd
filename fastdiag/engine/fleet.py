"""Many diagnoses as one view. Pure and deterministic: the order in which the snapshots are given is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fastdiag.engine.fleet_oddities import oddities
from fastdiag.engine.fleet_sight import differences, partly_seen, sources
from fastdiag.model.diagnosis import RankedCause, Status
from fastdiag.model.fleet import CauseCount, Fleet, Group, Member, Unread
from fastdiag.model.rule import Rulebook

_BADNESS: Final[Mapping[Status, int]] = {
    Status.CRITICAL: 3,
    Status.WARNING: 2,
    Status.INCONCLUSIVE: 1,
    Status.OK: 0,
}


def fleet(members: Sequence[Member], unread: Sequence[Unread], rulebook: Rulebook) -> Fleet:
    """Compare at least one member with all others. Their diagnoses were made by this table."""
    return Fleet(
        members=tuple(members),
        unread=tuple(unread),
        groups=tuple(sorted(_groups(members), key=_order)),
        causes=tuple(_causes(members)),
        oddities=oddities(members, rulebook),
        partly=partly_seen(members),
        sources=sources(members),
        differences=differences(members),
    )


def _groups(members: Sequence[Member]) -> Iterator[Group]:
    alike: dict[tuple[Status, str | None], list[Member]] = {}
    for member in members:
        first = _first(member)
        alike.setdefault((member.diagnosis.status, first.id if first else None), []).append(member)
    for (status, cause), those in alike.items():
        firsts = [first for member in those if (first := _first(member))]
        shares = [first.probability for first in firsts]
        yield Group(
            status=status,
            cause=cause,
            title=firsts[0].title if firsts else None,
            low=min(shares, default=0.0),
            high=max(shares, default=0.0),
            members=tuple(member.name for member in those),
        )


def _first(member: Member) -> RankedCause | None:
    return next(iter(member.likely), None)


def _order(group: Group) -> tuple[int, int, str]:
    return (-_BADNESS[group.status], -len(group.members), group.cause or "")


def _causes(members: Sequence[Member]) -> Iterator[CauseCount]:
    likely = {member.name: member.likely for member in members}
    titles = {cause.id: cause.title for causes in likely.values() for cause in causes}
    counts = Counter(cause.id for causes in likely.values() for cause in causes)
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        where = tuple(who for who, causes in likely.items() if name in {cause.id for cause in causes})
        yield CauseCount(id=name, title=titles[name], members=where)
