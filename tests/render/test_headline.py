"""The one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Diagnosis, Status, Verdict
from fastdiag.model.quantity import Unit
from fastdiag.model.rule import Kind
from fastdiag.render.headline import headline
from fastdiag.render.words import lowered
from tests.render.diagnoses import (
    BLIND,
    HALF_SEEN,
    HEALTHY,
    LOCKS,
    POOL,
    POOL_DRAINED,
    UNDECIDED,
    UPSTREAM,
    by_signal,
    reading,
)


def with_roots(*roots: float) -> Diagnosis:
    causes = tuple(
        replace(UPSTREAM, rank=n, id=f"c{n}", title=f"Cause {n} is at work", root=root, probability=root)
        for n, root in enumerate(roots, start=1)
    )
    return replace(UNDECIDED, causes=causes)


def test_a_root_takes_the_blame_for_its_consequence() -> None:
    assert headline(POOL_DRAINED) == (
        "shop-api: very likely statements queue behind one lock in the database (91%); "
        "as a result the database connection pool is exhausted"
    )


def test_an_unsure_consequence_is_not_told() -> None:
    unsure = replace(POOL_DRAINED, causes=(LOCKS, replace(POOL, probability=0.4)))
    assert "as a result" not in headline(unsure)


def test_two_causes_that_are_about_as_likely_are_both_named() -> None:
    assert "two causes are about equally likely: cause 1 is at work (44%) or cause 2 is at work (38%)" in (
        headline(with_roots(0.44, 0.38, 0.1))
    )


def test_of_many_equal_causes_three_are_named() -> None:
    assert headline(with_roots(0.2, 0.19, 0.18, 0.17, 0.16)).endswith(
        "no single cause stands out: "
        "cause 1 is at work (20%), cause 2 is at work (19%), cause 3 is at work (18%) or 2 more"
    )


def test_a_lonely_weak_cause_is_called_thin() -> None:
    assert headline(with_roots(0.34)) == (
        "shop-api: possibly cause 1 is at work (34%), but the evidence is thin"
    )


def test_a_blind_spot_is_never_the_verdict() -> None:
    blind = replace(BLIND, root=0.9, verdict=Verdict.VERY_LIKELY)
    assert blind.kind is Kind.VISIBILITY
    assert headline(replace(POOL_DRAINED, causes=(blind,))).endswith("what was seen does not tell why")


def test_a_healthy_service_shows_its_vital_signs() -> None:
    assert headline(HEALTHY) == ("shop-api looks healthy: p95 38 ms, no errors, CPU 21%, db connections 18%")


def test_errors_that_users_do_not_notice_are_still_said() -> None:
    readings = by_signal(reading("http.errors.ratio", Unit.RATIO, 0.002))
    few = replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, readings=readings))
    assert headline(few) == "shop-api looks healthy: 0.2% errors"


def test_a_nameless_service_is_the_service() -> None:
    nameless = replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, service="unknown", readings={}))
    assert headline(nameless) == "the service looks healthy"


def test_what_was_not_seen_is_named_as_people_call_it() -> None:
    assert headline(HALF_SEEN) == (
        "shop-api: nothing wrong was seen, but latency and errors could not be seen"
    )


def test_an_inconclusive_look_without_a_known_gap_says_so() -> None:
    assert "too little was visible" in headline(replace(HALF_SEEN, unseen=()))


def test_a_warning_without_symptom_still_names_its_cause() -> None:
    alone = replace(POOL_DRAINED, status=Status.WARNING, symptoms=())
    assert "very likely statements queue" in headline(alone)


@pytest.mark.parametrize(
    ("title", "continued"),
    [
        ("The pool is empty", "the pool is empty"),
        ("CPU is saturated", "CPU is saturated"),
        ("PostgreSQL refuses connections", "PostgreSQL refuses connections"),
        ("Redis is slow", "Redis is slow"),
        ("A call is slow", "a call is slow"),
        ("AnyIO's threads are busy", "AnyIO's threads are busy"),
        ("", ""),
    ],
)
def test_a_title_continues_a_sentence(title: str, continued: str) -> None:
    assert lowered(title) == continued


def test_what_is_unsure_and_explains_no_symptom_is_no_answer() -> None:
    idle = replace(UPSTREAM, explains=(), root=0.3)
    assert "does not tell why" in headline(replace(UNDECIDED, causes=(idle,)))
    beside = replace(
        UNDECIDED,
        causes=(replace(POOL, root=0.55, probability=0.55), replace(idle, root=0.5, probability=0.5)),
    )
    assert headline(beside).endswith("the database connection pool is exhausted (55%)")
