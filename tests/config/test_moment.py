"""`--at`: a moment of the past, as people write one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fastdiag.config.checks import Given
from fastdiag.config.moment import check_moment
from fastdiag.errors import ConfigError

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine's clock hang in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> str | None:
    moment = check_moment(Given(text=text, option="--at", origin="--at"), NOW)
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-22T03:10:00Z", "2026-11-22T03:10:00+00:00"),
        ("2026-11-22T03:10:00+05:30", "2026-11-21T21:40:00+00:00"),
        ("2026-11-22 03:10", "2026-11-22T02:10:00+00:00"),
        ("2026-07-01 03:10", "2026-07-01T01:10:00+00:00"),  # summer
        (" 2026-11-22T03:10:30.5 ", "2026-11-22T02:10:30.500000+00:00"),
        ("-2h", "2026-11-22T10:00:00+00:00"),
        ("2h ago", "2026-11-22T10:00:00+00:00"),
        ("90 s ago", "2026-11-22T11:58:30+00:00"),
        ("1.5d ago", "2026-11-21T00:00:00+00:00"),
    ],
)
@pytest.mark.usefixtures("berlin")
def test_local_time_unless_a_zone_is_given_and_so_long_ago(text: str, utc: str) -> None:
    assert at(text) == utc


def test_nothing_given_is_now() -> None:
    assert check_moment(None) is None


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-11-22", "03:10", "2026-13-01 00:00", "2h", "2 ago", "-95%", "- ago", "9" * 400],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--at must be a moment, and is"):
        at(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:00:01Z",
        "2099-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "99999d ago",
        "0s ago",
    ],
)
def test_the_future_and_the_time_before_clocks_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--at must lie in the past"):
        at(text)
