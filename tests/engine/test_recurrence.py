"""Since when, how often, in how many stretches; whether it comes and goes faster than anybody mends it."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fastdiag.engine.recurrence import recurrences
from fastdiag.model.diagnosis import Status, Verdict
from fastdiag.model.history import Recurrence, Run
from fastdiag.model.rule import Kind
from tests.history.runs import LOCKS, POOL, SEEN, at, cause, mark, run

BLIND = {"prometheus": "failed", "postgres": "ok"}


def told(runs: list[Run]) -> Recurrence:
    (one,) = recurrences(runs)
    return one


def test_nothing_recurs_in_nothing() -> None:
    assert recurrences([]) == ()
    assert recurrences([run(1), run(2)]) == ()


def test_first_and_last_and_how_often() -> None:
    one = told([run(0), run(1, cause(POOL)), run(2, cause(POOL)), run(3), run(20, cause(POOL)), run(21)])
    assert (one.id, one.title) == (POOL, "The database connection pool is exhausted")
    assert (one.first_seen, one.last_seen) == (at(1), at(20))
    assert (one.runs, one.of, one.episodes) == (3, 6, 2)
    assert not one.is_present
    assert not one.flapping


def test_only_what_was_at_least_likely_counts() -> None:
    assert recurrences([run(1, cause(POOL, Verdict.POSSIBLE))]) == ()
    one = told([run(1, cause(POOL)), run(2, cause(POOL, Verdict.POSSIBLE)), run(3, cause(POOL))])
    assert (one.runs, one.of) == (2, 3)


def test_a_probability_that_wanders_about_a_threshold_is_one_episode() -> None:
    wandering = [cause(POOL, verdict) for verdict in (Verdict.LIKELY, Verdict.POSSIBLE)] * 10
    one = told([run(step, found) for step, found in enumerate(wandering)])
    assert (one.runs, one.episodes, one.flapping, one.is_present) == (10, 1, False, False)


def test_a_run_that_saw_nothing_ends_no_episode() -> None:
    unseen = run(2, status=Status.INCONCLUSIVE)
    without = run(3, sources={"prometheus": "failed"})
    one = told([run(1, cause(POOL)), unseen, without, run(4, cause(POOL))])
    assert (one.runs, one.of, one.episodes) == (2, 2, 1)


def test_a_source_that_comes_and_goes_is_not_a_cause_that_does() -> None:
    runs = [run(step, cause(POOL)) if step % 2 else run(step, sources=BLIND) for step in range(1, 10)]
    one = told(runs)
    assert (one.runs, one.of, one.episodes, one.flapping) == (5, 5, 1, False)


def test_a_source_that_is_asked_no_more_hides_nothing_forever() -> None:
    one = told([run(1, cause(POOL)), run(2, sources={"prometheus": "skipped", "postgres": "ok"})])
    assert (one.of, one.is_present) == (2, False)


def test_what_comes_back_twice_within_an_hour_flaps() -> None:
    # every quarter of an hour: there, gone, there, gone, there
    one = told([run(step, *([cause(POOL)] if step % 2 else [])) for step in range(1, 6)])
    assert (one.episodes, one.flapping, one.is_present) == (3, True, True)


def test_what_comes_back_the_next_day_recurs_and_does_not_flap() -> None:
    days = [run(step, *([cause(POOL)] if step % 96 == 0 else [])) for step in range(0, 96 * 4, 8)]
    one = told(days)
    assert (one.episodes, one.flapping) == (4, False)


def test_what_flapped_long_ago_flaps_no_more() -> None:
    runs = [run(step, *([cause(POOL)] if step % 2 else [])) for step in range(1, 6)]
    assert not told([*runs, run(200)]).flapping


def test_hosts_that_share_a_history_do_not_make_a_cause_flap() -> None:
    runs = [
        one
        for step in range(10)
        for one in (run(step, cause(POOL), host="web-1"), run(step + 0.5, host="web-2"))
    ]
    one = told(runs)
    assert (one.episodes, one.flapping, one.is_present) == (1, False, True)
    assert (one.runs, one.of) == (10, 20)


def test_episodes_of_several_hosts_at_a_time_are_one() -> None:
    runs = [
        *(run(step, *([cause(POOL)] if 2 <= step <= 5 else []), host="web-1") for step in range(10)),
        *(run(step, *([cause(POOL)] if 4 <= step <= 8 else []), host="web-2") for step in range(10)),
    ]
    assert told(runs).episodes == 1


def test_the_last_mark_before_the_latest_episode_is_named() -> None:
    runs = [run(1, cause(POOL)), run(2), run(10, cause(POOL)), run(11, cause(POOL))]
    marks = [mark(0, "deploy v1.0"), mark(9, "deploy v1.1"), mark(10.5, "rollback"), mark(3, "restart")]
    (one,) = recurrences(runs, marks)
    assert one.last_mark is not None
    assert one.last_mark.text == "deploy v1.1"
    (one,) = recurrences(runs, [mark(10.5, "rollback")])
    assert one.last_mark is None


def test_blind_spots_do_not_recur() -> None:
    blind = cause("missing-tracing", kind=Kind.VISIBILITY)
    assert recurrences([run(1, blind), run(2, blind)]) == ()


def test_what_is_there_now_comes_first_then_what_is_found_most() -> None:
    runs = [run(1, cause(POOL)), run(2, cause(POOL)), run(3, cause(LOCKS))]
    assert [one.id for one in recurrences(runs)] == [LOCKS, POOL]


def test_a_run_that_does_not_say_when_is_left_out() -> None:
    assert recurrences([replace(run(1, cause(POOL)), taken_at="")]) == ()


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=40), st.integers())
def test_the_order_in_which_runs_are_given_is_irrelevant(
    rows: list[tuple[bool, bool, bool]], seed: int
) -> None:
    runs = [
        run(
            step,
            *([cause(POOL)] if has_pool else []),
            host="web-1" if is_first else "web-2",
            sources=BLIND if is_blind else SEEN,
        )
        for step, (has_pool, is_first, is_blind) in enumerate(rows)
    ]
    shuffled = random.Random(seed).sample(runs, len(runs))  # noqa: S311 - a shuffle that can be repeated
    found = recurrences(shuffled)
    assert found == recurrences(runs)
    for one in found:
        assert 1 <= one.episodes <= one.runs <= one.of <= len(runs)
        assert one.first_seen <= one.last_seen
