"""What recurs: since when a cause is found, how often, in how many stretches, and whether it flaps.

A run tells something about a cause when its status is conclusive enough to be one at all (not inconclusive)
and some source answered. It tells nothing about a cause that it does not find while a source has failed that
had answered when the cause was last found: a source that comes and goes is not a cause that does.

An episode begins with a run in which a cause is at least likely, and ends with the first one in which it is
not even possible: a probability that wanders about a threshold is one episode. Hosts that share a history are
followed each by itself; episodes on several hosts that overlap are one.

A cause flaps when, on one host, it came back at least twice within a day, each time less than an hour after
it had gone: faster than somebody finds the fault, mends it, and loses it again. Who looks less often than
twice an hour cannot see that; then the number of episodes tells it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.history import CauseSeen, Mark, Recurrence, Run
from fastdiag.model.moment import seconds_of
from fastdiag.model.rule import Kind
from fastdiag.model.snapshot import SourceStatus

REPAIR_S: Final = 3600.0
"""What comes back sooner than this was not repaired meanwhile."""
FLAPPING_WINDOW_S: Final = 86400.0
MIN_COMEBACKS: Final = 2
_ANSWERED: Final = frozenset((SourceStatus.OK.value, SourceStatus.PARTIAL.value))


@dataclass(slots=True)
class _Episode:
    """A stretch of runs with a cause: its first and its last one, in seconds since the epoch."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class _Look:
    """A run as far as it matters here: when, its causes by id, and the sources that answered and failed."""

    at: float
    run: Run
    causes: Mapping[str, CauseSeen]
    answering: frozenset[str]
    failed: frozenset[str]

    @classmethod
    def of(cls, at: float, run: Run) -> _Look:
        """Take a run apart."""
        answering = frozenset(name for name, word in run.sources.items() if word in _ANSWERED)
        failed = frozenset(name for name, word in run.sources.items() if word == SourceStatus.FAILED.value)
        return cls(at, run, {cause.id: cause for cause in run.causes}, answering, failed)

    @property
    def tells(self) -> bool:
        """Whether it could have seen a cause that it does not have."""
        return self.run.status is not Status.INCONCLUSIVE and bool(self.answering)

    def is_likely(self, id_: str) -> bool:
        """Whether a cause counts in this run."""
        cause = self.causes.get(id_)
        return cause is not None and cause.verdict >= Verdict.LIKELY


def recurrences(runs: Iterable[Run], marks: Iterable[Mark] = ()) -> tuple[Recurrence, ...]:
    """Return how each failure cause of a service recurs, present ones first, then the most frequent.

    Runs may come in any order; they include the present one where it is to count. Those that do not say when
    they were taken are left out, as are causes that only concern what can be seen (blind spots).
    """
    dated = [_Look.of(at, run) for run in runs if (at := seconds_of(run.taken_at)) is not None]
    dated.sort(key=lambda look: (look.at, look.run.id))
    noted = sorted(((at, mark) for mark in marks if (at := seconds_of(mark.at)) is not None), key=_moment)
    ids = dict.fromkeys(cause.id for look in dated for cause in look.run.causes if _counts(cause))
    by_host: dict[str, list[_Look]] = defaultdict(list)
    for look in dated:
        by_host[look.run.host].append(look)
    found = (_recurrence(id_, by_host.values(), noted, dated[-1].at) for id_ in ids)
    return tuple(sorted(found, key=_rank))


def _counts(cause: CauseSeen) -> bool:
    return cause.kind is Kind.FAILURE and cause.verdict >= Verdict.LIKELY


def _moment(noted: tuple[float, Mark]) -> tuple[float, int]:
    return noted[0], noted[1].id


def _rank(one: Recurrence) -> tuple[bool, int, float]:
    return not one.is_present, -one.runs, -(seconds_of(one.last_seen) or 0)


def _recurrence(
    id_: str, hosts: Iterable[Sequence[_Look]], noted: Sequence[tuple[float, Mark]], now: float
) -> Recurrence:
    telling = [_telling(looks, id_) for looks in hosts]
    likely = [look for looks in telling for look in looks if look.is_likely(id_)]
    likely.sort(key=lambda look: (look.at, look.run.id))
    episodes = [_episodes(looks, id_) for looks in telling]
    together = _merged(episode for several in episodes for episode in several)
    return Recurrence(
        id=id_,
        title=likely[-1].causes[id_].title,
        first_seen=likely[0].run.taken_at,
        last_seen=likely[-1].run.taken_at,
        runs=len(likely),
        of=sum(map(len, telling)),
        episodes=len(together),
        flapping=any(_flaps(several, now) for several in episodes),
        is_present=any(looks[-1].is_likely(id_) for looks in telling if looks),
        last_mark=next((mark for at, mark in reversed(noted) if at <= together[-1].begin), None),
    )


def _telling(looks: Sequence[_Look], id_: str) -> list[_Look]:
    """Return those of one host, in order of time, that tell whether the cause was there."""
    told: list[_Look] = []
    needed: frozenset[str] = frozenset()
    for look in looks:
        if id_ in look.causes:
            needed = look.answering
            told.append(look)
        elif look.tells and not needed & look.failed:
            told.append(look)
    return told


def _episodes(looks: Iterable[_Look], id_: str) -> list[_Episode]:
    episodes: list[_Episode] = []
    is_open = False
    for look in looks:
        if not is_open and look.is_likely(id_):
            episodes.append(_Episode(look.at, look.at))
            is_open = True
        elif id_ not in look.causes:
            is_open = False
        elif is_open:
            episodes[-1].end = look.at
    return episodes


def _merged(episodes: Iterable[_Episode]) -> list[_Episode]:
    """Return the episodes of all hosts in order of time, those that overlap as one."""
    merged: list[_Episode] = []
    for one in sorted(episodes, key=lambda episode: episode.begin):
        if merged and one.begin <= merged[-1].end:
            merged[-1].end = max(merged[-1].end, one.end)
        else:
            merged.append(_Episode(one.begin, one.end))
    return merged


def _flaps(episodes: Sequence[_Episode], now: float) -> bool:
    recent = [one for one in episodes if one.end >= now - FLAPPING_WINDOW_S]
    breaks = [later.begin - earlier.end for earlier, later in pairwise(recent)]
    return sum(gap < REPAIR_S for gap in breaks) >= MIN_COMEBACKS
