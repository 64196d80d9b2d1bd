"""What is news to people who were told before, and what is not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdiag.engine.news import news
from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.history import CauseSeen, Occasion, Run
from fastdiag.model.rule import Kind
from tests.render.diagnoses import HEALTHY, LOCKS, POOL, POOL_DRAINED

WORDS = {"o": Status.OK, "w": Status.WARNING, "c": Status.CRITICAL, "i": Status.INCONCLUSIVE}
TITLES = {"locks": LOCKS.title, "pool": POOL.title}


def run(status: str, cause: str = "", *, host: str = "web-1", occasion: Occasion = Occasion.REPORT) -> Run:
    seen = CauseSeen(
        id=cause,
        title=TITLES.get(cause, cause),
        kind=Kind.FAILURE,
        rank=1,
        probability=0.9,
        root=0.9,
        verdict=Verdict.VERY_LIKELY,
    )
    return Run(
        host=host,
        service="shop",
        taken_at="2026-11-22T03:00:00Z",
        occasion=occasion,
        status=WORDS[status],
        conclusive=True,
        symptoms=(),
        causes=(seen,) if cause else (),
        signals={},
    )


def diagnosis(status: str, cause: str = "") -> Diagnosis:
    found = (replace(LOCKS, id=cause, title=TITLES.get(cause, cause)),) if cause else ()
    return replace(POOL_DRAINED, status=WORDS[status], causes=found)


def told(*runs: tuple[str, str]) -> list[tuple[str, ...]]:
    """Return what is told after each of these runs, the oldest first."""
    past: list[Run] = []
    said = []
    for status, cause in runs:
        said.append(news(past, diagnosis(status, cause)).said)
        past.insert(0, run(status, cause))
    return said


def statuses(word: str) -> list[tuple[str, ...]]:
    return told(*((letter, "") for letter in word))


def test_a_healthy_service_is_no_news() -> None:
    assert statuses("oooo") == [()] * 4


def test_the_first_look_at_a_failing_service_is() -> None:
    [said] = told(("c", "locks"))
    assert said == (
        "nothing is known of the time before; the status is critical",
        f"its first cause: {LOCKS.title}",
    )


def test_a_change_of_status_is_told_once() -> None:
    assert statuses("occco") == [
        (),
        ("the status was ok and is critical",),
        (),
        (),
        ("the status was critical and is ok",),
    ]


def test_a_new_first_cause_is_told_and_one_that_was_named_already_is_not() -> None:
    said = told(("c", "pool"), ("c", "locks"), ("c", "pool"), ("c", ""), ("c", "locks"))
    assert said[1:] == [(f"a new first cause: {LOCKS.title}",), (), (), ()]


def test_after_all_was_well_a_cause_is_new_again() -> None:
    said = told(("o", ""), ("c", "pool"), *([("o", "")] * 3), ("c", "pool"))
    assert said[1] == ("the status was ok and is critical", f"a new first cause: {POOL.title}")
    assert said[1] == said[-1]


def test_what_is_only_possible_is_no_first_cause() -> None:
    unsure = replace(POOL_DRAINED, causes=(replace(LOCKS, verdict=Verdict.POSSIBLE),))
    assert news([run("c")], unsure).said == ()
    blind = replace(POOL_DRAINED, causes=(replace(LOCKS, kind=Kind.VISIBILITY),))
    assert news([run("c")], blind).said == ()


def test_one_look_that_saw_too_little_is_no_news_and_the_second_is() -> None:
    assert statuses("oio") == [(), (), ()]
    assert statuses("oiio") == [
        (),
        (),
        ("the status was ok and is inconclusive",),
        ("the status was inconclusive and is ok",),
    ]


def test_flapping_is_told_once_as_such_and_then_when_it_is_over() -> None:
    said = statuses("owowowowooo")
    assert [bool(one) for one in said] == [False, True, True, True] + [False] * 6 + [True]
    assert "it comes and goes, 3 times in 4 runs" in said[3][1]
    assert said[-1] == ("the status has settled: ok for 3 runs",)


def test_flapping_that_gets_worse_is_told_at_once() -> None:
    said = statuses("owowoc")
    assert said[-1] == ("it still comes and goes, and is critical now",)
    assert statuses("owowococ")[-1] == ()


@pytest.mark.parametrize("history", ["owowowowow", "wowowowowo"])
def test_a_cause_that_flaps_with_the_status_is_named_once(history: str) -> None:
    said = told(*((letter, "pool" if letter == "w" else "") for letter in history))
    assert sum("a new first cause" in sentence for one in said[3:] for sentence in one) == 1


def test_another_host_and_a_live_screen_do_not_count() -> None:
    past = [run("o", host="web-2"), run("o", occasion=Occasion.WATCH), run("c")]
    assert news(past, diagnosis("c"), "web-1").said == ()
    assert news(past, diagnosis("c")).said == ("the status was ok and is critical",)


def test_a_host_that_was_never_heard_of_goes_by_what_the_others_told() -> None:
    assert news([run("c", host="web-2")], diagnosis("c"), "pod-x7f2q").said == ()


def test_a_message_that_is_not_sent_has_a_reason() -> None:
    assert news([run("c")], diagnosis("c")).otherwise == "still critical"
    assert news([], HEALTHY).otherwise == "still ok"
    assert news([run("o")], diagnosis("i")).otherwise == "inconclusive for the first time, which may pass"


@given(st.text("owci", min_size=1, max_size=40), st.text("owci", min_size=1, max_size=1))
def test_after_three_equal_runs_people_know_the_status(history: str, last: str) -> None:
    """Whatever came before: nobody is left with a status that is not true."""
    known = None
    for one, letter in zip(statuses(history + last * 4), history + last * 4, strict=True):
        if one or known is None:
            known = WORDS[letter]
    assert known is WORDS[last]


@given(st.text("owc", min_size=1, max_size=60))
def test_a_pager_is_quiet_most_of_the_time_however_much_a_status_flaps(history: str) -> None:
    said = statuses(history)
    changes = sum(1 for one, other in pairwise(history) if one != other)
    assert sum(map(bool, said)) <= changes + 1 + len(history) // 3
