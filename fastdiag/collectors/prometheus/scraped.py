"""Whether the windows before many moments were scraped throughout: half a window counts half as much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from fastdiag.collectors.prometheus.moments import Grid, by_moment
from fastdiag.collectors.prometheus.server import Series

EDGE_INTERVALS: Final = 1.1
"""An increase is taken to go on to the edge of its window, if a sample is not farther from it than this."""
EDGE_SHARE: Final = 0.1
"""Of a long window, so much may be missing: it is a tenth of what is told."""


def scrape_queries(selector: str, grid: Grid, interval_s: float) -> tuple[str, str]:
    """Return the queries for whether scrapes succeeded at the end, and at the beginning, of each window."""
    edge_s = math.ceil(max(EDGE_INTERVALS * interval_s, EDGE_SHARE * grid.window_s))
    scrapes = f"sum_over_time(up{{{selector}}}[{edge_s}s]"
    return f"max ({scrapes}))", f"max ({scrapes} offset {grid.window_s - edge_s}s))"


def thin_moments(edges: Sequence[Iterable[Series]], grid: Grid) -> frozenset[int]:
    """Return the moments whose window was not scraped throughout; none where nothing tells of scrapes."""
    told = [by_moment(series) for series in edges]
    if not any(told):
        return frozenset()
    seen = [{at for at, rows in one.items() if rows[0][1] >= 1} for one in told]
    return frozenset(at for at in grid.moments if any(at not in moments for moments in seen))
