"""Pages that real applications served, trimmed to the metrics that tests read."""

import math
from pathlib import Path

from fastdiag.collectors.metrics_page import parse
from fastdiag.metrics.page import Page, alone
from fastdiag.metrics.plan import plan
from fastdiag.metrics.vector import Window
from fastdiag.model.signal import MetricSource


def page(name: str, *, times: int = 1) -> Page:
    """Return a page, as if the application had served the same traffic so many times."""
    body = (Path(__file__).parent / "pages" / f"{name}.txt").read_bytes()
    samples = parse("text/plain; version=0.0.4", body, math.inf)
    return {name: {k: v * times for k, v in series.items()} for name, series in samples.items()}


def since_start(page: Page, source: MetricSource, *, taken_at: float = math.nan) -> Window:
    """Return the window that a single page offers to a source."""
    plans = plan(source)
    return alone(page, taken_at, (*plans.essential, *plans.extra))
