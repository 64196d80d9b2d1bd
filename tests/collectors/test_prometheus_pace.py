"""The window that fits a service's age and its scrapes."""

import pytest

from fastdiag.collectors.prometheus.pace import fit
from fastdiag.metrics.promql import Frame

NOW = 10_000.0


def every(interval: float, since: float) -> list[float]:
    """Return scrape times from ``since`` seconds ago until now."""
    return [NOW - since + interval * number for number in range(int(since / interval) + 1)]


@pytest.mark.parametrize(
    ("started", "scrapes", "expected"),
    [
        # An old process, scraped since long before the window.
        (NOW - 86_400, every(15, 345), Frame(window_s=300, step_s=15, births=True)),
        # A process younger than the window: everything it counted happened since it started.
        (NOW - 100, every(15, 90), Frame(window_s=100, step_s=15, births=True)),
        # An old process, new to this server: what it counted before the first scrape is not of the window.
        (NOW - 86_400, every(15, 90), Frame(window_s=90, step_s=15, births=True)),
        # Workers that share a page do not say when they started.
        (None, every(15, 90), Frame(window_s=90, step_s=15, births=True)),
        # Pushed metrics have no scrapes.
        (None, [], Frame(window_s=300, step_s=15, births=False)),
        # Scraped every two minutes: five minutes may hold only two samples, eight hold four.
        (NOW - 86_400, every(120, 600), Frame(window_s=480, step_s=120, births=True)),
        # The clock of the service is ahead.
        (NOW + 50, every(15, 345), Frame(window_s=300, step_s=15, births=True)),
    ],
)
def test_window(started: float | None, scrapes: list[float], expected: Frame) -> None:
    assert fit(300.0, NOW, started, scrapes) == expected


def test_a_long_window_is_looked_at_in_a_bounded_number_of_steps() -> None:
    frame = fit(86_400.0, NOW * 1000, None, [])
    assert frame.window_s / frame.step_s <= 120
