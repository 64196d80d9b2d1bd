"""How often and from when: the same moments for cron, systemd and Kubernetes."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from fastdiag.errors import ConfigError
from fastdiag.model.schedule import Rhythm
from fastdiag.schedule.rhythm import PERIODS_MIN, calendar, crontab_fields, rhythm
from tests.stack.processes import MissingServerError

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
"""A midnight from which moments are counted."""

WRITTEN = {
    ("1m", "07:30"): ("* * * * *", "*-*-* *:00/1:00"),
    ("15m", "07:30"): ("*/15 * * * *", "*-*-* *:00/15:00"),
    ("15m", "00:07"): ("7-59/15 * * * *", "*-*-* *:07/15:00"),
    ("1h", "07:30"): ("30 * * * *", "*-*-* 00/1:30:00"),
    ("60m", "00:05"): ("5 * * * *", "*-*-* 00/1:05:00"),
    ("6h", "07:30"): ("30 1-23/6 * * *", "*-*-* 01/6:30:00"),
    ("12h", "00:00"): ("0 */12 * * *", "*-*-* 00/12:00:00"),
    ("1d", "07:30"): ("30 7 * * *", "*-*-* 07:30:00"),
    ("24h", "23:59"): ("59 23 * * *", "*-*-* 23:59:00"),
    ("7d", "07:30"): ("30 7 * * 1", "Mon *-*-* 07:30:00"),
}


@pytest.mark.parametrize(("every", "start"), WRITTEN)
def test_both_spellings(every: str, start: str) -> None:
    often = rhythm(every, start, "fastdiag-shop")
    assert (crontab_fields(often), calendar(often)) == WRITTEN[every, start]
    assert often.is_fixed


def test_without_a_start_it_follows_from_the_name_so_that_not_all_run_at_once() -> None:
    minutes = {rhythm("15m", None, f"fastdiag-{name}").minute for name in "abcdefghij"}
    assert len(minutes) > 4
    assert rhythm("15m", None, "fastdiag-shop") == rhythm("15m", None, "fastdiag-shop")
    assert rhythm("1d", None, "fastdiag-shop").hour == 6, "before people are there"
    assert not rhythm("1d", None, "fastdiag-shop").is_fixed


@pytest.mark.parametrize(
    ("every", "hint"),
    [
        ("7m", "the nearest is 6m"),
        ("90m", "the nearest is 1h"),
        ("30s", "the nearest is 1m"),
        ("5h", "the nearest is 4h"),
        ("3d", "the nearest is 1d"),
        ("99d", "the nearest is 7d"),
        ("-15m", "the nearest is 1m"),
        ("15", "such as 5m"),
        ("often", "such as 5m"),
        ("95%", "such as 5m"),
    ],
)
def test_what_a_crontab_cannot_say_is_refused_and_the_nearest_named(every: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="--every must") as caught:
        rhythm(every, None, "fastdiag")
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("start", ["7:30", "24:00", "07:60", "07:30\n", "noon", ""])
def test_what_is_no_time_of_day_is_refused(start: str) -> None:
    with pytest.raises(ConfigError, match="--start must be a time of day"):
        rhythm("15m", start, "fastdiag")


def test_systemd_runs_it_when_cron_would() -> None:
    """Every period, at three starts: the moments that systemd names satisfy the fields of the crontab."""
    often = [Rhythm(every_min=every, start_min=start) for every in PERIODS_MIN for start in (0, 451, 1439)]
    for one, moments in zip(often, elapsing([calendar(one) for one in often]), strict=True):
        assert len(moments) == 3
        gaps = {int((later - first).total_seconds()) // 60 for first, later in pairwise(moments)}
        assert gaps == {one.every_min}
        assert all(fits(crontab_fields(one), moment) for moment in moments), (one, moments)


def elapsing(events: list[str]) -> list[list[datetime]]:
    """Return the next three moments of calendar events, as systemd names them."""
    program = shutil.which("systemd-analyze")
    if program is None:
        raise MissingServerError("systemd-analyze is not installed (Debian: apt install systemd)")
    base = (MONDAY - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S UTC")
    command = [program, "calendar", "--iterations=3", f"--base-time={base}", *events]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env={"TZ": "UTC"})
    moments = re.compile(r"(?:elapse|Iter\. #\d): \w+ ([\d-]+ [\d:]+) UTC")
    return [
        [
            datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            for found in moments.findall(block)
        ]
        for block in done.stdout.split("\n\n")
    ]


def fits(fields: str, moment: datetime) -> bool:
    """Whether cron would run it then, by what crontab(5) says of ranges and steps."""
    minute, hour, _, _, weekday = fields.split()
    return (
        moment.minute in numbers(minute, 60)
        and moment.hour in numbers(hour, 24)
        and (weekday == "*" or moment.isoweekday() == int(weekday))
    )


def numbers(field: str, size: int) -> range:
    span, _, step = field.partition("/")
    if span == "*":
        return range(0, size, int(step or 1))
    first, dash, last = span.partition("-")
    return range(int(first), int(last) + 1 if dash else int(first) + 1, int(step or 1))
