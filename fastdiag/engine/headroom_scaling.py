"""From today's use to the traffic at which a limit is reached: measured where history allows it.

The line goes through the present point and rises by the share of the use that grew with traffic so far.
All of it (proportional) is the steepest: what was measured can only move a limit further away. Where
requests become slower on the way they hold everything for longer, and it comes sooner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from fastdiag.engine.headroom_amounts import Pair, amount, look_up
from fastdiag.engine.look import Look
from fastdiag.model.headroom import Amount, Basis, Growth, Limit, Reach, ScalesWith, TimeToLimit
from fastdiag.model.quantity import Unit, format_value
from fastdiag.model.signal import Missing, Range, Reading, Reason
from fastdiag.model.snapshot import Snapshot
from fastdiag.model.target import MAX_SAMPLE_GAP_S

RPS: Final = ("http.rps", "proxy.rps")
"""Traffic; the first that was seen."""
MIN_RPS: Final = 1.0
"""Below, what is in use is what any idle service uses: nothing to multiply."""
MIN_CHANGE: Final = 0.2
"""Traffic that differed by less than this share says nothing about how use grows with it."""
MIN_UNSEEN_SHARE: Final = 0.1
"""Where traffic was not seen, use below this may be that of an idle service."""

PROMETHEUS: Final = "prometheus"
"""The source that watches a growth over the whole window."""

Point = tuple[float, float]
"""Requests per second, and what was in use at that rate."""


def traffic_of(look: Look) -> Amount | Missing:
    """Return the requests per second, or why they are not known."""
    reading = _traffic(look)
    if isinstance(reading, Missing):
        return reading
    return amount(reading) or Missing(Reason.ABSENT, f"{reading.signal} has no service-wide value")


def reach(limit: Limit, pair: Pair, look: Look) -> Reach | str:
    """Return at which multiple a limit is reached, or in a few words why that cannot be told."""
    room = pair.bound.value / pair.level if pair.level else math.inf
    if room <= 1:
        said = "it is used up now" if pair.used.value >= pair.bound.value else "its peaks use it up now"
        return Reach(multiple=room, of=limit.scales_with, basis=Basis.REACHED, assumption=said)
    if limit.scales_with is ScalesWith.NONE:
        return "not in proportion to traffic"
    if math.isinf(room):
        return "nothing in use"
    traffic = traffic_of(look)
    if isinstance(traffic, Amount) and traffic.value >= MIN_RPS:
        measured = _measured(pair, look, room)
        if measured is not None and not (
            isinstance(measured, str) and limit.scales_with is ScalesWith.CONNECTIONS
        ):
            return measured
    return _proportional(limit, pair, traffic, room)


def _proportional(limit: Limit, pair: Pair, traffic: Amount | Missing, room: float) -> Reach | str:
    of, basis = limit.scales_with, Basis.PROPORTIONAL
    if of is ScalesWith.CONNECTIONS:
        said = "if all who are connected now connect that many times over"
        return Reach(multiple=room, of=of, basis=basis, assumption=said)
    if isinstance(traffic, Missing):
        if pair.level / pair.bound.value < MIN_UNSEEN_SHARE:
            return "traffic was not seen, and little is in use"
        return Reach(
            multiple=room, of=of, basis=basis, assumption="if use grows in proportion; traffic was not seen"
        )
    if traffic.value < MIN_RPS:
        return f"too little traffic to scale from ({_rate(traffic.value)})"
    return Reach(multiple=room, of=of, basis=basis, assumption="if use grows in proportion to traffic")


def _measured(pair: Pair, look: Look, room: float) -> Reach | str | None:
    """Return what history says; None where it says nothing.

    How the whole grew counts for its fullest part too.
    """
    traffic, used = _traffic(look), look_up(look, pair.used.signal or "")
    if isinstance(traffic, Missing) or isinstance(used, Missing) or not traffic.value:
        return None
    if traffic.source != used.source or used.value is None:  # their windows of comparison are not the same
        return None
    now: Point = (traffic.value, used.value)
    before = list(_points([(traffic.before, used.before)]))
    for others in (before, _extremes(traffic.window, used.window)):
        share = growing_share(now, others, counts=used.unit.is_discrete)
        if share is not None:
            return _along(share, sorted({now, *others}), room, used.unit)
    return None


def _along(share: float, points: Sequence[Point], room: float, unit: Unit) -> Reach | str:
    said = ", ".join(f"{format_value(used, unit)} at {_rate(rate)}" for rate, used in points)
    if share == 0:
        return f"did not grow with traffic so far ({said})"
    return Reach(
        multiple=1 + (room - 1) / share,
        of=ScalesWith.TRAFFIC,
        basis=Basis.MEASURED,
        assumption=f"as it grew so far: {said}",
    )


def growing_share(now: Point, others: Sequence[Point], *, counts: bool = False) -> float | None:
    """Return which share of the present use grows with traffic, 0 to 1.

    The line of least squares through the present point, its slope bounded: use does not fall when
    traffic grows, and there is no less than none of it without traffic. What is counted at two moments
    differs by chance: there the share is taken as high as one standard error allows (of a difference of
    Poisson counts), so that chance promises no room. None where the rates are too much alike (MIN_CHANGE),
    or nothing is in use.
    """
    rate, used = now
    if rate <= 0 or used <= 0:
        return None
    telling = [
        (other / rate - 1, (seen + math.copysign(_error(seen, used, counts=counts), other - rate)) / used - 1)
        for other, seen in others
        if abs(other - rate) >= MIN_CHANGE * max(other, rate)
    ]
    squares = sum(x * x for x, _ in telling)
    share = sum(x * y for x, y in telling) / squares if squares else math.nan
    return min(1.0, max(0.0, share)) if math.isfinite(share) else None


def _error(one: float, other: float, *, counts: bool) -> float:
    """Return the standard error of the difference between two counts; averages have none to speak of."""
    return math.sqrt(one + other) if counts else 0.0


def _extremes(traffic: Range | None, used: Range | None) -> list[Point]:
    """Pair the lowest use with the lowest traffic of the window, and the highest with the highest."""
    if traffic is None or used is None:
        return []
    return list(_points([(traffic.lowest, used.lowest), (traffic.highest, used.highest)]))


def _points(pairs: Sequence[tuple[float | None, float | None]]) -> Iterator[Point]:
    for rate, used in pairs:
        if rate is not None and used is not None and math.isfinite(rate) and math.isfinite(used):
            yield max(0.0, rate), max(0.0, used)


def watched(growth: Reading, snapshot: Snapshot) -> float:
    """Return for how long a growth was watched: over the window, or between the two samples of a source."""
    return snapshot.window_s if growth.source == PROMETHEUS else min(MAX_SAMPLE_GAP_S, snapshot.window_s)


def time_to_limit(growth: Growth, reading: Reading, pair: Pair, watched_s: float) -> TimeToLimit | None:
    """Return when a limit is reached that fills with time; None where it does not, or is full already."""
    used = pair.used.unit
    is_same = reading.unit is used or (reading.unit is Unit.PER_SECOND and used is Unit.COUNT)
    grown = amount(reading)
    rate = grown.value / growth.per_s if grown else 0.0
    if not is_same or rate <= 0 or pair.used.value >= pair.bound.value:
        return None
    return TimeToLimit(
        seconds=(pair.bound.value - pair.used.value) / rate,
        rate=rate,
        watched_s=watched_s,
        source=reading.source,
        bias=reading.bias,
    )


def _traffic(look: Look) -> Reading | Missing:
    found = [look_up(look, signal) for signal in RPS]
    return next((one for one in found if isinstance(one, Reading)), found[0])


def _rate(rps: float) -> str:
    return format_value(rps, Unit.PER_SECOND)
