"""What somebody reads who has just been woken up: what is wrong, how sure, what to do now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.report import Report
from fastdiag.render.html.act import Act, act
from fastdiag.render.html.causes import causes
from fastdiag.render.html.first import First, first
from tests.render.diagnoses import ALL, ALL_FAILED, BLIND, HALF_SEEN, HEALTHY, LOCKS, POOL_DRAINED, UNDECIDED
from tests.render.html.reports import rich


def screen(report: Report) -> First:
    return first(report, causes(report.diagnosis).failures)


def labels(found: Act) -> list[str]:
    return [deed.label for deed in found.deeds]


def test_a_sure_cause_is_mended_first() -> None:
    found = act(POOL_DRAINED, None)
    assert (found.title, labels(found)) == ("Do now", ["fix", "check", "avoid"])
    assert found.deeds[0].text.startswith("End the blocking session")
    assert [deed.label for deed in found.deeds if deed.is_warning] == ["avoid"]


def test_a_doubtful_cause_is_checked_first() -> None:
    alone = replace(LOCKS, root=0.3, probability=0.31)
    found = act(replace(POOL_DRAINED, conclusive=False, causes=(alone,)), None)
    assert (found.title, labels(found)) == ("Make sure first", ["check", "if so", "avoid"])


def test_of_several_causes_none_is_mended_before_they_are_told_apart() -> None:
    found = act(UNDECIDED, None)
    assert found.title == "Find out which one it is"
    assert "fix" not in labels(found)
    assert found.deeds[0].command == ("fastdiag snapshot --postgres DSN",)


def test_without_a_way_to_tell_them_apart_each_is_checked() -> None:
    found = act(replace(UNDECIDED, next_checks=()), None)
    assert labels(found) == ["check", "check"]


def test_a_healthy_service_is_left_alone() -> None:
    assert act(HEALTHY, None) == Act(title="Nothing to do now", deeds=())


def test_who_sees_little_is_told_how_to_see_more() -> None:
    found = act(HALF_SEEN, None)
    assert (found.title, found.deeds[0].command) == ("See more first", ("sudo fastdiag snapshot --pid 4711",))


def test_a_blind_spot_that_explains_the_symptom_is_lifted() -> None:
    blind = replace(BLIND, explains=("low-cpu-high-latency",), fix=LOCKS.fix)
    found = act(replace(POOL_DRAINED, conclusive=False, causes=(blind,)), None)
    assert found.title == "See more first"
    assert "blind spot" in labels(found)


def test_who_sees_nothing_is_told_what_ails_the_sources() -> None:
    found = act(ALL_FAILED, None)
    assert (found.title, labels(found)) == ("See something first", ["prometheus", "probe"])


@pytest.mark.parametrize("diagnosis", ALL.values(), ids=ALL)
def test_there_is_always_something_to_read(diagnosis: Diagnosis) -> None:
    found = screen(Report(diagnosis=diagnosis))
    assert found.sentence
    assert found.act.title


def test_numbers_on_which_a_symptom_rests_stand_out() -> None:
    vitals = {vital.label: vital for vital in screen(Report(diagnosis=POOL_DRAINED)).vitals}
    assert (vitals["p95 latency"].value, vitals["p95 latency"].before) == ("4.2 s", "before 120 ms")
    assert vitals["p95 latency"].is_bad
    assert not vitals["traffic"].is_bad
    assert not vitals["CPU of the service"].is_bad  # it is low, which is a symptom only beside the latency


def test_it_is_told_that_it_is_not_the_first_time() -> None:
    news = {note.label: note.text for note in screen(rich("leak-on-conflict")).news}
    assert "2 episodes in 46 reports" in news["again"]
    assert "the latest began after 'deploy v1.2'" in news["again"]
    assert "since the last report: " in news["worse"]
    assert news["sequence"].startswith(
        "traffic goes up, then latency creeps up, then the pool is empty, then"
    )


def test_a_consequence_is_no_suspect_of_its_own() -> None:
    found = screen(Report(diagnosis=POOL_DRAINED))
    assert [card.id for card in found.suspects] == ["database-locks", "slow-external-dependency"]
    assert [card.id for card in found.suspects[0].consequences] == ["db-pool-exhaustion"]


def test_causes_that_do_not_exclude_each_other_are_each_checked() -> None:
    both = tuple(replace(cause, root=0.9, probability=0.9) for cause in UNDECIDED.causes[:2])
    found = act(replace(UNDECIDED, causes=both), None)
    assert found.title == "Check each: both may be at work"
    assert [deed.text.partition("?")[0] for deed in found.deeds] == [cause.title for cause in both]


def test_the_first_suspect_says_why_it_is_one() -> None:
    found = screen(Report(diagnosis=POOL_DRAINED))
    assert [entry.is_for for entry in found.because] == [
        True,
        True,
    ]  # what hardly speaks against it is left out


def test_the_line_of_code_stands_on_the_first_screen() -> None:
    traces = screen(rich("loop-blocked")).traces
    assert [note.label for note in traces] == ["caught"]
    assert "requests.get" in traces[0].text


def test_what_lasts_is_not_told_as_coming_again() -> None:
    report = rich("leak-on-conflict")
    once = replace(report.past.recurrences[0], episodes=1, runs=3)
    news = screen(replace(report, past=replace(report.past, recurrences=(once,)))).news
    assert ("still", "found in 3 reports since 2026-11-22 12:44:15 UTC") in [(n.label, n.text) for n in news]
    first = replace(once, runs=1)
    news = screen(replace(report, past=replace(report.past, recurrences=(first,)))).news
    assert {"again", "still"}.isdisjoint(note.label for note in news)
