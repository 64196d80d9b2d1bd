"""The classic sequence in which a service with a hidden limit fails, recognised from how its signals went.

Traffic goes up; latency creeps up; timeouts appear now and then; CPU and memory still look healthy; the pool
is empty. Requests do not fail at once: they queue, wait, then time out (field guide, section 3).

The rise of latency is the middle of it: without one there is no sequence. Around it is looked for the rest.
Every threshold is relative to what the signal itself was before, but for three that mean the same in every
service: a CPU that is not busy, a pool that is full, one request in a thousand.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fastdiag.engine.shifts import Shift, seen, shifts
from fastdiag.model.course import Course, FailureSequence, Stage, Step
from fastdiag.model.quantity import format_value

TRAFFIC: Final = "http.rps"
LATENCY: Final = ("http.latency.p95", "probe.latency")
TIMEOUTS: Final = ("http.timeouts.ratio", "http.errors.ratio")
CPU: Final = "service.cpu"
POOL: Final = ("db.pool.utilization", "db.pool.waiting")
FREE: Final = "db.pool.idle"

MORE_TRAFFIC: Final = 1.2
"""A fifth more traffic than usual: less is the noise of an hour."""
MORE_LATENCY: Final = 1.5
"""Latency that has grown by half is what a person calls slower."""
MORE_TIMEOUTS: Final = 2.0
LEAST_TIMEOUTS: Final = 0.001
"""One request in a thousand: where none failed before, any share is infinitely more."""
BUSY_CPU: Final = 0.7
"""From here on the CPU may be why requests wait (`cpu-saturation` begins there)."""
MORE_CPU: Final = 1.25
CPU_SLACK: Final = 0.1
"""An idle CPU doubles on little work: so much of it more is still flat."""
FULL: Final = {"db.pool.utilization": (0.95, "in use"), "db.pool.waiting": (1.0, "wait for a connection")}
"""From where on a pool is empty (the thresholds of `db-pool-exhaustion`), and what the number counts."""
LEAST_STAGES: Final = 3
LEAD_POINTS: Final = 5
"""By so many points a full pool, or the last of a rise of traffic, may come before latency shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rise:
    """The rise of latency around which the rest is looked for, with the time between two points."""

    course: Course
    shift: Shift
    pause: float

    @property
    def earliest(self) -> float:
        return self.shift.start - LEAD_POINTS * self.pause


def sequence(courses: Sequence[Course]) -> FailureSequence | None:
    """Return the stages of the latest such failure; None where there was none.

    At least three stages make a sequence, the rise of latency and its consequence (timeouts, or a pool
    without a free connection) among them. A CPU that rose with latency speaks against it: then requests did
    not wait for something, they computed.
    """
    by_signal = {course.signal: course for course in courses}
    rise = _rise(by_signal)
    if rise is None:
        return None
    cpu = _flat_cpu(by_signal, rise)
    if cpu is None and CPU in by_signal and _told_around(by_signal[CPU], rise):
        return None
    consequences = [step for step in (_timeouts(by_signal, rise), _empty_pool(by_signal, rise)) if step]
    found = [step for step in (_traffic(by_signal, rise), _latency(rise), cpu, *consequences) if step]
    if not consequences or len(found) < LEAST_STAGES:
        return None
    return FailureSequence(
        steps=tuple(sorted(found, key=lambda step: (step.at, list(Stage).index(step.stage)))),
        unseen=tuple(
            stage for stage, signals in _SIGNALS.items() if not any(s in by_signal for s in signals)
        ),
    )


_SIGNALS: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.TRAFFIC_UP: (TRAFFIC,),
    Stage.LATENCY_CREEPS: LATENCY,
    Stage.TIMEOUTS_APPEAR: TIMEOUTS,
    Stage.CPU_FLAT: (CPU,),
    Stage.POOL_EMPTY: (*POOL, FREE),
}


def _rise(courses: Mapping[str, Course]) -> _Rise | None:
    """Return the latest rise of latency."""
    for name in LATENCY:
        course = courses.get(name)
        found = shifts(course.points, MORE_LATENCY) if course else ()
        if course and found:
            return _Rise(course=course, shift=found[-1], pause=_pause(course))
    return None


