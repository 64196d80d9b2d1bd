"""What breaks first, on one page: snapshot and rulebook in, headroom out."""

from __future__ import annotations

import math
from typing import Final

from fastdiag.engine.headroom_amounts import look_up, measure, pairs
from fastdiag.engine.headroom_arithmetic import arithmetic
from fastdiag.engine.headroom_scaling import reach, time_to_limit, traffic_of, watched
from fastdiag.engine.look import Look
from fastdiag.model.headroom import Dormant, Headroom, Limit, Standing, TimeToLimit, UnknownLimit
from fastdiag.model.rule import Rulebook
from fastdiag.model.signal import Missing
from fastdiag.model.snapshot import Snapshot

FULL: Final = 1.0


def headroom(snapshot: Snapshot, rulebook: Rulebook) -> Headroom:
    """Return how far away every limit of the rulebook is. Pure and deterministic, like ``diagnose``."""
    look = Look(snapshot, rulebook)
    assessed = [_assess(limit, look) for limit in rulebook.limits]
    known = [one for one in assessed if isinstance(one, Standing)]
    return Headroom(
        snapshot=snapshot,
        traffic=traffic_of(look),
        limits=tuple(sorted(known, key=_room)),
        unknown=tuple(one for one in assessed if isinstance(one, UnknownLimit)),
        dormant=tuple(one for one in assessed if isinstance(one, Dormant)),
        arithmetic=arithmetic(look),
    )


def _assess(limit: Limit, look: Look) -> Standing | UnknownLimit | Dormant:
    found = measure(limit, look)
    if isinstance(found, str):
        return Dormant(limit=limit, because=found)
    if isinstance(found, tuple):
        return UnknownLimit(limit=limit, missing=found)
    outcome = reach(limit, found, look)
    return Standing(
        limit=limit,
        used=found.used,
        bound=found.bound,
        utilization=found.level / found.bound.value,
        reach=None if isinstance(outcome, str) else outcome,
        no_reach=outcome if isinstance(outcome, str) else "",
        time=_time(limit, look),
    )


def _time(limit: Limit, look: Look) -> TimeToLimit | None:
    """Return when it is full, by the first measure in a unit in which its growth is known."""
    if limit.growth is None:
        return None
    growth = look_up(look, limit.growth.signal)
    if isinstance(growth, Missing):
        return None
    watched_s = watched(growth, look.snapshot)
    times = (time_to_limit(limit.growth, growth, pair, watched_s) for pair in pairs(limit, look))
    return next((time for time in times if time is not None), None)


def _room(standing: Standing) -> tuple[float, str]:
    """Order by the multiple; where there is none, by what it would be in proportion."""
    if standing.reach:
        return standing.reach.multiple, standing.limit.id
    full = FULL / standing.utilization if standing.utilization > 0 else math.inf
    return full, standing.limit.id
