"""Only what happened in the window counts, whatever clock a line was written by."""

import time

import pytest

from fastdiag.collectors.logs.clock import stamp_of
from fastdiag.collectors.logs.lines import Batch, Line, lines_of
from fastdiag.collectors.logs.window import Stretch, stretch_of

NOON = 1_795_348_800.0  # 2026-11-22 12:00:00 UTC
GAP_S = 4.0
WINDOW_S = 300.0


def written(at: float, form: str = "%Y-%m-%d %H:%M:%S,000") -> str:
    return time.strftime(form, time.gmtime(at))


def look(text: str, *, until: float, since: float | None = None, is_cut: bool = False) -> Batch:
    return Batch(lines=lines_of(text.encode())[0], since=since, until=until, is_cut=is_cut)


def seen(first: Batch, more: str = "") -> Stretch:
    return stretch_of("app.log", first, look(more, until=NOON), WINDOW_S)


def said(stretch: Stretch) -> list[str]:
    return [record.texts[0].split()[-1] for record in stretch.records]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T12:00:00.123456789Z stdout F said",
        "2026-11-22 13:00:00,123+01:00 INFO said",
        "[2026-11-22 12:00:00 +0000] [12] [INFO] said",
        '127.0.0.1 - - [22/Nov/2026:14:00:00 +0200] "GET / HTTP/1.1" 200',
        "1795348800.123 said",
        "1795348800123 said",
        'level=info ts="2026-11-22T12:00:00Z" msg=said',
        "2026-11-22 12:00:00.123 UTC [12] ERROR:  said",
        "1234:M 22 Nov 2026 12:00:00.123 UTC * said",
    ],
)
def test_a_time_with_a_zone_is_understood(line: str) -> None:
    stamp = stamp_of(line)
    assert stamp is not None
    assert not stamp.is_local
    assert stamp.seconds == pytest.approx(NOON, abs=0.2)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 12:00:00,123 INFO said",
        "[2026-11-22 12:00:00,123: INFO/MainProcess] said",
        "ERROR:2026-11-22 12:00:00:said",
        "2026-11-22 12:00:00.123 | ERROR | shop:pay:1 - said",
    ],
)
def test_a_time_without_a_zone_is_told_from_one_with_it(line: str) -> None:
    stamp = stamp_of(line)
    assert stamp is not None
    assert stamp.is_local


@pytest.mark.parametrize(
    "line",
    [
        'INFO:     127.0.0.1:53422 - "GET / HTTP/1.1" 200 OK',
        "2026-13-45 99:00:00 said",
        "Report for 2026-11-22 12:00:00 is ready",
        "1795348800.123.4 said",
        "    2026-11-22 12:00:00",
        "",
    ],
)
def test_what_is_no_time_of_writing_is_taken_for_none(line: str) -> None:
    assert stamp_of(line) is None


def test_only_the_window_counts() -> None:
    text = f"{written(NOON - 301)} old\n{written(NOON - 299)} new\n  with more\n"
    stretch = seen(look(text, until=NOON - GAP_S), f"{written(NOON - 1)} newest")
    assert said(stretch) == ["new", "newest"]
    assert stretch.covered_s == WINDOW_S
    assert not stretch.is_cut
    assert not stretch.is_estimated


@pytest.mark.parametrize("hours", [-8, 0, 5.75])
def test_what_was_added_just_now_tells_the_zone_of_times_without_one(hours: float) -> None:
    offset = hours * 3600
    text = f"{written(NOON - 400 + offset)} old\n{written(NOON - 200 + offset)} new"
    assert said(seen(look(text, until=NOON - GAP_S), f"{written(NOON - 1 + offset)} newest")) == [
        "new",
        "newest",
    ]


def test_a_line_without_a_time_has_that_of_the_one_before_where_most_have_one() -> None:
    text = f"{written(NOON - 400)} old\nalso old\n{written(NOON - 200)} new\nalso new\n"
    assert said(seen(look(text, until=NOON - GAP_S), f"{written(NOON)} newest")) == ["new", "new", "newest"]


def test_without_times_the_growth_of_the_log_tells_the_age_of_its_lines() -> None:
    text = "\n".join(f"request {number}" for number in range(5000))
    stretch = seen(look(text, until=NOON - GAP_S), "\n".join(f"request {n}" for n in range(5000, 5040)))
    assert stretch.is_estimated
    assert len(stretch.records) == pytest.approx(WINDOW_S * 10, rel=0.02)


def test_without_times_and_without_growth_only_what_was_added_is_of_now() -> None:
    stretch = seen(look("old\nold\n", until=NOON - GAP_S), "new\nnew\n")
    assert said(stretch) == ["new", "new"]
    assert not stretch.is_estimated


def test_all_of_a_log_that_began_within_the_window_counts() -> None:
    stretch = seen(look("one\ntwo\n", until=NOON - GAP_S, since=NOON - 100), "three\n")
    assert said(stretch) == ["one", "two", "three"]
    assert stretch.covered_s == pytest.approx(100)


def test_a_tail_that_does_not_reach_back_over_the_window_says_so() -> None:
    stretch = seen(look(f"{written(NOON - 60, '%Y-%m-%dT%H:%M:%SZ')} x", until=NOON - GAP_S, is_cut=True))
    assert stretch.is_cut
    assert stretch.covered_s == pytest.approx(60)


def test_the_time_of_the_source_wins() -> None:
    batch = Batch(lines=(Line(text="1999-01-01 00:00:00,0 new", at=NOON - 5),), since=None, until=NOON)
    assert said(stretch_of("journal", batch, None, WINDOW_S)) == ["new"]


def test_json_may_say_its_time_last() -> None:
    line = '{"event": "' + "x" * 900 + '", "timestamp": "2026-11-22T11:59:00Z"}'
    (record,) = seen(look(line, until=NOON - GAP_S)).records
    assert record.stamp is not None