def _pause(course: Course) -> float:
    return statistics.median(later - earlier for (earlier, _), (later, _) in pairwise(course.points))


def _latency(rise: _Rise) -> Step:
    unit, shift = rise.course.unit, rise.shift
    said = f"{format_value(shift.before, unit)} before, up to {format_value(shift.peak, unit)}"
    return Step(stage=Stage.LATENCY_CREEPS, at=shift.start, signal=rise.course.signal, said=said)


def _traffic(courses: Mapping[str, Course], rise: _Rise) -> Step | None:
    """Return the rise of traffic that was under way, or just over, when latency began to rise."""
    course = courses.get(TRAFFIC)
    found = shifts(course.points, MORE_TRAFFIC) if course else ()
    before = [one for one in found if one.start <= rise.shift.start + rise.pause and one.end >= rise.earliest]
    if course is None or not before:
        return None
    shift, unit = before[-1], course.unit
    said = f"{format_value(shift.before, unit)} before, up to {format_value(shift.peak, unit)}"
    return Step(stage=Stage.TRAFFIC_UP, at=shift.start, signal=TRAFFIC, said=said)


def _timeouts(courses: Mapping[str, Course], rise: _Rise) -> Step | None:
    """Return the first moment from the rise on at which more requests failed than ever before it.

    A single point is enough: they appear now and then.
    """
    for name in TIMEOUTS:
        points = seen(courses[name].points) if name in courses else []
        before = max((value for at, value in points if at < rise.earliest), default=0.0)
        least = max(LEAST_TIMEOUTS, MORE_TIMEOUTS * before)
        for at, value in points:
            if rise.earliest <= at <= rise.shift.end + rise.pause and value >= least:
                said = f"{format_value(value, courses[name].unit)} of the requests"
                return Step(stage=Stage.TIMEOUTS_APPEAR, at=at, signal=name, said=said)
    return None


def _empty_pool(courses: Mapping[str, Course], rise: _Rise) -> Step | None:
    """Return the first moment around the rise at which no connection was free, twice in a row."""
    for name in POOL:
        points = seen(courses[name].points) if name in courses else []
        around = [one for one in points if rise.earliest <= one[0] <= rise.shift.end + rise.pause]
        least, what = FULL[name]
        for (at, value), (_, after) in pairwise(around):
            if min(value, after) >= least:
                said = f"{format_value(value, courses[name].unit)} {what}"
                return Step(stage=Stage.POOL_EMPTY, at=at, signal=name, said=said)
    return _none_free(courses, rise)


def _none_free(courses: Mapping[str, Course], rise: _Rise) -> Step | None:
    """Return the first moment around the rise at which no connection lay idle any more, twice in a row.

    For pools that tell no size. One that opens connections when they are asked for has none idle before its
    first request either: only what was there can be used up.
    """
    points = seen(courses[FREE].points) if FREE in courses else []
    for number, ((at, value), (_, after)) in enumerate(pairwise(points)):
        before = max((idle for _, idle in points[:number]), default=0.0)
        is_around = rise.earliest <= at <= rise.shift.end + rise.pause
        if is_around and before >= 1 and max(value, after) < 1:
            said = f"none free, up to {format_value(before, courses[FREE].unit)} before"
            return Step(stage=Stage.POOL_EMPTY, at=at, signal=FREE, said=said)
    return None


def _flat_cpu(courses: Mapping[str, Course], rise: _Rise) -> Step | None:
    """Return that the CPU did not follow latency: neither busy, nor clearly busier than before."""
    course = courses.get(CPU)
    points = seen(course.points) if course else []
    during = [value for at, value in points if rise.shift.start <= at <= rise.shift.end]
    if course is None or not during:
        return None
    level = statistics.median(during)
    before = [value for at, value in points if at < rise.shift.start]
    usual = statistics.median(before) if before else level
    if level >= BUSY_CPU or level > usual * MORE_CPU + CPU_SLACK:
        return None
    said = f"{format_value(level, course.unit)}, {format_value(usual, course.unit)} before"
    return Step(stage=Stage.CPU_FLAT, at=rise.shift.start, signal=CPU, said=said)


def _told_around(course: Course, rise: _Rise) -> bool:
    return any(rise.shift.start <= at <= rise.shift.end for at, _ in seen(course.points))
