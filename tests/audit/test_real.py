"""The page about real applications follows from what was measured and read, and from nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.audit.real import record, sheets
from tests.audit.real.page import PATH, Sheets, page, unexplained
from tests.audit.real.sample import Found, Share, draw
from tests.audit.real.sheets import Verdict
from tests.audit.real.verdicts import unread

LEAST_READ = 60
LEAST_RIGHT = 0.9


@pytest.fixture(scope="module")
def kept() -> record.Record:
    return record.read()


@pytest.fixture(scope="module")
def read() -> Sheets:
    return Sheets(readings=sheets.readings(), others=sheets.others(), routes=sheets.read_routes())


def test_the_page_is_what_the_record_and_the_sheets_come_to(kept: record.Record, read: Sheets) -> None:
    assert PATH.read_text(encoding="utf-8") == page(kept, read)


def test_another_verdict_would_be_another_page(kept: record.Record, read: Sheets) -> None:
    first, *others = read.readings
    turned = replace(first, verdict=Verdict.WRONG if first.verdict is Verdict.RIGHT else Verdict.RIGHT)
    assert page(kept, replace(read, readings=[turned, *others])) != page(kept, read)


def test_everything_that_was_drawn_is_read(kept: record.Record, read: Sheets) -> None:
    assert not unread(kept, read.readings)
    assert not unexplained(kept, read.others)
    known = {(one.application, one.path, one.function) for one in read.routes}
    assert {(one.application, one.path, one.function) for one in kept.routes} <= known


def test_enough_is_read_and_enough_of_it_is_right(kept: record.Record, read: Sheets) -> None:
    verdicts = {(one.application, one.fingerprint): one.verdict for one in read.readings}
    drawn = [verdicts[one.application, one.fingerprint] for one in kept.sample]
    assert len(drawn) >= LEAST_READ
    assert Counter(drawn)[Verdict.RIGHT] / len(drawn) >= LEAST_RIGHT
    assert {one.application for one in kept.sample} == {one.application for one in kept.applications}


def test_no_check_fills_the_sample_and_none_is_passed_over() -> None:
    many, one = [_found("many", number) for number in range(100)], _found("rare", 1)
    drawn = Counter(found.check for found in draw([*many, one]))
    assert drawn == {"many": 10, "rare": 1}
    assert draw([*many, one]) == draw([one, *reversed(many)])


def _found(check: str, number: int) -> Found:
    return Found(
        application="shop",
        check=check,
        kind="",
        severity="note",
        confidence="certain",
        path="main.py",
        line=number,
        fingerprint=f"{check}{number}",
    )


def test_an_interval_of_wilson_is_what_the_books_say() -> None:
    low, high = Share(9, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Share(0, 0).interval == (0.0, 1.0)
