"""How the screen's state goes on from look to look and from key to key."""

from __future__ import annotations

from dataclasses import replace

from fastdiag.errors import FastdiagError
from fastdiag.model.diagnosis import Diagnosis
from fastdiag.model.snapshot import SourceStatus
from fastdiag.model.watching import KEPT_LOOKS, Cost, Page, Watched
from fastdiag.render.watch.rows import cause_rows
from fastdiag.watch import state
from fastdiag.watch.keys import Key
from fastdiag.watch.looker import Taken, said
from tests.render.diagnoses import HEALTHY, POOL_DRAINED

COST = Cost(share=None, limit=0.1)
START = Watched(every_s=10.0, cost=COST)


def after(*diagnoses: Diagnosis) -> Watched:
    watched = START
    for number, diagnosis in enumerate(diagnoses):
        watched = state.ended(state.began(watched), Taken(diagnosis=diagnosis), COST, 1000.0 + 10 * number)
    return watched


def press(watched: Watched, *keys: Key) -> Watched:
    for key in keys:
        watched = state.pressed(watched, key, width=80, height=24)
    return watched


def test_the_status_is_told_with_the_moment_since_when_it_is_so() -> None:
    watched = after(HEALTHY, POOL_DRAINED, POOL_DRAINED)
    assert watched.status_since == 1010.0
    assert watched.chosen == "database-locks"


def test_a_look_that_fails_is_a_gap_and_leaves_the_last_diagnosis() -> None:
    watched = state.failed(state.began(after(POOL_DRAINED)), "refused", COST, 1010.0)
    assert watched.trouble == "refused"
    assert watched.diagnosis is POOL_DRAINED
    assert not watched.is_looking
    assert cause_rows(watched)[0].course == (0.91, None)
    assert state.ended(watched, Taken(diagnosis=HEALTHY), COST, 1020.0).trouble is None


def test_a_source_is_told_with_the_moment_since_when_it_fares_so() -> None:
    failing = replace(HEALTHY.snapshot.sources[0], status=SourceStatus.FAILED)
    worse = replace(HEALTHY, snapshot=replace(HEALTHY.snapshot, sources=(failing,)))
    watched = after(HEALTHY, worse, worse)
    assert watched.sources[failing.name].since == 1010.0
    assert after(HEALTHY, worse, HEALTHY).sources[failing.name].since == 1020.0


def test_a_cause_that_is_gone_stays_on_the_list_below_those_that_are_there() -> None:
    watched = after(POOL_DRAINED, HEALTHY)
    rows = cause_rows(watched)
    assert {row.id for row in rows} == {cause.id for cause in POOL_DRAINED.causes}
    assert all(row.verdict is None for row in rows)


def test_only_so_many_looks_are_kept() -> None:
    assert len(after(*[HEALTHY] * (KEPT_LOOKS + 7)).looks) == KEPT_LOOKS


def test_the_cursor_goes_over_the_causes_and_stays_on_them() -> None:
    watched = after(POOL_DRAINED)
    ids = [row.id for row in cause_rows(watched)]
    assert press(watched, Key.UP).chosen == ids[0]
    assert press(watched, Key.DOWN).chosen == ids[1]
    assert press(watched, *[Key.DOWN] * 20).chosen == ids[-1]
    assert press(after(HEALTHY), Key.DOWN, Key.ENTER).page is Page.OVERVIEW


def test_enter_shows_a_cause_and_goes_back() -> None:
    watched = press(after(POOL_DRAINED), Key.DOWN, Key.ENTER)
    assert (watched.page, watched.chosen) == (Page.CAUSE, "db-pool-exhaustion")
    scrolled = press(after(POOL_DRAINED), Key.ENTER, *[Key.PAGE_DOWN] * 3)
    assert scrolled.scroll == press(scrolled, Key.DOWN).scroll > 0, "it ends at the last line"
    assert press(scrolled, Key.UP).scroll == scrolled.scroll - 1
    assert press(scrolled, Key.BACK).page is Page.OVERVIEW
    assert press(scrolled, Key.ENTER).scroll == 0


def test_the_page_of_a_cause_outlives_the_cause() -> None:
    watched = press(after(POOL_DRAINED), Key.ENTER)
    later = state.ended(watched, Taken(diagnosis=HEALTHY), COST, 1010.0)
    assert (later.page, later.chosen) == (Page.CAUSE, "database-locks")


def test_help_and_back_and_pause() -> None:
    watched = press(after(HEALTHY), Key.HELP)
    assert watched.page is Page.HELP
    assert press(watched, Key.HELP).page is press(watched, Key.BACK).page is Page.OVERVIEW
    assert press(watched, Key.PAUSE).is_paused
    assert not press(watched, Key.PAUSE, Key.PAUSE).is_paused


def test_a_message_stays_until_the_next_key() -> None:
    watched = replace(after(HEALTHY), message="saved as shop.json")
    assert state.ended(watched, Taken(diagnosis=HEALTHY), COST, 1010.0).message == "saved as shop.json"
    assert press(watched, Key.UP).message is None


def test_what_the_recorder_did_is_told_with_its_time_of_day() -> None:
    watched = state.ended(START, Taken(diagnosis=HEALTHY, records=("error-spike: a.json",)), COST, 0.0)
    assert watched.records == ("00:00:00 error-spike: a.json",)
    assert state.ended(watched, Taken(diagnosis=HEALTHY), COST, 10.0).recorded == ()


def test_why_a_look_told_nothing_is_one_sentence() -> None:
    assert said(FastdiagError("refused", hint="look there")) == "refused (look there)"
    assert said(ValueError("odd")) == "internal error: ValueError: odd"
    assert "hunter2" not in said(FastdiagError("postgresql://shop:hunter2@db/shop is gone"))
