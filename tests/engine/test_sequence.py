"""The classic sequence of failure, recognised from how signals went, and what only looks like it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

import pytest

from fastdiag.engine.sequence import sequence
from fastdiag.engine.shifts import shifts
from fastdiag.model.course import Course, FailureSequence, Stage, Told
from fastdiag.model.quantity import Unit

START: Final = 1_790_000_000.0
STEP_S: Final = 180.0
POINTS: Final = 60
UNITS: Final = {
    "http.rps": Unit.PER_SECOND,
    "http.latency.p95": Unit.SECONDS,
    "http.timeouts.ratio": Unit.RATIO,
    "service.cpu": Unit.RATIO,
    "db.pool.utilization": Unit.RATIO,
    "db.pool.waiting": Unit.COUNT,
    "db.pool.idle": Unit.COUNT,
}


def at(number: int) -> float:
    return START + number * STEP_S


def course(signal: str, value: Callable[[int], float | None]) -> Course:
    points = tuple((at(number), value(number)) for number in range(POINTS))
    return Course(signal=signal, title=signal, unit=UNITS[signal], points=points, told=Told.PROMETHEUS)


def noisy(level: Callable[[int], float], share: float = 0.05) -> Callable[[int], float]:
    """Return a level that wanders by a share of itself, the same in every run."""
    chance = random.Random(7)  # noqa: S311 - noise, and no secret
    wander = [chance.uniform(1 - share, 1 + share) for _ in range(POINTS)]
    return lambda number: level(number) * wander[number]


def a_drained_pool() -> list[Course]:
    """Return the sequence of the field guide: traffic from point 20 on, latency from 25, timeouts at 40."""
    return [
        course("http.rps", noisy(lambda n: 40.0 if n < 20 else 70.0)),
        course("http.latency.p95", noisy(lambda n: 0.12 if n < 25 else 0.12 * 1.12 ** (n - 22))),
        course("http.timeouts.ratio", lambda n: 0.03 if n in {40, 44, 50} else 0.0),
        course("service.cpu", noisy(lambda n: 0.2 if n < 20 else 0.26)),
        course("db.pool.utilization", lambda n: 0.4 if n < 20 else min(1.0, 0.4 + 0.05 * (n - 20))),
    ]


def replaced(courses: Sequence[Course], signal: str, value: Callable[[int], float | None]) -> list[Course]:
    return [course(signal, value) if one.signal == signal else one for one in courses]


def without(courses: Sequence[Course], *signals: str) -> list[Course]:
    return [one for one in courses if one.signal not in signals]


def stages(found: FailureSequence | None) -> list[Stage]:
    return [step.stage for step in found.steps] if found else []


def test_the_five_stages_in_the_order_in_which_they_came() -> None:
    found = sequence(a_drained_pool())
    assert found is not None
    assert stages(found) == [
        Stage.TRAFFIC_UP,
        Stage.LATENCY_CREEPS,
        Stage.CPU_FLAT,
        Stage.POOL_EMPTY,
        Stage.TIMEOUTS_APPEAR,
    ]
    moments = {step.stage: step.at for step in found.steps}
    assert moments[Stage.TRAFFIC_UP] == at(20)
    assert at(25) <= moments[Stage.LATENCY_CREEPS] <= at(28)
    assert moments[Stage.TIMEOUTS_APPEAR] == at(40)
    assert found.unseen == ()


def test_what_each_stage_says_has_its_numbers() -> None:
    found = sequence(a_drained_pool())
    assert found is not None
    said = {step.stage: step.said for step in found.steps}
    assert said[Stage.TIMEOUTS_APPEAR] == "3% of the requests"
    assert said[Stage.TRAFFIC_UP].startswith(("39", "40", "41"))
    assert "before" in said[Stage.CPU_FLAT]


def test_a_stage_whose_signal_nobody_tells_is_unseen_and_not_denied() -> None:
    found = sequence(without(a_drained_pool(), "service.cpu", "http.timeouts.ratio"))
    assert found is not None
    assert stages(found) == [Stage.TRAFFIC_UP, Stage.LATENCY_CREEPS, Stage.POOL_EMPTY]
    assert set(found.unseen) == {Stage.CPU_FLAT, Stage.TIMEOUTS_APPEAR}


@pytest.mark.parametrize(
    ("signal", "value"),
    [
        ("service.cpu", lambda n: 0.2 if n < 25 else 0.95),
        ("service.cpu", lambda n: 0.2 if n < 25 else 0.6),
        ("http.latency.p95", lambda _: 0.12),
        ("http.latency.p95", lambda n: 3.0 if n == 30 else 0.12),
    ],
    ids=["a busy CPU", "a CPU that rose with latency", "no rise of latency", "one slow moment"],
)
def test_what_is_not_this_failure(signal: str, value: Callable[[int], float]) -> None:
    assert sequence(replaced(a_drained_pool(), signal, value)) is None


def test_slower_answers_without_a_consequence_are_no_failure() -> None:
    courses = without(a_drained_pool(), "http.timeouts.ratio", "db.pool.utilization")
    assert sequence(courses) is None


def test_errors_that_were_always_there_do_not_appear() -> None:
    courses = replaced(a_drained_pool(), "http.timeouts.ratio", lambda _: 0.02)
    assert Stage.TIMEOUTS_APPEAR not in stages(sequence(courses))


def test_traffic_that_rose_and_fell_long_before_is_not_why() -> None:
    courses = replaced(a_drained_pool(), "http.rps", lambda n: 80.0 if 6 <= n <= 10 else 40.0)
    found = sequence(courses)
    assert Stage.TRAFFIC_UP not in stages(found)
    assert Stage.LATENCY_CREEPS in stages(found)


def test_requests_that_wait_for_a_connection_show_an_empty_pool_as_well() -> None:
    courses = without(a_drained_pool(), "db.pool.utilization")
    found = sequence([*courses, course("db.pool.waiting", lambda n: 0.0 if n < 30 else 9.0)])
    assert Stage.POOL_EMPTY in stages(found)


def test_a_pool_that_tells_no_size_is_empty_when_nothing_in_it_is_free_any_more() -> None:
    courses = without(a_drained_pool(), "db.pool.utilization")
    found = sequence([*courses, course("db.pool.idle", lambda n: 5.0 if n < 26 else 0.0)])
    (step,) = [step for step in found.steps if step.stage is Stage.POOL_EMPTY] if found else []
    assert (step.at, step.signal, step.said) == (at(26), "db.pool.idle", "none free, up to 5 before")


def test_a_pool_that_never_had_a_connection_idle_is_not_empty() -> None:
    courses = without(a_drained_pool(), "db.pool.utilization", "http.timeouts.ratio")
    assert sequence([*courses, course("db.pool.idle", lambda _: 0.0)]) is None


@pytest.mark.parametrize("times", [0.001, 1000.0])
def test_thresholds_are_relative_to_the_service_itself(times: float) -> None:
    def scaled(one: Course) -> Course:
        if one.signal not in {"http.rps", "http.latency.p95"}:
            return one
        return course(one.signal, lambda n: (one.points[n][1] or 0.0) * times)

    ordinary, other = sequence(a_drained_pool()), sequence([scaled(one) for one in a_drained_pool()])
    assert ordinary is not None
    assert other is not None
    assert [(step.stage, step.at) for step in other.steps] == [(s.stage, s.at) for s in ordinary.steps]


def test_gaps_are_no_values() -> None:
    def holes(one: Course) -> Course:
        return course(one.signal, lambda n: None if n % 4 == 0 else one.points[n][1])

    assert len(stages(sequence([holes(one) for one in a_drained_pool()]))) == 5


def test_nothing_is_recognised_in_nothing() -> None:
    assert sequence([]) is None
    assert sequence([course("http.latency.p95", lambda _: None)]) is None


def test_a_day_of_ordinary_traffic_is_no_failure() -> None:
    calm = [
        course("http.rps", noisy(lambda n: 40 + 30 * (n / POINTS), 0.1)),
        course("http.latency.p95", noisy(lambda n: 0.12 + 0.03 * (n / POINTS), 0.2)),
        course("http.timeouts.ratio", lambda n: 0.0004 if n == 12 else 0.0),
        course("service.cpu", noisy(lambda n: 0.2 + 0.15 * (n / POINTS))),
        course("db.pool.utilization", noisy(lambda _: 0.5)),
    ]
    assert sequence(calm) is None


# --- shifts -----------------------------------------------------------------------------------


def points(values: Sequence[float | None]) -> list[tuple[float, float | None]]:
    return [(float(number), value) for number, value in enumerate(values)]


def test_a_shift_has_a_beginning_an_end_and_its_numbers() -> None:
    (found,) = shifts(points([10.0] * 8 + [20.0, 24.0, 22.0, 20.0] + [10.0] * 5), factor=1.5)
    assert (found.start, found.end, found.before, found.peak) == (8.0, 11.0, 10.0, 24.0)


def test_what_wanders_much_has_to_move_more() -> None:
    restless = [10.0, 18.0, 4.0, 16.0, 6.0, 19.0, 3.0, 15.0, 5.0, 17.0]
    assert shifts(points([*restless, 20.0, 21.0, 22.0]), factor=1.5) == ()
    assert len(shifts(points([*restless, 90.0, 95.0, 92.0]), factor=1.5)) == 1


def test_two_shifts_are_measured_against_the_same_quiet() -> None:
    found = shifts(points([1.0] * 6 + [5.0] * 4 + [1.0] * 6 + [5.0] * 4), factor=2.0)
    assert [(one.start, one.before) for one in found] == [(6.0, 1.0), (16.0, 1.0)]


def test_too_little_before_tells_nothing() -> None:
    assert shifts(points([1.0, 1.0, 9.0, 9.0, 9.0]), factor=2.0) == ()
